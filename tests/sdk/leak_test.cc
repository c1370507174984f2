// SPDX-License-Identifier: Apache-2.0
//
// With this test in the place of the target: it counts edges as an instrumented one would.
#include "harnesses/sdk/leak.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <random>
#include <vector>

namespace {

using testing::IsNull;

constexpr percuss_property kWork = {"CWE-208:work", "by work", PERCUSS_INFORMATION_DISCLOSURE,
                                    nullptr};
constexpr percuss_property kLength = {"CWE-204:length", "by length", PERCUSS_INFORMATION_DISCLOSURE,
                                      nullptr};

using Code = std::array<uint8_t, 8>;

enum class Fault { kNone, kEarlyExit, kOtherPath, kLongerAnswer };

struct Bench {
  Fault fault = Fault::kNone;
  std::array<uint8_t, 32> counters{};
  Code code{}, guess{};
  bool noise = false;
  std::mt19937 random{7};
  std::vector<unsigned> classes;
  unsigned operations = 0;
};

// A guess that is wrong in its first byte, or in its last.
void Prepare(void* context, unsigned secret_class, uint64_t draw) {
  auto& bench = *static_cast<Bench*>(context);
  for (size_t i = 0; i < bench.code.size(); ++i)
    bench.code[i] = static_cast<uint8_t>(draw >> 8 * i);
  bench.guess = bench.code;
  bench.guess[secret_class == 0 ? 0 : 7] ^= 0x40;
  bench.classes.push_back(secret_class);
  bench.counters[3]++;  // what is not measured may be as it likes
}

size_t Compare(void* context) {
  auto& bench = *static_cast<Bench*>(context);
  if (bench.operations++ == 0) bench.counters[30] = 200;  // set up once
  bench.counters[0]++;
  for (size_t i = 0; i < bench.code.size(); ++i) {
    bench.counters[1]++;
    if (bench.fault == Fault::kEarlyExit && bench.code[i] != bench.guess[i]) break;
  }
  if (bench.noise) bench.counters[5] = static_cast<uint8_t>(100 + bench.random() % 8);
  if (bench.fault == Fault::kOtherPath) bench.counters[bench.code[0] == bench.guess[0] ? 8 : 9]++;
  return bench.fault == Fault::kLongerAnswer && bench.code[0] == bench.guess[0] ? 9 : 8;
}

const percuss_property* Measure(Bench& bench, unsigned pairs, bool randomised = false) {
  percuss_leak_counters(bench.counters.data(), bench.counters.size());
  const percuss_leak leak = {&kWork, &kLength, Prepare, Compare, &bench, pairs, randomised};
  const percuss_property* broken = percuss_leak_measure(&leak, 12345);
  percuss_leak_counters(nullptr, 0);
  return broken;
}

TEST(Leak, IsToldByWorkAndByLength) {
  Bench constant, early, path, length;
  early.fault = Fault::kEarlyExit;
  path.fault = Fault::kOtherPath;
  length.fault = Fault::kLongerAnswer;
  EXPECT_THAT(Measure(constant, 16), IsNull());
  EXPECT_EQ(Measure(early, 1), &kWork);
  EXPECT_EQ(Measure(path, 1), &kWork) << "as many edges, but others";
  EXPECT_EQ(Measure(length, 1), &kLength);
}

TEST(Leak, WithoutCountersJudgesLengthsAlone) {
  Bench bench;
  bench.fault = Fault::kEarlyExit;
  const percuss_leak leak = {&kWork, &kLength, Prepare, Compare, &bench, 4, false};
  EXPECT_THAT(percuss_leak_measure(&leak, 1), IsNull());
  bench.fault = Fault::kLongerAnswer;
  EXPECT_EQ(percuss_leak_measure(&leak, 1), &kLength);
}

TEST(Leak, WhatItsRulesLeaveOutIsNotChecked) {
  Bench bench;
  bench.fault = Fault::kLongerAnswer;
  const percuss_leak leak = {&kWork, nullptr, Prepare, Compare, &bench, 4, false};
  EXPECT_THAT(percuss_leak_measure(&leak, 1), IsNull());
}

TEST(Leak, RunsBothClassesInAnOrderThatIsDrawn) {
  Bench bench;
  EXPECT_THAT(Measure(bench, 200), IsNull());
  ASSERT_EQ(bench.classes.size(), 402u);
  size_t zero_first = 0;
  for (size_t i = 0; i < bench.classes.size(); i += 2) {
    EXPECT_NE(bench.classes[i], bench.classes[i + 1]);
    zero_first += bench.classes[i] == 0;
  }
  EXPECT_GT(zero_first, 60u);
  EXPECT_LT(zero_first, 141u);
}

TEST(Leak, LeavesTheEngineItsCountsAndAddsThoseOfTheTrials) {
  Bench bench;
  bench.counters.fill(5);
  EXPECT_THAT(Measure(bench, 3), IsNull());
  EXPECT_EQ(bench.counters[0], 5 + 8);
  EXPECT_EQ(bench.counters[1], 5 + 64);
  EXPECT_EQ(bench.counters[3], 5 + 8);
  EXPECT_EQ(bench.counters[30], 205);
  EXPECT_EQ(bench.counters[31], 5);
  bench.counters.fill(250);
  EXPECT_THAT(Measure(bench, 3), IsNull());
  EXPECT_EQ(bench.counters[1], 255);
}

TEST(Leak, OfAnOperationThatDrawsIsTheSamplesDistance) {
  Bench constant, early;
  constant.noise = early.noise = true;
  early.fault = Fault::kEarlyExit;
  EXPECT_EQ(Measure(constant, 16), &kWork) << "its pairs differ, whatever the secret";
  EXPECT_THAT(Measure(constant, 3000, true), IsNull());
  EXPECT_EQ(Measure(early, 3000, true), &kWork);
}

TEST(Welch, IsAsCalculatedByHand) {
  percuss_moments one{}, other{};
  EXPECT_EQ(percuss_welch_t(&one, &other), 0);
  for (const double value : {1.0, 2.0, 3.0, 4.0}) percuss_moments_add(&one, value);
  for (const double value : {2.0, 4.0, 6.0}) percuss_moments_add(&other, value);
  // Means 2.5 and 4, variances 5/3 and 4: -1.5 / sqrt(5/12 + 4/3).
  EXPECT_NEAR(percuss_welch_t(&one, &other), -1.5 / std::sqrt(5.0 / 12 + 4.0 / 3), 1e-12);
}

TEST(Welch, OfWhatDoesNotVaryIsNothingOrAll) {
  percuss_moments one{}, same{}, other{};
  for (int i = 0; i < 3; ++i) {
    percuss_moments_add(&one, 7);
    percuss_moments_add(&same, 7);
    percuss_moments_add(&other, 8);
  }
  EXPECT_EQ(percuss_welch_t(&one, &same), 0);
  EXPECT_TRUE(std::isinf(percuss_welch_t(&one, &other)));
  EXPECT_LT(percuss_welch_t(&one, &other), 0);
  EXPECT_GT(percuss_welch_t(&other, &one), 0);
}

TEST(Welch, OfTheSameDistributionIsRarelyFar) {
  std::mt19937 random(11);
  std::normal_distribution<double> normal(1000, 30);
  for (int round = 0; round < 200; ++round) {
    percuss_moments one{}, other{};
    for (int i = 0; i < 500; ++i) {
      percuss_moments_add(&one, normal(random));
      percuss_moments_add(&other, normal(random));
    }
    EXPECT_LT(std::fabs(percuss_welch_t(&one, &other)), PERCUSS_LEAK_THRESHOLD);
  }
}

}  // namespace
