// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/acceptance.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace percuss::reports {
namespace {

constexpr double kNsPerHour = 3600e9;

// A measure's value, or why there is none.
struct Measured {
  std::optional<double> value;
  std::string why_not;
};

// All that the packages say of one target.
struct Evidence {
  const TracedPackage* latest_package = nullptr;
  const TracedTarget* latest = nullptr;
  std::string_view first_run;
  double executions = 0;
  double cpu_ns = 0;
  int64_t self_checks = 0;
  int64_t failed_self_checks = 0;
  int64_t open_findings = 0;
};

// Of the whole device.
struct Scope {
  int64_t interfaces_not_run = 0;
};

Measured Sum(double value) { return {value, ""}; }

Measured LineCoverage(const TargetFacts& facts) {
  if (facts.line_coverage_percent) return {facts.line_coverage_percent, ""};
  return {{}, facts.why_no_coverage};
}

Measured Worst(const TargetFacts& facts, bool in_instructions) {
  if (!facts.worst) return {{}, facts.why_no_timing};
  if (facts.worst_is_instructions != in_instructions) {
    return {{}, fmt::format("was measured in {}", in_instructions ? "time" : "instructions")};
  }
  constexpr double kNsPerMs = 1e6;
  const auto worst = static_cast<double>(*facts.worst);
  return {in_instructions ? worst : worst / kNsPerMs, ""};
}

Measured DiscoveryBound(const TargetFacts& facts) {
  if (facts.discovery_bound) return {facts.discovery_bound, ""};
  return {{}, facts.why_no_discovery};
}

Measured FailedSelfChecks(const Evidence& evidence) {
  if (evidence.self_checks == 0) return {{}, "no package holds a self-check"};
  return {static_cast<double>(evidence.failed_self_checks), ""};
}

struct MeasureRow {
  Measure measure;
  Measured (*of)(const Evidence& evidence, const Scope& scope);
};

constexpr MeasureRow kMeasures[] = {
    {{"executions", true, "executions", "execution"},
     [](const Evidence& e, const Scope&) { return Sum(e.executions); }},
    {{"cpu_hours", true, "hours of CPU", "hour of CPU"},
     [](const Evidence& e, const Scope&) { return Sum(e.cpu_ns / kNsPerHour); }},
    {{"line_coverage_percent", true, "% of the lines", "% of the lines"},
     [](const Evidence& e, const Scope&) { return LineCoverage(e.latest->facts); }},
    {{"quiet_s", true, "s without new coverage at the end", "s without new coverage at the end"},
     [](const Evidence& e, const Scope&) {
       return Sum(static_cast<double>(e.latest->facts.quiet_s));
     }},
    {{"worst_ms", false, "ms for the worst input", "ms for the worst input"},
     [](const Evidence& e, const Scope&) { return Worst(e.latest->facts, false); }},
    {{"worst_instructions", false, "instructions for the worst input",
      "instruction for the worst input"},
     [](const Evidence& e, const Scope&) { return Worst(e.latest->facts, true); }},
    {{"discovery_bound", false, "chance that one more execution finds something new",
      "chance that one more execution finds something new"},
     [](const Evidence& e, const Scope&) { return DiscoveryBound(e.latest->facts); }},
    {{"open_findings", false, "open findings", "open finding"},
     [](const Evidence& e, const Scope&) { return Sum(static_cast<double>(e.open_findings)); }},
    {{"failed_self_checks", false, "failed self-checks", "failed self-check"},
     [](const Evidence& e, const Scope&) { return FailedSelfChecks(e); }},
    {{"interfaces_not_run", false, "interfaces in scope that nothing was run for",
      "interface in scope that nothing was run for"},
     [](const Evidence&, const Scope& s) {
       return Sum(static_cast<double>(s.interfaces_not_run));
     }},
};

const MeasureRow* FindRow(std::string_view name) {
  const auto* const row =
      std::find_if(std::begin(kMeasures), std::end(kMeasures),
                   [&](const MeasureRow& candidate) { return name == candidate.measure.name; });
  return row == std::end(kMeasures) ? nullptr : row;
}

std::unordered_map<std::string_view, Evidence> Gather(const std::vector<TracedPackage>& packages,
                                                      const Trace& trace) {
  std::unordered_map<std::string_view, Evidence> all;
  for (const TracedPackage& package : packages) {
    for (const TracedTarget& target : package.targets) {
      Evidence& evidence = all[target.id];
      if (evidence.first_run.empty() || package.started_at < evidence.first_run) {
        evidence.first_run = package.started_at;
      }
      evidence.executions += static_cast<double>(target.facts.executions);
      evidence.cpu_ns += static_cast<double>(target.facts.cpu_ns);
      evidence.self_checks += package.self_checks;
      evidence.failed_self_checks += package.failed_self_checks;
      if (evidence.latest == nullptr || package.started_at >= evidence.latest_package->started_at) {
        evidence.latest_package = &package;
        evidence.latest = &target;
      }
    }
  }
  for (const TraceItem& item : trace.items) {
    const auto at = all.find(item.id);
    if (item.kind == TraceKind::kTarget && at != all.end()) {
      at->second.open_findings = item.open_findings;
    }
  }
  return all;
}

Scope ScopeOf(const Trace& trace) {
  Scope scope;
  for (const TraceItem& item : trace.items) {
    const bool not_run = item.kind == TraceKind::kInterface && item.result == "not run";
    scope.interfaces_not_run += not_run ? 1 : 0;
  }
  return scope;
}

// What is said of a target that was run.
void Judge(const Criterion& criterion, const Evidence& evidence, const Scope& scope,
           CriterionResult& result) {
  if (criterion.dated >= evidence.first_run.substr(0, criterion.dated.size())) {
    result.result = "too young";
    result.what =
        fmt::format("dated {}, and the target was run at {}", criterion.dated, evidence.first_run);
    return;
  }
  const MeasureRow& row = *FindRow(criterion.measure);
  const std::string& verdict = VerdictOf(*evidence.latest_package, *evidence.latest);
  if (verdict != "pass" && verdict != "fail") {
    result.result = "cannot tell";
    result.what = verdict == "inconclusive" ? "the latest run is inconclusive"
                                            : "the latest run ended with an infrastructure error";
    return;
  }
  const Measured measured = row.of(evidence, scope);
  if (!measured.value) {
    result.result = "cannot tell";
    result.what = measured.why_not.empty() ? "was not measured" : measured.why_not;
    return;
  }
  const bool met = row.measure.at_least ? *measured.value >= criterion.limit
                                        : *measured.value <= criterion.limit;
  result.result = met ? "met" : "not met";
  result.what = fmt::format("{:.10g} {}; at {} {:.10g}", *measured.value,
                            *measured.value == 1 ? row.measure.unit_of_one : row.measure.unit,
                            row.measure.at_least ? "least" : "most", criterion.limit);
}

}  // namespace

const Measure* FindMeasure(std::string_view name) {
  const MeasureRow* row = FindRow(name);
  return row == nullptr ? nullptr : &row->measure;
}

std::vector<std::string> MeasureNames() {
  std::vector<std::string> names;
  for (const MeasureRow& row : kMeasures) names.emplace_back(row.measure.name);
  return names;
}

std::vector<CriterionResult> JudgeCriteria(const ValidationFiles& files,
                                           const std::vector<TracedPackage>& packages,
                                           const Trace& trace) {
  std::vector<CriterionResult> results;
  const auto evidence = Gather(packages, trace);
  const Scope scope = ScopeOf(trace);
  std::unordered_map<std::string_view, const Criterion*> criteria;
  for (const Criterion& criterion : files.criteria) criteria[criterion.id] = &criterion;
  for (const ProtocolEntry& entry : files.entries) {
    for (const Link& link : entry.criteria) {
      const Criterion& criterion = *criteria.at(link.id);
      for (const Link& target : entry.targets) {
        CriterionResult& result = results.emplace_back();
        result = {entry.id, criterion.id, target.id, "by people", criterion.text, link.line};
        if (criterion.measure.empty()) continue;
        const auto run = evidence.find(target.id);
        if (run == evidence.end()) {
          result.result = "not run";
        } else {
          Judge(criterion, run->second, scope, result);
        }
      }
    }
  }
  return results;
}

}  // namespace percuss::reports
