// SPDX-License-Identifier: Apache-2.0
#include "campaign/measure/held_trend.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace percuss::campaign {
namespace {

std::vector<int64_t> Rounds(int rounds, const std::function<int64_t(int)>& held) {
  std::vector<int64_t> series;
  for (int round = 0; round <= rounds; ++round) series.push_back(held(round));
  return series;
}

TEST(HeldTrend, AListThatGrowsInEachRoundIsTold) {
  const auto slope = JudgeHeld(Rounds(16, [](int round) { return 5000 + 40 * round; }), 0);
  EXPECT_EQ(slope.trend, HeldTrend::kSteady);
  EXPECT_DOUBLE_EQ(slope.slope, 40);
  EXPECT_DOUBLE_EQ(slope.low, 40);
  EXPECT_DOUBLE_EQ(slope.high, 40);
}

TEST(HeldTrend, ACacheThatIsFullHoldsNoMore) {
  const auto cache = [](int round) { return std::min(round * 1000, 3000); };
  const auto slope = JudgeHeld(Rounds(16, cache), 0);
  EXPECT_EQ(slope.trend, HeldTrend::kNone);
  EXPECT_DOUBLE_EQ(slope.at_most, 0);
}

TEST(HeldTrend, ACacheThatFillsLateIsNotTakenForGrowth) {
  for (const int full : {9, 10, 12, 14}) {
    const auto cache = [full](int round) { return std::min(round, full) * 1000; };
    const HeldTrend soon = JudgeHeld(Rounds(16, cache), 0).trend;
    // In steps, it may be: whether they go on a longer run tells.
    EXPECT_TRUE(soon == HeldTrend::kUnclear || soon == HeldTrend::kStepped) << full;
    EXPECT_EQ(JudgeHeld(Rounds(60, cache), 0).trend, HeldTrend::kNone) << full;
  }
}

// The room of an array that doubles when it is full.
TEST(HeldTrend, AnArrayThatDoublesRisesInStepsForEver) {
  const auto room = [](int round) {
    int64_t elements = 1;
    while (elements < round * 50) elements *= 2;
    return elements * 8;
  };
  for (const int rounds : {60, 100, 240}) {
    EXPECT_EQ(JudgeHeld(Rounds(rounds, room), 0).trend, HeldTrend::kStepped) << rounds;
  }
}

TEST(HeldTrend, WhatComesAndGoesIsNoGrowth) {
  const auto swinging = [](int round) { return 4096 + (round % 3) * 512; };
  EXPECT_EQ(JudgeHeld(Rounds(60, swinging), 0).trend, HeldTrend::kNone);
  const auto jump = [](int round) { return round < 50 ? 1000 : 9000; };
  EXPECT_EQ(JudgeHeld(Rounds(60, jump), 0).trend, HeldTrend::kUnclear);
  EXPECT_EQ(JudgeHeld(Rounds(60, jump), 8000).trend, HeldTrend::kNone);
}

TEST(HeldTrend, GrowthIsSeenThroughWhatComesAndGoes) {
  const auto noisy = [](int round) { return 100'000 + 300 * round + (round * 37 % 11) * 100; };
  const auto slope = JudgeHeld(Rounds(60, noisy), 0);
  EXPECT_EQ(slope.trend, HeldTrend::kSteady);
  EXPECT_NEAR(slope.slope, 300, 15);
  EXPECT_LT(slope.low, 300);
  EXPECT_GT(slope.high, 300);
}

TEST(HeldTrend, TooFewRoundsAndMissingCountsTellNothing) {
  EXPECT_EQ(JudgeHeld(Rounds(7, [](int round) { return round; }), 0).trend, HeldTrend::kUnclear);
  EXPECT_EQ(JudgeHeld(Rounds(16, [](int) { return -1; }), 0).trend, HeldTrend::kUnclear);
  EXPECT_EQ(JudgeHeld({}, 0).trend, HeldTrend::kUnclear);
}

}  // namespace
}  // namespace percuss::campaign
