// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/root_cause.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "campaign/triage/edge_spectra.h"
#include "harnesses/sdk/value_trace.h"

namespace percuss::campaign {
namespace {

using common::Finding;
using common::StackFrame;
using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

StackFrame Frame(const std::string& function, int line, const std::string& file = "pump.c") {
  StackFrame frame;
  frame.function = function;
  frame.file = file;
  frame.line = line;
  return frame;
}

// One program for all: edges 0 and 1 are of `receive`, 2 to 4 of `check`, 5 and 6 of `deliver`.
const std::vector<StackFrame> kCode = {
    Frame("receive", 10), Frame("receive", 12), Frame("check", 20),  Frame("check", 22),
    Frame("check", 24),   Frame("deliver", 30), Frame("deliver", 31)};

EdgeSpectra Spectra(std::vector<std::vector<uint8_t>> failing,
                    std::vector<std::vector<uint8_t>> surviving) {
  EdgeSpectra spectra;
  for (size_t i = 0; i < kCode.size(); ++i) {
    spectra.places.offsets.push_back(0x1000 + 4 * i);
    spectra.places.begins_a_function.push_back(i == 0 || i == 2 || i == 5);
  }
  spectra.failing = std::move(failing);
  spectra.surviving = std::move(surviving);
  return spectra;
}

common::RootCause Rank(const Finding& finding, const EdgeSpectra& spectra) {
  const auto evidence = CompareRuns(spectra);
  std::vector<StackFrame> frames;
  for (const EdgeEvidence& one : evidence) frames.push_back(kCode[one.edge]);
  return RankCauses(finding, spectra, evidence, frames);
}

std::vector<std::string> Names(const std::vector<common::Suspect>& suspects) {
  std::vector<std::string> names;
  for (const auto& suspect : suspects) names.push_back(suspect.function);
  return names;
}

TEST(RootCauseTest, WhatHoldsInAllRunsTellsNothing) {
  EXPECT_THAT(CompareRuns(Spectra({{1, 1, 1, 0, 1, 1, 1}}, {{1, 1, 1, 0, 1, 1, 1}})), IsEmpty());
}

TEST(RootCauseTest, WhatFailingRunsAloneTakeIsFirst) {
  const auto evidence = CompareRuns(Spectra({{1, 0, 1, 1, 0, 1, 1}, {1, 0, 1, 1, 0, 1, 0}},
                                            {{1, 0, 1, 0, 1, 1, 1}, {1, 0, 1, 0, 1, 1, 0}}));
  ASSERT_THAT(evidence, testing::SizeIs(2));
  EXPECT_THAT(evidence[0],
              AllOf(Field(&EdgeEvidence::edge, 3), Field(&EdgeEvidence::fewer, false),
                    Field(&EdgeEvidence::score, testing::DoubleEq(1)),
                    Field(&EdgeEvidence::failing, 2), Field(&EdgeEvidence::surviving, 0)));
  // What is passed over may only have been cut off by the failing.
  EXPECT_THAT(evidence[1], AllOf(Field(&EdgeEvidence::edge, 4), Field(&EdgeEvidence::fewer, true)));
  EXPECT_LT(evidence[1].score, 1);
}

TEST(RootCauseTest, HowOftenAnEdgeIsTakenTells) {
  const auto evidence = CompareRuns(
      Spectra({{1, 9, 0, 0, 0, 0, 0}, {1, 12, 0, 0, 0, 0, 0}}, {{1, 3, 0, 0, 0, 0, 0}}));
  ASSERT_THAT(evidence, testing::SizeIs(1));
  EXPECT_EQ(evidence[0].times, 4);  // more often than the surviving one
  EXPECT_EQ(evidence[0].failing, 2);
  EXPECT_EQ(evidence[0].surviving, 0);
}

// Shares that do not add up to exactly one, which is what floating point makes of them.
TEST(RootCauseTest, NoScoreIsAboveOne) {
  for (size_t runs = 1; runs <= 40; ++runs) {
    const std::vector<std::vector<uint8_t>> surviving(runs, {1, 1, 1, 0, 0, 0, 0});
    for (const auto& one : CompareRuns(Spectra({{1, 1, 1, 1, 0, 0, 0}}, surviving))) {
      EXPECT_LE(one.score, 1) << runs;
    }
  }
}

// All runs take the same edges, and only how a comparison comes out tells them apart.
TEST(RootCauseTest, HowAComparisonComesOutTells) {
  EdgeSpectra spectra =
      Spectra({{1, 1, 1, 0, 1, 1, 1}, {1, 1, 1, 0, 1, 1, 1}}, {{1, 1, 1, 0, 1, 1, 1}});
  spectra.comparisons = {0, 0x1008, 0x1010};
  spectra.failing_values = {{0, PERCUSS_ABOVE, PERCUSS_EQUAL},
                            {0, PERCUSS_ABOVE | PERCUSS_EQUAL, PERCUSS_EQUAL}};
  spectra.surviving_values = {{0, PERCUSS_EQUAL, PERCUSS_EQUAL}};
  const auto evidence = CompareRuns(spectra);
  ASSERT_THAT(evidence, testing::SizeIs(1));
  EXPECT_THAT(evidence[0],
              AllOf(Field(&EdgeEvidence::edge, 1), Field(&EdgeEvidence::relation, PERCUSS_ABOVE),
                    Field(&EdgeEvidence::failing, 2), Field(&EdgeEvidence::surviving, 0)));
  Finding finding;
  finding.stack = {Frame("deliver", 31)};
  const auto cause = RankCauses(finding, spectra, evidence, {Frame("check", 22)});
  ASSERT_THAT(Names(cause.functions), ElementsAre("deliver", "check"));
  EXPECT_THAT(cause.functions[1].reason,
              HasSubstr("a comparison at line 22 comes out above in 2 of 2 failing and 0 of 1"));
  // A run that traced none, as of a target that broke off.
  spectra.surviving_values = {{}};
  EXPECT_THAT(CompareRuns(spectra), testing::SizeIs(2));
  spectra.surviving_values.clear();
  EXPECT_THAT(CompareRuns(spectra), IsEmpty());
}

// Far ones end before they come near the bug, and differ in everything.
TEST(RootCauseTest, TheNearestSurvivingRunCountsMost) {
  const auto evidence =
      CompareRuns(Spectra({{1, 1, 1, 1, 0, 1, 1}},
                          {{1, 1, 1, 0, 0, 1, 1}, {1, 0, 0, 0, 0, 0, 0}, {1, 0, 0, 0, 0, 0, 0}}));
  ASSERT_GT(evidence.size(), 1U);
  EXPECT_EQ(evidence[0].edge, 3U);
  EXPECT_LT(evidence[1].score, 0.5);
}

TEST(RootCauseTest, OfABrokenPropertyTheCheckIsNotTheCulprit) {
  Finding finding;
  finding.kind = "property";
  finding.stack = {Frame("OnDelivered", 90, "pump_harness.cc"), Frame("deliver", 31),
                   Frame("receive", 12), Frame("LLVMFuzzerTestOneInput", 99, "pump_harness.cc")};
  finding.stack.back().user_code = false;
  const auto cause =
      Rank(finding, Spectra({{1, 1, 1, 1, 0, 1, 1}, {1, 1, 1, 1, 0, 1, 1}},
                            {{1, 1, 1, 0, 1, 0, 0}, {1, 1, 1, 0, 1, 0, 0}, {1, 1, 1, 0, 1, 0, 0}}));
  EXPECT_THAT(Names(cause.functions), ElementsAre("deliver", "check", "receive"));
  EXPECT_TRUE(cause.measured);
  EXPECT_EQ(cause.confidence, "medium");
  EXPECT_THAT(
      cause.functions[1].reason,
      HasSubstr("an edge at line 22 is passed in 2 of 2 failing and 0 of 3 surviving runs"));
  EXPECT_THAT(Names(cause.lines), testing::Contains("check"));
}

TEST(RootCauseTest, WhoFreedTheBlockIsAmongTheFirst) {
  Finding finding;
  finding.kind = "crash";
  finding.stack = {Frame("show", 50), Frame("command", 60), Frame("receive", 12)};
  finding.root_cause.block.freed = {Frame("free", 0, ""), Frame("deliver", 31)};
  finding.root_cause.block.freed.front().user_code = false;
  const auto cause = Rank(finding, {});
  EXPECT_THAT(Names(cause.functions), ElementsAre("show", "deliver", "command", "receive"));
  EXPECT_EQ(cause.functions[1].reason, "freed the block");
  EXPECT_EQ(cause.functions[2].reason, "number 2 on the stack of the fault");
  EXPECT_EQ(cause.block.freed.size(), 2U);
}

TEST(RootCauseTest, WithoutRunsOfBothKindsItCannotTell) {
  Finding finding;
  finding.stack = {Frame("show", 50)};
  const auto all_fail = Rank(finding, Spectra({{1, 1, 1, 1, 1, 1, 1}}, {}));
  EXPECT_FALSE(all_fail.measured);
  EXPECT_EQ(all_fail.confidence, "none");
  EXPECT_THAT(all_fail.reason, HasSubstr("cannot tell: 1 run nearby, and none survived"));
  EXPECT_THAT(Names(all_fail.functions), ElementsAre("show"));
  EdgeSpectra untraced;
  untraced.why_none = "does not tell which edges an input takes";
  EXPECT_THAT(Rank(finding, untraced).reason, HasSubstr("the target does not tell which edges"));
}

TEST(RootCauseTest, NamesAtMostTen) {
  Finding finding;
  for (int i = 0; i < 40; ++i) finding.stack.push_back(Frame("f" + std::to_string(i), i + 1));
  const auto cause = Rank(finding, {});
  EXPECT_EQ(cause.functions.size(), common::kMostSuspects);
  EXPECT_EQ(cause.lines.size(), common::kMostSuspects);
}

}  // namespace
}  // namespace percuss::campaign
