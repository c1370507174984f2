// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/surroundings_effect.h"

#include <gtest/gtest.h>

#include <functional>

namespace percuss::campaign {
namespace {

using ShowsIn = std::function<bool(const Surroundings&, size_t number)>;

common::Reproduction Reruns(size_t count, const ShowsIn& shows, const Variable& varies) {
  std::vector<RunIn> runs;
  common::Reproduction reproduction;
  for (size_t i = 0; i < count; ++i) {
    const Surroundings in = Within(SurroundingsOfRerun(i), varies);
    runs.push_back({in, shows(in, i)});
    reproduction.reruns++;
    if (runs.back().shown) reproduction.reproduced++;
  }
  TellSurroundings(runs, varies, reproduction);
  return reproduction;
}

constexpr Variable kAll = {true, true, false};

// R. A. Fisher's tea: 3 of 4 right is p = 0.486, 4 of 4 is 0.0286.
TEST(SurroundingsEffect, FishersExactTest) {
  EXPECT_NEAR(FisherExact(3, 1, 1, 3), 0.4857, 1e-4);
  EXPECT_NEAR(FisherExact(4, 0, 0, 4), 0.02857, 1e-5);
  EXPECT_NEAR(FisherExact(1, 9, 11, 3), 0.002759, 1e-6);
  EXPECT_EQ(FisherExact(0, 0, 0, 0), 1);
}

TEST(SurroundingsEffect, WhatMattersIsTold) {
  const auto filled = Reruns(
      30, [](const Surroundings& in, size_t) { return in.heap != HeapFill::kOwn; }, kAll);
  EXPECT_EQ(filled.depends_on, "fails in 18 of 18 runs with a filled heap, in 0 of 12 without");
  EXPECT_EQ(filled.varied, "layout_and_heap");
  EXPECT_EQ(filled.shown_in, "zeros");
  EXPECT_EQ(ShownWhereReplayed(filled).reruns, 6);
  const auto random = Reruns(
      30, [](const Surroundings& in, size_t) { return !in.fixed_layout; }, kAll);
  EXPECT_EQ(random.depends_on,
            "fails in 0 of 15 runs with a fixed address-space layout, in 15 of 15 with a random "
            "one");
  EXPECT_EQ(random.shown_in, "plain");
  const auto both = Reruns(
      30,
      [](const Surroundings& in, size_t) {
        return in == Surroundings{true, HeapFill::kZeros};
      },
      kAll);
  EXPECT_EQ(both.depends_on,
            "fails in 3 of 3 runs with a fixed layout and a heap filled with zeros, in 0 of 27 "
            "otherwise");
  EXPECT_EQ(both.shown_in, "fixed-zeros");
}

TEST(SurroundingsEffect, WhatIsNotClearIsNotTold) {
  const auto every_third = Reruns(
      30, [](const Surroundings&, size_t number) { return number % 3 == 0; }, kAll);
  EXPECT_EQ(every_third.depends_on, "");
  EXPECT_EQ(every_third.shown_in, "");
  EXPECT_EQ(ShownWhereReplayed(every_third).reruns, 30);
  const auto always = Reruns(
      10, [](const Surroundings&, size_t) { return true; }, kAll);
  EXPECT_EQ(always.depends_on + always.shown_in, "");
  const auto never = Reruns(
      10, [](const Surroundings&, size_t) { return false; }, kAll);
  EXPECT_EQ(never.depends_on + never.shown_in, "");
}

TEST(SurroundingsEffect, WhatWasVariedIsSaid) {
  const ShowsIn always = [](const Surroundings&, size_t) { return true; };
  EXPECT_EQ(Reruns(2, always, {}).varied, "nothing");
  EXPECT_EQ(Reruns(2, always, {true, false, false}).varied, "layout");
  const auto exact = Reruns(2, always, {false, false, true});
  EXPECT_EQ(exact.varied, "exact");
  ASSERT_EQ(exact.runs.size(), 2u);
  EXPECT_EQ(exact.runs[1].surroundings, "plain");
  const auto heap = Reruns(2, always, {false, true, false});
  EXPECT_EQ(heap.varied, "heap");
}

}  // namespace
}  // namespace percuss::campaign
