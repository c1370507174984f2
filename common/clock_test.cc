// SPDX-License-Identifier: Apache-2.0
#include "common/clock.h"

#include <gtest/gtest.h>

namespace percuss::common {
namespace {

TEST(ClockTest, DatesAreRfc3339InUtc) {
  EXPECT_EQ(Rfc3339(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(Rfc3339(1'769'903'999), "2026-01-31T23:59:59Z");
}

TEST(ClockTest, MonotonicNeverGoesBack) {
  const int64_t before = SystemClock().MonotonicNs();
  EXPECT_GE(SystemClock().MonotonicNs(), before);
}

}  // namespace
}  // namespace percuss::common
