// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "common/words.h"
#include "reports/comply/check_words.h"
#include "reports/comply/checks.h"
#include "reports/comply/time_text.h"
#include "reports/envelope/visible_text.h"
#include "reports/records/counted_records.h"
#include "reports/records/signature.h"

namespace percuss::reports {
namespace {

constexpr double kTwoYearsInDays = 730;

const std::vector<ListedEntry>& Qualifications(const DeviceEvidence& evidence) {
  return EntriesOf(evidence.files.compliance, "tool_qualifications");
}

const RecordedPackage* RecordOf(const DeviceEvidence& evidence, const std::string& package) {
  const auto& all = evidence.files.packages;
  const auto at = std::find_if(all.begin(), all.end(),
                               [&](const RecordedPackage& entry) { return entry.id == package; });
  return at == all.end() ? nullptr : &*at;
}

std::string RecordsFile(const DeviceEvidence& evidence) {
  return evidence.records.empty() ? "records.jsonl" : evidence.records.front().file;
}

// Whether all that a package found was decided to be no defect, or somebody else's.
bool IsNoneOfTheDevices(const DeviceEvidence& evidence, const PackageRecord& package) {
  const auto& findings = package.record.findings;
  return !findings.empty() &&
         std::all_of(findings.begin(), findings.end(), [&](const common::Finding& finding) {
           const Disposition* decided = StandingIn(evidence, package, finding.id).decision;
           return decided != nullptr &&
                  (decided->decision == "not_a_defect" || decided->decision == "third_party");
         });
}

// Whoever made a key of their own can sign in anybody's name.
void WantSigners(const DeviceEvidence& evidence, RowOutcome& outcome) {
  if (evidence.signers_named) return;
  outcome.MissingThough(kSignersUnchecked,
                        "percuss comply --record-key FILE for each key that may sign, or --trust "
                        "FILE");
}

std::string NonconformityOf(const DeviceEvidence& evidence, const PackageRecord& package) {
  const RecordedPackage* entry = RecordOf(evidence, package.traced.id);
  return entry == nullptr ? "" : entry->nonconformity;
}

}  // namespace

void CheckReleaseArchived(const DeviceEvidence& evidence, RowOutcome& outcome) {
  const auto& releases = EntriesOf(evidence.files.postmarket, "releases");
  for (const ListedEntry& release : releases) {
    RequireMembers(evidence, "postmarket", release,
                   {"released", "residual_evaluation", "build", "archive"}, outcome);
  }
  if (!HasPackage(evidence, outcome)) return;
  for (const PackageRecord& package : evidence.packages) {
    const std::string& version = package.record.device.software_version;
    if (!version.empty() && FindEntry(releases, version) == nullptr) {
      outcome.Missing(
          fmt::format("{} tested version {}, which is no release", package.traced.file, version),
          fmt::format(R"({}: "releases": {{ "id": "{}", ... }})", FileOf(evidence, "postmarket"),
                      version));
    }
    for (const common::TargetRun& target : package.record.targets) {
      const bool known =
          !target.binaries.empty() &&
          std::all_of(target.binaries.begin(), target.binaries.end(),
                      [](const common::Binary& binary) { return !binary.sha256.empty(); });
      if (!known) {
        outcome.Missing(target.id + ": the digest of what was tested is not told",
                        "percuss run CAMPAIGN.json again");
      }
    }
  }
}

void CheckSoupAndChanges(const DeviceEvidence& evidence, RowOutcome& outcome) {
  const auto& soup = EntriesOf(evidence.files.compliance, "soup");
  for (const ListedEntry& item : soup) {
    RequireMembers(evidence, "compliance", item, {"title", "manufacturer", "designator"}, outcome);
  }
  const auto& changes = EntriesOf(evidence.files.compliance, "changes");
  for (const ListedEntry& change : changes) {
    RequireMembers(evidence, "compliance", change, {"change", "problem", "approved_by"}, outcome);
  }
  if (soup.empty()) {
    outcome.Missing("no SOUP item is listed", FileOf(evidence, "compliance") + ": \"soup\"");
  }
  if (changes.empty()) {
    outcome.Missing("no change is listed", FileOf(evidence, "compliance") + ": \"changes\"");
  }
}

void CheckToolQualified(const DeviceEvidence& evidence, RowOutcome& outcome) {
  if (!HasPackage(evidence, outcome)) return;
  std::map<std::string, std::string> tools;  // digest to name
  for (const PackageRecord& package : evidence.packages) {
    for (const common::Tool& tool : package.record.tools) {
      if (!tool.sha256.empty()) tools.emplace(tool.sha256, tool.name);
    }
  }
  for (const auto& [digest, name] : tools) {
    const ListedEntry* same = nullptr;
    bool stale = false;
    for (const ListedEntry& entry : Qualifications(evidence)) {
      if (entry.Text("sha256") == digest) same = &entry;
      stale = stale || entry.Text("tool") == name;
    }
    if (same != nullptr) {
      outcome.Shown(fmt::format("{} by {}", name, same->id),
                    PlaceOf(evidence, "compliance", same->line));
    } else {
      outcome.Missing(
          fmt::format("{} {}: {}", name, digest.substr(0, 12),
                      stale ? "its qualification is stale, it is of another digest"
                            : "nobody has qualified it"),
          fmt::format(R"({}: "tool_qualifications": {{ "tool": "{}", "sha256": "{}", ... }})",
                      FileOf(evidence, "compliance"), name, digest));
    }
  }
  if (tools.empty()) outcome.Missing("no tool has a digest", "percuss run CAMPAIGN.json again");
}

void CheckQualificationRecords(const DeviceEvidence& evidence, RowOutcome& outcome) {
  for (const ListedEntry& entry : Qualifications(evidence)) {
    RequireMembers(
        evidence, "compliance", entry,
        {"tool", "sha256", "intended_use", "risk", "tests", "issues", "conclusion", "by", "date"},
        outcome);
  }
  if (Qualifications(evidence).empty()) {
    outcome.Missing("no tool has a qualification record",
                    FileOf(evidence, "compliance") + ": \"tool_qualifications\"");
  }
}

void CheckRecordsKept(const DeviceEvidence& evidence, RowOutcome& outcome) {
  if (!HasPackage(evidence, outcome)) return;
  const std::string& until = evidence.files.policies.retention_until;
  for (const PackageRecord& package : evidence.packages) {
    const auto kept = DaysBetween(package.record.campaign.ended_at, until);
    if (!kept) {
      outcome.Missing("nobody says until when records are kept",
                      FileOf(evidence, "compliance") + ": \"policies\": \"retention_until\"");
      return;
    }
    if (*kept < kTwoYearsInDays) {
      outcome.Missing(
          fmt::format("{} is kept until {}, less than two years", package.traced.file, until),
          FileOf(evidence, "compliance") + ": \"policies\": \"retention_until\"");
    } else {
      outcome.Shown(fmt::format("sealed, every byte as it was; kept until {}", until),
                    package.traced.file);
    }
  }
}

void CheckConclusionsRecorded(const DeviceEvidence& evidence, RowOutcome& outcome) {
  if (!HasPackage(evidence, outcome)) return;
  for (const PackageRecord& package : evidence.packages) {
    const RecordedPackage* entry = RecordOf(evidence, package.traced.id);
    if (entry == nullptr) {
      outcome.Missing(
          package.traced.file + " is not recorded",
          fmt::format(R"({}: "packages": {{ "id": "{}", "sha256": "{}", ... }})",
                      FileOf(evidence, "records"), package.traced.id, package.traced.sha256));
      continue;
    }
    const std::string place = PlaceOf(evidence, "records", entry->line);
    if (entry->actions.empty()) {
      outcome.Missing(package.traced.file + " has no \"actions\"", place);
    }
    if (entry->sample_rationale.empty()) {
      outcome.Missing(package.traced.file + " has no \"sample_rationale\"", place);
    }
    if (!entry->actions.empty() && !entry->sample_rationale.empty()) {
      outcome.Shown(entry->conclusion, place);
    }
  }
  for (const TraceGap& gap : evidence.trace.gaps) {
    if (gap.gap != "record-differs") continue;
    outcome.MissingThough(fmt::format("{}: {}", gap.id, gap.what),
                          fmt::format("{}:{}", gap.file, gap.line));
  }
}

void CheckNonconformityRaised(const DeviceEvidence& evidence, RowOutcome& outcome) {
  bool failed = false;
  for (const PackageRecord& package : evidence.packages) {
    if (package.traced.verdict != "fail" || IsNoneOfTheDevices(evidence, package)) continue;
    failed = true;
    const std::string reference = NonconformityOf(evidence, package);
    if (reference.empty()) {
      outcome.MissingThough(package.traced.file + " failed, and no nonconformity or CAPA is named",
                            FileOf(evidence, "records") + ": \"packages\": \"nonconformity\"");
    } else {
      outcome.Shown(reference, package.traced.file);
    }
  }
  if (!failed) outcome.NotApplicable("no package failed for a defect of the device");
}

void CheckTrailVerifies(const DeviceEvidence& evidence, RowOutcome& outcome) {
  for (const RecordFile& file : evidence.records) {
    for (const RecordProblem& problem : file.chain.problems) {
      outcome.MissingThough(fmt::format("{}:{}: {}", file.file, problem.line, problem.what),
                            fmt::format("percuss history {}", file.file));
    }
    if (!file.chain.problems.empty() || !evidence.signers_named) continue;
    outcome.Shown(common::Counted(static_cast<int64_t>(file.chain.records.size()), "record") +
                      ", each signed and bound to the one before it",
                  file.file);
  }
  if (evidence.records.empty()) {
    outcome.Missing("no file of signed records was given",
                    "percuss disposition, attach or sign, then percuss comply --records FILE");
  } else {
    WantSigners(evidence, outcome);
  }
}

void CheckPackagesSigned(const DeviceEvidence& evidence, RowOutcome& outcome) {
  if (!HasPackage(evidence, outcome)) return;
  for (const PackageRecord& package : evidence.packages) {
    bool is_signed = false;
    for (const RecordFile& file : evidence.records) {
      for (const Record& record : file.chain.records) {
        const RecordDraft& said = record.said;
        if (said.kind != "signature" || said.package_sha256 != package.traced.sha256) continue;
        const std::string meaning = BodyText(said.body, "meaning");
        if (!IsSignatureMeaning(meaning) || !SaidTextObjection(said.name).empty() ||
            !SaidTextObjection(said.role).empty()) {
          continue;
        }
        is_signed = true;
        if (!evidence.signers_named) continue;
        outcome.Shown(fmt::format("key {}: {} ({}), {}: {}", record.key_id, said.name, said.role,
                                  record.at, meaning),
                      file.file);
      }
    }
    if (is_signed) {
      WantSigners(evidence, outcome);
    } else {
      outcome.Missing(package.traced.file + " is signed by no person",
                      fmt::format("percuss sign {} --meaning approval --name NAME --role ROLE "
                                  "--records {}",
                                  package.traced.file, RecordsFile(evidence)));
    }
  }
}

}  // namespace percuss::reports
