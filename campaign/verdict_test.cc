// SPDX-License-Identifier: Apache-2.0
#include "campaign/verdict.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "campaign/stop_reasons.h"

namespace percuss::campaign {
namespace {

using common::RunRecord;
using common::TargetRun;
using common::Verdict;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;

TargetRun Fuzzed(int64_t edges) {
  TargetRun run;
  run.id = "uart";
  common::EngineRun engine;
  engine.engine = "libfuzzer";
  engine.executions = 1000;
  engine.edges = edges;
  engine.stop_reason = kStoppedByWallTime;
  run.engines = {engine};
  return run;
}

RunRecord Judged(TargetRun run) {
  JudgeTarget({}, {}, false, run);
  RunRecord record;
  common::SelfCheckCase check;
  check.passed = true;
  record.self_check = {check};
  record.targets = {std::move(run)};
  JudgeCampaign({}, record);
  return record;
}

TEST(VerdictTest, ATargetThatIgnoresItsInputIsNoPass) {
  EXPECT_EQ(Judged(Fuzzed(200)).verdict, Verdict::kPass);
  for (const int64_t edges : {0, 1, 2}) {
    const RunRecord record = Judged(Fuzzed(edges));
    EXPECT_EQ(record.verdict, Verdict::kInfrastructureError) << edges;
    EXPECT_THAT(record.targets.front().reasons, ElementsAre(HasSubstr("does it use its input?")));
  }
}

TEST(VerdictTest, AnInterruptedTargetHasNotReachedItsBudgetWhateverItFound) {
  const auto verdict = [](const RunRecord& record) {
    for (const auto& criterion : record.acceptance) {
      if (criterion.id == "budget") return criterion.verdict;
    }
    return std::string();
  };
  EXPECT_EQ(verdict(Judged(Fuzzed(200))), "met");
  TargetRun run = Fuzzed(200);
  run.engines.front().stop_reason = kStoppedByInterrupt;
  RunRecord record;
  record.findings.emplace_back().target = run.id;
  JudgeTarget({}, record.findings, true, run);
  EXPECT_EQ(run.verdict, Verdict::kFail);
  record.targets = {run};
  JudgeCampaign({}, record);
  EXPECT_EQ(verdict(record), "not_met");
}

TEST(VerdictTest, ARegressionCorpusThatIsNotThereIsNotSurvived) {
  const auto regression = Field(&common::AcceptanceCriterion::id, "regression");
  const RunRecord without = Judged(Fuzzed(200));
  EXPECT_THAT(without.acceptance, Not(Contains(regression)));
  EXPECT_THAT(without.absent,
              Contains(Field(&common::AbsentSection::section, "acceptance.regression")));
  TargetRun run = Fuzzed(200);
  run.corpus.regression_inputs = 3;
  const RunRecord with = Judged(run);
  EXPECT_THAT(with.acceptance, Contains(regression));
  EXPECT_THAT(with.absent,
              Not(Contains(Field(&common::AbsentSection::section, "acceptance.regression"))));
}

TEST(VerdictTest, ADeadlineOfWhichNobodyCanTellIsNoPass) {
  const auto deadline = Field(&common::AcceptanceCriterion::id, "deadline");
  EXPECT_THAT(Judged(Fuzzed(200)).acceptance, Not(Contains(deadline)));
  TargetRun run = Fuzzed(200);
  run.timing.deadline = {true, 1000, "REQ-1", "met",  "the costliest takes 0.5 ms",
                         9,    0,    0,       500'000};
  const RunRecord met = Judged(run);
  EXPECT_EQ(met.verdict, Verdict::kPass);
  EXPECT_THAT(met.acceptance, Contains(deadline));
  run.timing.deadline.verdict = "unknown";
  run.timing.deadline.reason = "the host is busy";
  const RunRecord unknown = Judged(run);
  EXPECT_EQ(unknown.verdict, Verdict::kInconclusive);
  EXPECT_THAT(unknown.targets.front().reasons, ElementsAre(HasSubstr("the host is busy")));
  for (const auto& criterion : unknown.acceptance) {
    if (criterion.id == "deadline") {
      EXPECT_EQ(criterion.verdict, "unknown");
    }
  }
}

}  // namespace
}  // namespace percuss::campaign
