// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/edge_spectra.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace percuss::campaign {
namespace {

size_t DiffersIn(const std::string& one, const std::string& other) {
  size_t count = 0;
  for (size_t i = 0; i < one.size(); ++i) count += size_t{one[i] != other[i]};
  return count;
}

// The bug shows while the third byte is what it is.
TEST(RunNearbyTest, ComesNearerWhereItMatters) {
  const std::string input = "abcdefgh";
  std::vector<std::string> surviving;
  int64_t runs = 0;
  const RunNear run = [&](const std::string& bytes) -> common::Result<NearRun> {
    ++runs;
    if (bytes[2] == 'c') return NearRun::kFailing;
    surviving.push_back(bytes);
    return NearRun::kSurviving;
  };
  RunNearby(run, input, {}, {});
  ASSERT_FALSE(surviving.empty());
  EXPECT_EQ(DiffersIn(surviving.front(), input), input.size());
  EXPECT_EQ(DiffersIn(surviving.back(), input), 1U);
  EXPECT_LE(runs, NearBudget().max_runs);
}

TEST(RunNearbyTest, KeepsToItsBudgetAndEndsAtAnError) {
  int64_t runs = 0;
  const RunNear never_fails = [&](const std::string&) -> common::Result<NearRun> {
    ++runs;
    return NearRun::kSurviving;
  };
  RunNearby(never_fails, std::string(1000, 'x'), {.max_runs = 7, .wall_s = 60}, {});
  EXPECT_EQ(runs, 7);
  runs = 0;
  const RunNear cannot = [&](const std::string&) -> common::Result<NearRun> {
    ++runs;
    return common::Fail(common::ErrorCode::kNotFound, "no such program");
  };
  RunNearby(cannot, "abc", {}, {});
  EXPECT_EQ(runs, 1);
}

TEST(SpectraRecorderTest, SaysWhyThereIsNothing) {
  SpectraRecorder recorder("/bin/true");
  EXPECT_FALSE(recorder.NextRun().environment.empty());
  recorder.Note(NearRun::kFailing);
  EXPECT_TRUE(recorder.Spectra().failing.empty());
  EXPECT_THAT(recorder.Spectra().why_none, testing::HasSubstr("does not tell which edges"));
}

}  // namespace
}  // namespace percuss::campaign
