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

TEST(ClockTest, ADateIsADayThatTheCalendarHas) {
  EXPECT_TRUE(IsDate("2026-01-31"));
  EXPECT_TRUE(IsDate("2024-02-29"));
  for (const char* no : {"2026-02-29", "2026-13-01", "0000-01-01", "2026-1-31", "2026-01-3x", "",
                         "20260131", "2026-01-31T00:00:00Z", "2-26-01-31", "----------"}) {
    EXPECT_FALSE(IsDate(no)) << no;
  }
}

TEST(ClockTest, ADateAndTimeSaysItsZone) {
  for (const char* yes : {"2026-01-31T23:59:59Z", "2026-01-31T00:00:00.123456+01:00"}) {
    EXPECT_TRUE(IsDateTime(yes)) << yes;
  }
  for (const char* no :
       {"2026-01-31", "2026-01-31T23:59:59", "2026-02-30T00:00:00Z", "2026-01-31T24:00:00Z",
        "2026-01-31T00:60:00Z", "2026-01-31T00:00:61Z", "2026-01-31T00:00:00.Z",
        "2026-01-31T00:00:00+1:00", "2026-01-31T00:00:00Zx", "2026-01-31 00:00:00Z", ""}) {
    EXPECT_FALSE(IsDateTime(no)) << no;
  }
}

}  // namespace
}  // namespace percuss::common
