// SPDX-License-Identifier: Apache-2.0
#include "campaign/measure/discovery.h"

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <random>
#include <vector>

namespace percuss::campaign {
namespace {

using common::DiscoveryEstimate;
using testing::HasSubstr;

TEST(DiscoveryTest, IsOfSingletonsAmongAllExecutions) {
  EdgeTally tally{.inputs = 1'000'000, .edges_reached = 900, .singletons = 10};
  tally.discoverers[0] = 1;
  const DiscoveryEstimate estimate = EstimateDiscovery({{"libfuzzer", tally}});
  ASSERT_TRUE(estimate.present);
  EXPECT_DOUBLE_EQ(estimate.estimate, 1e-5);
  EXPECT_NEAR(estimate.bound, 16.962e-6, 1e-9);  // a table's limit for ten
  EXPECT_EQ(estimate.late_discoveries, 0);
  EXPECT_EQ(estimate.late_executions, 1'000'000 - 262'144 + 1);
}

// No singletons, but a find a moment ago: nobody knows that little is left.
TEST(DiscoveryTest, WhatWasFoundLatelyRaisesTheBound) {
  EdgeTally tally{.inputs = 1'000'000, .edges_reached = 900, .singletons = 0};
  tally.discoverers[0] = 1;
  const double quiet = EstimateDiscovery({{"aflpp", tally}}).bound;
  tally.discoverers[19] = 50;
  const DiscoveryEstimate lively = EstimateDiscovery({{"aflpp", tally}});
  EXPECT_EQ(lively.estimate, 0);
  EXPECT_GT(lively.bound, 50.0 / 1e6);
  EXPECT_LT(quiet, 5.0 / 1e6);
}

TEST(DiscoveryTest, AddsEnginesUpAndNamesTheOneThatDoesNotTell) {
  const EdgeTally one{.inputs = 1000, .edges_reached = 10, .singletons = 2};
  const EdgeTally other{.inputs = 3000, .edges_reached = 10, .singletons = 1};
  const DiscoveryEstimate both = EstimateDiscovery({{"libfuzzer", one}, {"aflpp", other}});
  EXPECT_EQ(both.singletons, 3);
  EXPECT_EQ(both.executions, 4000);
  const auto none = common::Fail(common::ErrorCode::kNotFound, "does not count");
  const DiscoveryEstimate absent = EstimateDiscovery({{"libfuzzer", one}, {"aflpp", none}});
  EXPECT_FALSE(absent.present);
  EXPECT_THAT(absent.absent_reason, HasSubstr("aflpp does not count"));
  EXPECT_FALSE(EstimateDiscovery(EngineTallies{}).present);
}

TEST(DiscoveryTest, OneInputTellsNothing) {
  EdgeTally tally{.inputs = 1, .edges_reached = 5, .singletons = 5};
  tally.discoverers[0] = 1;
  EXPECT_EQ(EstimateDiscovery({{"libfuzzer", tally}}).bound, 1);
}

// Edges that each input reaches with its own chance, from one in two down to one in 2^30: the true
// chance of something new is known.
TEST(DiscoveryTest, TheTruthIsBelowTheBound) {
  constexpr int kEdges = 120;
  const auto chance_of = [](int edge) { return std::exp2(-edge / 4.0 - 1); };
  int missed = 0;
  constexpr int kRuns = 200;
  for (int run = 0; run < kRuns; ++run) {
    std::mt19937 random(static_cast<uint32_t>(run));
    EdgeTally tally{.inputs = 20'000};
    double undiscovered = 1;
    std::vector<bool> discovers(20'000);
    for (int edge = 0; edge < kEdges; ++edge) {
      std::geometric_distribution<int64_t> next(chance_of(edge));
      const int64_t first = next(random);
      if (first >= tally.inputs) {
        undiscovered *= 1 - chance_of(edge);
        continue;
      }
      ++tally.edges_reached;
      if (first + 1 + next(random) >= tally.inputs) ++tally.singletons;
      discovers[static_cast<size_t>(first)] = true;
    }
    for (size_t i = 0; i < discovers.size(); ++i) {
      if (discovers[i]) ++tally.discoverers[static_cast<size_t>(std::bit_width(i + 1)) - 1];
    }
    if (EstimateDiscovery({{"libfuzzer", tally}}).bound < 1 - undiscovered) ++missed;
  }
  EXPECT_LE(missed, kRuns / 20);
}

}  // namespace
}  // namespace percuss::campaign
