// SPDX-License-Identifier: Apache-2.0
#include "campaign/intake_verdict.h"

#include <fmt/format.h>

#include <algorithm>

#include "campaign/record_parts.h"
#include "campaign/verdict.h"
#include "common/words.h"

namespace percuss::campaign {
namespace {

using common::Counted;
using common::RunRecord;
using common::Verdict;

std::string Handed(const IntakeTally& tally) {
  std::string text = Counted(tally.inputs, "distinct input");
  if (tally.same_bytes > 0) text += fmt::format(" ({} more with the same bytes)", tally.same_bytes);
  if (tally.logs > 0) text += " and " + Counted(tally.logs, "log") + " without an input";
  return text + " handed in";
}

// Each of these keeps a pass from being one.
std::vector<std::string> Doubts(const IntakeTally& tally, bool interrupted) {
  std::vector<std::string> doubts;
  if (interrupted) doubts.emplace_back("interrupted");
  if (tally.not_judged > 0) {
    doubts.push_back(Counted(tally.not_judged, "input") + " not judged, which intake.json lists");
  }
  if (tally.not_reproduced > 0) {
    doubts.push_back(
        fmt::format("{} that failed before, and did not in any of {} reruns: they are "
                    "in not_reproduced/",
                    Counted(tally.not_reproduced, "input"), tally.reruns));
  }
  if (tally.not_run > 0) {
    doubts.push_back("the target could not be run on " + Counted(tally.not_run, "input") +
                     (tally.why_not_run.empty() ? "" : ": " + tally.why_not_run));
  }
  if (tally.passed_over > 0) {
    doubts.push_back(Counted(tally.passed_over, "entry") +
                     " not taken for an input, which intake.json lists with the reasons");
  }
  if (tally.survived > 0 && !tally.tells_that_it_ran) {
    doubts.emplace_back("the target does not tell whether it ran an input that it survives");
  }
  return doubts;
}

void AddNegativeResults(const IntakeTally& tally, RunRecord& record) {
  const auto add = [&](int64_t inputs, const char* what) {
    if (inputs == 0) return;
    common::NegativeResult result;
    result.subject = fmt::format("{}: {}", record.targets.front().id, Counted(inputs, "input"));
    result.run = true;
    result.executions = inputs * tally.reruns;
    result.wall_s = record.campaign.actual_wall_s;
    result.reason = fmt::format("{} {} reruns; intake.json lists each", what, tally.reruns);
    record.negative_results.push_back(result);
  };
  add(tally.not_reproduced, "failed before, and in none of");
  add(tally.survived, "of which nobody said that they failed, and that did not in any of");
  for (const auto& interface : record.interfaces) {
    record.negative_results.push_back(
        {interface.id, false, 0, 0, 0, interface.exclusion_rationale});
  }
}

}  // namespace

void JudgeIntake(const std::vector<std::string>& problems, const IntakeTally& tally,
                 RunRecord& record) {
  common::TargetRun& target = record.targets.front();
  const bool interrupted = record.campaign.interrupted;
  const bool all_passed = std::all_of(record.self_check.begin(), record.self_check.end(),
                                      [](const auto& check) { return check.passed; });
  const bool proven = IsProven(record.self_check) || (all_passed && interrupted);
  const bool nothing_ran = tally.inputs > 0 && tally.not_run == tally.inputs;
  record.reasons = problems;
  if (!proven) {
    record.reasons.emplace_back("the oracle did not prove itself on this host: see the self-check");
  }
  record.reasons.push_back(Handed(tally));
  if (!record.findings.empty()) {
    record.reasons.push_back(fmt::format(
        "{} from {} of these", Counted(static_cast<int64_t>(record.findings.size()), "finding"),
        tally.of_findings));
  }
  auto doubts = Doubts(tally, interrupted);
  const std::string growing = RetentionDoubt(target.retention);
  if (!growing.empty()) doubts.push_back(growing);
  record.reasons.insert(record.reasons.end(), doubts.begin(), doubts.end());
  if (!problems.empty() || !proven || nothing_ran) {
    record.verdict = Verdict::kInfrastructureError;
  } else if (!record.findings.empty()) {
    record.verdict = Verdict::kFail;
  } else {
    record.verdict = doubts.empty() ? Verdict::kPass : Verdict::kInconclusive;
  }
  if (tally.survived > 0) {
    record.reasons.push_back(Counted(tally.survived, "input") + " survived every rerun");
  }
  target.verdict = record.verdict;
  target.reasons = record.reasons;
  AddCriteriaOfFindings(record);
  AddRetentionCriterion(record);
  AddNegativeResults(tally, record);
}

}  // namespace percuss::campaign
