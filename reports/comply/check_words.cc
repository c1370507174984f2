// SPDX-License-Identifier: Apache-2.0
#include "reports/comply/check_words.h"

#include <fmt/format.h>

#include <algorithm>

namespace percuss::reports {

std::string PlaceOf(const DeviceEvidence& evidence, const char* kind, int line) {
  return fmt::format("{}:{}", FileOf(evidence, kind), line);
}

bool HasPackage(const DeviceEvidence& evidence, RowOutcome& outcome) {
  if (!evidence.packages.empty()) return true;
  outcome.Missing(
      "no package was given",
      fmt::format("percuss run CAMPAIGN.json --out out, then percuss comply {} out/*.zip",
                  evidence.files.folder.string()));
  return false;
}

bool CannotBeTold(const TraceItem& item) {
  return item.result == "inconclusive" || item.result == "infrastructure_error";
}

std::string PackageWith(const DeviceEvidence& evidence, const std::string& finding) {
  if (const Standing standing = StandingOf(evidence, finding); standing.open_in != nullptr) {
    return standing.open_in->file;
  }
  const auto at = std::find_if(
      evidence.packages.begin(), evidence.packages.end(), [&](const PackageRecord& package) {
        const auto& findings = package.record.findings;
        return std::any_of(findings.begin(), findings.end(),
                           [&](const common::Finding& other) { return other.id == finding; });
      });
  return at == evidence.packages.end() ? "PACKAGE" : at->traced.file;
}

std::string DispositionCommand(const DeviceEvidence& evidence, const std::string& finding,
                               const std::string& status) {
  const std::string records =
      evidence.records.empty() ? "records.jsonl" : evidence.records.front().file;
  return fmt::format(
      "percuss disposition {} --finding {} --status {} --rationale WHY --name NAME --role ROLE "
      "--records {}",
      PackageWith(evidence, finding), finding, status, records);
}

bool RequireMembers(const DeviceEvidence& evidence, const char* kind, const ListedEntry& entry,
                    std::initializer_list<const char*> members, RowOutcome& outcome) {
  std::string lacking;
  for (const char* member : members) {
    if (entry.Has(member)) continue;
    if (!lacking.empty()) lacking += ", ";
    lacking += member;
  }
  const std::string place = PlaceOf(evidence, kind, entry.line);
  if (lacking.empty()) {
    outcome.Shown(entry.id, place);
    return true;
  }
  outcome.Missing(fmt::format("{} has no {}", entry.id, lacking), place);
  return false;
}

std::string ReferenceElsewhere(const DeviceEvidence& evidence, const char* topic) {
  const auto* entry = FindEntry(EntriesOf(evidence.files.compliance, "not_performed_here"), topic);
  return entry == nullptr ? "" : entry->Text("reference");
}

void RequirePlan(const DeviceEvidence& evidence, const char* plan, RowOutcome& outcome) {
  const auto* entry = FindEntry(EntriesOf(evidence.files.compliance, "plans"), plan);
  if (entry != nullptr && entry->Has("reference")) {
    outcome.Shown(fmt::format("{}: {}", plan, entry->Text("reference")),
                  PlaceOf(evidence, "compliance", entry->line));
    return;
  }
  outcome.Missing(fmt::format("nothing is named for {}", plan),
                  fmt::format(R"({}: "plans": {{ "id": "{}", "reference": "..." }})",
                              FileOf(evidence, "compliance"), plan));
}

}  // namespace percuss::reports
