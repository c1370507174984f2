// SPDX-License-Identifier: Apache-2.0
#include "campaign/verdict.h"

#include <fmt/format.h>

#include <algorithm>

#include "campaign/stop_reasons.h"
#include "common/hash.h"
#include "common/words.h"

namespace percuss::campaign {
namespace {

using common::RunRecord;
using common::TargetRun;
using common::Verdict;

int64_t Executions(const TargetRun& run) {
  int64_t executions = 0;
  for (const auto& engine : run.engines) executions += engine.executions;
  return executions;
}

// A target that does one thing with every input has one edge for libFuzzer, two for AFL++.
constexpr int64_t kEdgesOfOneWay = 2;

int64_t Edges(const TargetRun& run) {
  int64_t edges = 0;
  for (const auto& engine : run.engines) edges = std::max(edges, engine.edges);
  return edges;
}

bool ReachedABound(const TargetRun& run) {
  return !run.engines.empty() &&
         std::all_of(run.engines.begin(), run.engines.end(),
                     [](const auto& engine) { return IsBoundOfBudget(engine.stop_reason); });
}

void AddCriterion(const std::string& id, const std::string& text, const std::string& value,
                  bool met, RunRecord& record) {
  record.acceptance.push_back(
      {id, text, common::Sha256Hex(text), "", value, met ? "met" : "not_met"});
}

void AddDeadlineCriterion(RunRecord& record) {
  std::string value;
  std::string verdict = "met";
  for (const TargetRun& run : record.targets) {
    const common::Deadline& deadline = run.timing.deadline;
    if (!deadline.present) continue;
    value += fmt::format("{}{}: {} us of cpu time ({}): {}", value.empty() ? "" : "; ", run.id,
                         deadline.cpu_us, deadline.source.empty() ? "no source" : deadline.source,
                         deadline.reason);
    if (deadline.verdict == "missed") verdict = "not_met";
    if (deadline.verdict != "met" && verdict == "met") verdict = "unknown";
  }
  if (value.empty()) return;
  const std::string text = "Every input of the final corpora is done within its target's deadline.";
  record.acceptance.push_back({"deadline", text, common::Sha256Hex(text), "", value, verdict});
}

void AddBuiltInCriteria(RunRecord& record) {
  AddCriteriaOfFindings(record);
  int64_t regression_inputs = 0;
  int64_t regression_failed = 0;
  int64_t short_targets = 0;
  for (const TargetRun& run : record.targets) {
    regression_inputs += run.corpus.regression_inputs;
    regression_failed += run.corpus.regression_failed;
    if (!ReachedABound(run)) ++short_targets;
  }
  // Nothing is survived where nothing was run.
  if (regression_inputs == 0) {
    record.absent.push_back({"acceptance.regression", "no target has a regression corpus"});
  } else {
    AddCriterion("regression", "Every input of the regression corpora is survived.",
                 fmt::format("{} of {} failed", regression_failed, regression_inputs),
                 regression_failed == 0, record);
  }
  AddDeadlineCriterion(record);
  AddRetentionCriterion(record);
  AddCriterion("budget", "Every target was fuzzed until a bound of its budget.",
               common::Counted(short_targets, "target") + " did not reach one", short_targets == 0,
               record);
}

void AddNegativeResults(RunRecord& record) {
  for (const TargetRun& run : record.targets) {
    if (run.verdict == Verdict::kFail) continue;
    common::NegativeResult result;
    result.subject = run.interface_id.empty() ? run.id : run.id + " (" + run.interface_id + ")";
    result.executions = Executions(run);
    result.run = result.executions > 0;
    result.wall_s = run.actual_wall_s;
    result.edges = Edges(run);
    result.reason = run.reasons.empty() ? "" : run.reasons.front();
    record.negative_results.push_back(result);
  }
  for (const auto& interface : record.interfaces) {
    if (interface.tested) continue;
    record.negative_results.push_back(
        {interface.id, false, 0, 0, 0, interface.exclusion_rationale});
  }
}

}  // namespace

void AddRetentionCriterion(RunRecord& record) {
  std::string value;
  std::string verdict = "met";
  for (const TargetRun& run : record.targets) {
    const common::Retention& retention = run.retention;
    const bool grows = retention.verdict == "grows";
    if (!retention.asked && !grows) continue;
    value += fmt::format("{}{}: {}", value.empty() ? "" : "; ", run.id,
                         retention.present ? retention.reason : retention.absent_reason);
    if (grows) verdict = "not_met";
    if (retention.verdict != "none" && verdict == "met") verdict = "unknown";
  }
  if (value.empty()) return;
  const std::string text =
      "Nothing that a target's process holds grows without end over the final corpora.";
  record.acceptance.push_back({"retention", text, common::Sha256Hex(text), "", value, verdict});
}

std::string RetentionDoubt(const common::Retention& retention) {
  const bool doubt =
      retention.verdict == "grows" || (retention.asked && retention.verdict != "none");
  if (!doubt) return "";
  return "whether the process grows with its inputs cannot be told: " +
         (retention.present ? retention.reason : retention.absent_reason);
}

void AddCriteriaOfFindings(RunRecord& record) {
  const auto passed = std::count_if(record.self_check.begin(), record.self_check.end(),
                                    [](const auto& check) { return check.passed; });
  AddCriterion(
      "self-check", "Every planted fault of the self-check is reported as what it is.",
      fmt::format("{} of {}", passed, record.self_check.size()),
      !record.self_check.empty() && passed == static_cast<std::ptrdiff_t>(record.self_check.size()),
      record);
  AddCriterion("no-findings", "No target has a finding.",
               common::Counted(static_cast<int64_t>(record.findings.size()), "finding"),
               record.findings.empty(), record);
}

void JudgeTarget(const std::vector<std::string>& failures,
                 const std::vector<common::Finding>& findings, bool interrupted, TargetRun& run) {
  run.reasons = failures;
  const auto mine = std::count_if(findings.begin(), findings.end(),
                                  [&](const auto& finding) { return finding.target == run.id; });
  if (mine > 0) run.reasons.push_back(common::Counted(mine, "finding"));
  if (!failures.empty()) {
    run.verdict = Verdict::kInfrastructureError;
  } else if (mine > 0) {
    run.verdict = Verdict::kFail;
  } else if (interrupted) {
    run.verdict = Verdict::kInconclusive;
    run.reasons.emplace_back("interrupted before the budget was reached");
  } else if (Edges(run) <= kEdgesOfOneWay) {
    run.verdict = Verdict::kInfrastructureError;
    run.reasons.push_back(fmt::format(
        "every input took the same way through the target, {} in all: does it use its input?",
        common::Counted(Edges(run), "edge")));
  } else if (run.timing.deadline.present && run.timing.deadline.verdict != "met") {
    // A miss that reruns did not confirm is no finding, and no pass.
    run.verdict = Verdict::kInconclusive;
    run.reasons.push_back("whether the deadline is met cannot be told: " +
                          run.timing.deadline.reason);
  } else if (!RetentionDoubt(run.retention).empty()) {
    run.verdict = Verdict::kInconclusive;
    run.reasons.push_back(RetentionDoubt(run.retention));
  } else {
    run.verdict = Verdict::kPass;
    run.reasons.push_back(fmt::format("no finding in {} executions, {} s by {} engines",
                                      Executions(run), run.actual_wall_s, run.engines.size()));
  }
}

void JudgeCampaign(const std::vector<std::string>& problems, RunRecord& record) {
  bool infrastructure = !problems.empty();
  bool inconclusive = record.campaign.interrupted;
  for (const std::string& problem : problems) record.reasons.push_back(problem);
  const bool all_passed = std::all_of(record.self_check.begin(), record.self_check.end(),
                                      [](const auto& check) { return check.passed; });
  const bool proven = all_passed && !record.self_check.empty();
  if (!proven && !(all_passed && record.campaign.interrupted)) {
    infrastructure = true;
    record.reasons.emplace_back("the oracle did not prove itself on this host: see the self-check");
  }
  for (const TargetRun& run : record.targets) {
    if (run.verdict == Verdict::kPass) continue;
    infrastructure = infrastructure || run.verdict == Verdict::kInfrastructureError;
    inconclusive = inconclusive || run.verdict == Verdict::kInconclusive;
    for (const std::string& reason : run.reasons) record.reasons.push_back(run.id + ": " + reason);
  }
  if (record.targets.empty()) infrastructure = true;
  if (infrastructure) {
    record.verdict = Verdict::kInfrastructureError;
  } else if (!record.findings.empty()) {
    record.verdict = Verdict::kFail;
  } else if (inconclusive) {
    record.verdict = Verdict::kInconclusive;
  } else {
    record.verdict = Verdict::kPass;
  }
  if (record.reasons.empty()) {
    record.reasons.push_back(
        fmt::format("{} survived {} whole budget",
                    common::Counted(static_cast<int64_t>(record.targets.size()), "target"),
                    record.targets.size() == 1 ? "its" : "their"));
  }
  AddBuiltInCriteria(record);
  AddNegativeResults(record);
}

}  // namespace percuss::campaign
