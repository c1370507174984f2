// SPDX-License-Identifier: Apache-2.0
#include "reports/export/osv.h"

#include <algorithm>
#include <exception>
#include <map>

#include "common/json_file.h"
#include "reports/export/identifiers.h"
#include "reports/export/severity_words.h"
#include "reports/export/text.h"
#include "reports/export/vex.h"

namespace percuss::reports {
namespace {

using common::Json;

constexpr size_t kTextBytes = 2'000;
constexpr const char* kSchemaVersion = "1.6.0";
constexpr const char* kNoTime = "1970-01-01T00:00:00Z";

std::string Text(std::string_view text) { return ClippedText(text, kTextBytes); }

Json Affected(const common::RunRecord& record, const common::Finding& finding,
              const SignedDisposition* said) {
  Json facts = {{"device", Text(record.device.name)},
                {"model", Text(record.device.model)},
                {"udi_di", Text(record.device.udi_di)},
                {"target", Text(finding.target)}};
  for (const common::TargetRun& target : record.targets) {
    if (target.id != finding.target) continue;
    for (const common::Binary& binary : target.binaries) {
      facts["tested_sha256"].push_back(Text(binary.sha256));
    }
  }
  if (said != nullptr && said->said.retest) {
    facts["fixed_sha256"] = Text(said->said.retest->binary_sha256);
  }
  Json affected = {{"database_specific", std::move(facts)}};
  if (!record.device.software_version.empty()) {
    affected["versions"] = Json::array({Text(record.device.software_version)});
  }
  return Json::array({std::move(affected)});
}

Json Vulnerability(const common::RunRecord& record, const common::Finding& finding,
                   const SignedDisposition* said, const PackageFacts& package) {
  const std::string sealed = IsUtcTime(package.created_at) ? package.created_at : kNoTime;
  const std::string modified =
      said != nullptr && IsUtcTime(said->at) ? std::max(said->at, sealed) : sealed;
  Json facts = {{"cwe_ids", Json::array()},
                {"kind", Text(finding.kind)},
                {"strict_key", Text(finding.strict_key)},
                {"loose_key", Text(finding.loose_key)},
                {"reproduced", finding.reproduction.reproduced},
                {"reruns", finding.reproduction.reruns},
                {"package_id", Text(package.package_id)},
                {"package_sha256", Text(package.package_sha256)}};
  if (!CweNumber(finding.cwe).empty()) facts["cwe_ids"].push_back(finding.cwe);
  if (!finding.cwe_list_version.empty()) {
    facts["cwe_list_version"] = Text(finding.cwe_list_version);
  }
  const SignedSeverity* severity = SeverityOf(package, finding.id);
  if (severity != nullptr) facts["scored_by"] = ScoredBy(*severity);
  facts["disposition"] = said == nullptr ? "none" : Text(said->said.status);
  if (said != nullptr) facts["rationale"] = Text(said->said.rationale);
  Json entry = {{"schema_version", kSchemaVersion},
                {"id", VulnerabilityId(finding)},
                {"modified", modified},
                {"published", sealed},
                {"summary", Text(finding.summary.empty() ? finding.kind : finding.summary)},
                {"details", FindingDescription(finding, package)},
                {"affected", Affected(record, finding, said)},
                {"database_specific", std::move(facts)}};
  if (severity != nullptr) {
    entry["severity"] = Json::array({{{"type", "CVSS_V3"}, {"score", severity->vector}}});
  }
  if (!finding.known_defect.empty()) entry["related"] = Json::array({Text(finding.known_defect)});
  if (said != nullptr && said->said.status == "false_positive") entry["withdrawn"] = modified;
  return entry;
}

}  // namespace

common::Result<std::string> WriteOsv(const common::RunRecord& record, const PackageFacts& package) {
  if (record.findings.empty() && record.verdict != common::Verdict::kPass) {
    return common::Fail(common::ErrorCode::kBadInput,
                        "there is no finding, and the campaign did not pass: OSV has no word for "
                        "what could not be judged");
  }
  try {
    std::map<std::string, const SignedDisposition*> dispositions;
    for (const auto& said : package.dispositions) dispositions[said.said.finding] = &said;
    Json list = Json::array();
    for (const common::Finding* finding : FindingsInOrder(record)) {
      const auto said = dispositions.find(finding->id);
      list.push_back(Vulnerability(record, *finding,
                                   said == dispositions.end() ? nullptr : said->second, package));
    }
    return common::JsonText(list);
  } catch (const std::exception& error) {
    return common::Fail(common::ErrorCode::kInternal, std::string("writing OSV: ") + error.what());
  }
}

}  // namespace percuss::reports
