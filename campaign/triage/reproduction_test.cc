// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/reproduction.h"

#include <gtest/gtest.h>

namespace percuss::campaign {
namespace {

TEST(WilsonIntervalTest, AgreesWithPublishedValues) {
  // Values of the closed formula, computed independently with arbitrary precision.
  EXPECT_NEAR(WilsonInterval(10, 10).low, 0.72246, 1e-4);
  EXPECT_EQ(WilsonInterval(10, 10).high, 1);
  EXPECT_EQ(WilsonInterval(0, 10).low, 0);
  EXPECT_NEAR(WilsonInterval(0, 10).high, 0.27754, 1e-4);
  EXPECT_NEAR(WilsonInterval(5, 10).low, 0.23659, 1e-4);
  EXPECT_NEAR(WilsonInterval(5, 10).high, 0.76341, 1e-4);
}

TEST(WilsonIntervalTest, KnowsNothingWithoutRuns) {
  EXPECT_EQ(WilsonInterval(0, 0).low, 0);
  EXPECT_EQ(WilsonInterval(0, 0).high, 1);
}

TEST(CleanRunsNeededTest, AreSoManyThatAMissIsUnlikely) {
  // (1 - low)^m <= 0.01 with the limits above and below; 1 of 10 has 0.01787.
  EXPECT_EQ(CleanRunsNeeded(10, 10), 4);
  EXPECT_EQ(CleanRunsNeeded(5, 10), 18);
  EXPECT_EQ(CleanRunsNeeded(1, 10), 256);
  EXPECT_EQ(CleanRunsNeeded(0, 10), 0);
  EXPECT_EQ(CleanRunsNeeded(0, 0), 0);
}

}  // namespace
}  // namespace percuss::campaign
