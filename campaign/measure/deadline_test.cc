// SPDX-License-Identifier: Apache-2.0
#include "campaign/measure/deadline.h"

#include <gtest/gtest.h>

#include "common/fs.h"

namespace percuss::campaign {
namespace {

TEST(DeadlineTest, TheLeastOfAllRepetitionsCounts) {
  const auto read = ReadRepetitions(R"(the target's own words
{
  "context": {},
  "benchmarks": [
    { "name": "0", "run_type": "iteration", "cpu_time": 3.5, "real_time": 9.0, "time_unit": "us" },
    { "name": "0", "run_type": "iteration", "cpu_time": 2.5, "real_time": 8.0, "time_unit": "us" },
    { "name": "0_mean", "run_type": "aggregate", "cpu_time": 0.1, "real_time": 0.1 } ] })");
  ASSERT_TRUE(read) << read.error().Text();
  EXPECT_EQ(read->count, 2);
  EXPECT_EQ(read->least_cpu_ns, 2500);
  EXPECT_EQ(read->least_wall_ns, 8000);
  for (const char* wrong : {"", "{", "{}", R"({ "benchmarks": [] })", R"({ "benchmarks": [ 1 ] })",
                            R"({ "benchmarks": [ { "name": "0", "cpu_time": "x" } ] })"}) {
    EXPECT_FALSE(ReadRepetitions(wrong)) << wrong;
  }
}

TEST(DeadlineTest, ABusyHostMakesALittleLateInputOneThatCannotBeTold) {
  EXPECT_EQ(JudgeDeadline(1'000'000, 1000, false), DeadlineVerdict::kMet);
  EXPECT_EQ(JudgeDeadline(1'000'000, 1000, true), DeadlineVerdict::kMet);
  EXPECT_EQ(JudgeDeadline(1'000'001, 1000, false), DeadlineVerdict::kMissed);
  EXPECT_EQ(JudgeDeadline(1'400'000, 1000, true), DeadlineVerdict::kUnknown);
  EXPECT_EQ(JudgeDeadline(1'600'000, 1000, true), DeadlineVerdict::kMissed);
}

TEST(DeadlineTest, WhatCannotBeMeasuredIsNoPass) {
  const auto folder = common::TemporaryFolder::Make("percuss-deadline").value();
  const auto input = folder.Path() / "input";
  ASSERT_TRUE(common::WriteFileAtomically(input, "x"));
  TargetSpec target;
  const std::atomic<bool> cancel{false};
  EXPECT_FALSE(HoldAgainstDeadline(target, {input}, folder.Path(), cancel).result.present);
  target.deadline = {true, 1000, "REQ-1"};
  EXPECT_EQ(HoldAgainstDeadline(target, {input}, folder.Path(), cancel).result.verdict, "unknown");
  target.binaries["benchmark"] = "/bin/false";
  const auto failed = HoldAgainstDeadline(target, {input}, folder.Path(), cancel).result;
  EXPECT_TRUE(failed.present);
  EXPECT_EQ(failed.verdict, "unknown");
  EXPECT_NE(failed.reason, "");
  DeadlineRunner runner({"/bin/false", {}, 1000, "REQ-1"}, folder.Path());
  const auto seen = runner.Run({}, input, {});
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->kind, "error");
}

}  // namespace
}  // namespace percuss::campaign
