// SPDX-License-Identifier: Apache-2.0
#include "campaign/target_session.h"

#include <gtest/gtest.h>

namespace percuss::campaign {
namespace {

TEST(RateOfRun, CountsThisRunsExecutionsOnly) {
  EXPECT_DOUBLE_EQ(RateOfRun(3'000, 0, 2), 1'500);
  EXPECT_DOUBLE_EQ(RateOfRun(0, 0, 2), 0);
  EXPECT_DOUBLE_EQ(RateOfRun(1'000'600, 1'000'000, 2), 300);
  EXPECT_DOUBLE_EQ(RateOfRun(0, 0, 0), 0);
}

TEST(RateOfRun, IsUnknownWhileOnlyAnEarlierRunIsTold) {
  EXPECT_DOUBLE_EQ(RateOfRun(1'000'000, 1'000'000, 0.02), -1);
}

}  // namespace
}  // namespace percuss::campaign
