// SPDX-License-Identifier: Apache-2.0
#include "reports/export/item.h"

#include <fmt/format.h>

#include <algorithm>

#include "reports/export/severity_words.h"
#include "reports/export/text.h"

namespace percuss::reports {
namespace {

std::string Joined(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) joined += (joined.empty() ? "" : "; ") + text;
  return joined;
}

void AddCount(Item& item, const char* name, int64_t count) {
  if (count >= 0) item.Add(name, std::to_string(count));
}

Item CampaignItem(const common::RunRecord& record, const PackageFacts& package) {
  Item item{"campaign", record.campaign.name, Joined(record.reasons), {}};
  const bool contradicted = record.verdict == common::Verdict::kPass &&
                            (!record.findings.empty() || record.targets.empty());
  item.Add("result", contradicted ? (record.findings.empty() ? "inconclusive" : "fail")
                                  : common::VerdictName(record.verdict));
  item.Add("package", package.package_id);
  item.Add("package_sha256", package.package_sha256);
  item.Add("device", record.device.name);
  item.Add("device_version", record.device.software_version);
  item.Add("started_at", record.campaign.started_at);
  item.Add("ended_at", record.campaign.ended_at);
  return item;
}

Item TargetItem(const common::TargetRun& target, const common::RunRecord& record) {
  Item item{"target", target.id, Joined(target.reasons), {}};
  const bool has_finding =
      std::any_of(record.findings.begin(), record.findings.end(),
                  [&](const common::Finding& finding) { return finding.target == target.id; });
  const bool contradicted = target.verdict == common::Verdict::kPass && has_finding;
  item.Add("result", contradicted ? "fail" : common::VerdictName(target.verdict));
  item.Add("interface", target.interface_id);
  int64_t executions = 0;
  for (const common::EngineRun& engine : target.engines) executions += engine.executions;
  AddCount(item, "executions", executions);
  AddCount(item, "wall_s", target.actual_wall_s);
  return item;
}

Item FindingItem(const common::Finding& finding, const common::RunRecord& record,
                 const PackageFacts& package) {
  Item item{"finding", finding.id, finding.summary, {}};
  item.Add("result", "fail");
  item.Add("target", finding.target);
  for (const common::TargetRun& target : record.targets) {
    if (target.id == finding.target) {
      item.Add("interface", target.interface_id);
      break;
    }
  }
  item.Add("finding_kind", finding.kind);
  item.Add("class", finding.bug_class);
  item.Add("cwe", finding.cwe);
  item.Add("cwe_list_version", finding.cwe_list_version);
  item.Add("property", finding.property_id);
  item.Add("stride", finding.stride);
  item.Add("threat", finding.threat);
  if (const SignedSeverity* severity = SeverityOf(package, finding.id)) {
    item.Add("cvss_score", CvssScoreText(severity->scores.base));
    item.Add("cvss_vector", severity->vector);
    item.Add("cvss_by", ScoredBy(*severity));
  }
  item.Add("function", finding.function);
  item.Add("source", RelativePath(finding.file, package.source_root));
  if (finding.line > 0) item.Add("source_line", std::to_string(finding.line));
  AddCount(item, "reproduced", finding.reproduction.reproduced);
  AddCount(item, "reruns", finding.reproduction.reruns);
  item.Add("known_defect", finding.known_defect);
  item.Add("input_sha256", finding.input_sha256);
  item.Add("cluster", finding.cluster);
  return item;
}

// "no finding" is what was seen, not a verdict: that is the target's.
Item NegativeItem(const common::NegativeResult& negative) {
  Item item{"negative_result", negative.subject, negative.reason, {}};
  item.Add("result", negative.run ? "no finding" : "not run");
  AddCount(item, "executions", negative.executions);
  AddCount(item, "wall_s", negative.wall_s);
  AddCount(item, "edges", negative.edges);
  return item;
}

}  // namespace

void Item::Add(const char* name, const std::string& value) {
  if (!value.empty()) fields.push_back({name, {value}, false});
}

std::vector<Item> RecordItems(const common::RunRecord& record, const PackageFacts& package) {
  std::vector<Item> items = {CampaignItem(record, package)};
  for (const common::TargetRun& target : record.targets) {
    items.push_back(TargetItem(target, record));
  }
  for (const common::Finding* finding : FindingsInOrder(record)) {
    items.push_back(FindingItem(*finding, record, package));
  }
  for (const common::NegativeResult& negative : record.negative_results) {
    items.push_back(NegativeItem(negative));
  }
  for (const common::Interface& interface : record.interfaces) {
    const std::string& text =
        interface.tested ? interface.description : interface.exclusion_rationale;
    Item& item = items.emplace_back(Item{"interface", interface.id, text, {}});
    item.Add("result", interface.tested ? "in scope" : "excluded");
  }
  for (const common::AcceptanceCriterion& criterion : record.acceptance) {
    Item& item = items.emplace_back(Item{"criterion", criterion.id, criterion.text, {}});
    const std::string& verdict = criterion.verdict;
    item.Add("result", verdict.empty() ? "unknown" : verdict);
    item.Add("value", criterion.value);
  }
  for (const common::AbsentSection& absent : record.absent) {
    items.emplace_back(Item{"absent_section", absent.section, absent.reason, {}})
        .Add("result", "not known");
  }
  return items;
}

}  // namespace percuss::reports
