// SPDX-License-Identifier: Apache-2.0
#include "common/json_file.h"
#include "reports/evidence/package.h"

namespace percuss::reports {
namespace {

using common::Json;
using common::RunRecord;
using common::TargetRun;

Json TargetTrace(const RunRecord& record, const TargetRun& target) {
  Json findings = Json::array();
  for (const auto& finding : record.findings) {
    if (finding.target != target.id) continue;
    findings.push_back({{"id", finding.id}, {"cwe", finding.cwe}, {"disposition", nullptr}});
  }
  return {{"id", target.id}, {"verdict", target.verdict}, {"findings", std::move(findings)}};
}

Json TargetsOf(const RunRecord& record, const std::string& interface_id) {
  Json targets = Json::array();
  for (const auto& target : record.targets) {
    if (target.interface_id == interface_id) targets.push_back(TargetTrace(record, target));
  }
  return targets;
}

}  // namespace

Json TraceJson(const RunRecord& record) {
  Json interfaces = Json::array();
  std::map<std::string, bool> known;
  for (const auto& interface : record.interfaces) {
    known[interface.id] = true;
    interfaces.push_back({{"id", interface.id},
                          {"tested", interface.tested},
                          {"exclusion_rationale", interface.exclusion_rationale},
                          {"targets", TargetsOf(record, interface.id)}});
  }
  Json undeclared = Json::array();
  for (const auto& target : record.targets) {
    if (known.count(target.interface_id) != 0) continue;
    Json trace = TargetTrace(record, target);
    trace["interface"] = target.interface_id;
    undeclared.push_back(std::move(trace));
  }
  return {{"schema", "percuss.trace.v1"},
          {"interfaces", std::move(interfaces)},
          {"targets_without_declared_interface", std::move(undeclared)}};
}

}  // namespace percuss::reports
