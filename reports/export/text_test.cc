// SPDX-License-Identifier: Apache-2.0
#include "reports/export/text.h"

#include <gtest/gtest.h>

#include <string>

namespace percuss::reports {
namespace {

TEST(ClippedText, CutsAtACharactersEndAndSaysTheSize) {
  EXPECT_EQ(ClippedText("short", 10), "short");
  EXPECT_EQ(ClippedText("aé汉字", 5), "aé… [cut, 9 bytes in all]");
  // No character's end is near: it still ends, and says the size.
  EXPECT_EQ(ClippedText(std::string(2'000, '\x80'), 3), "… [cut, 2,000 bytes in all]");
}

TEST(Numbers, ReadAsAPersonWritesThem) {
  EXPECT_EQ(CountText(0), "0");
  EXPECT_EQ(CountText(999), "999");
  EXPECT_EQ(CountText(1'234'567), "1,234,567");
  EXPECT_EQ(CountText(-1), "not known");
  EXPECT_EQ(DurationText(59), "59 s");
  EXPECT_EQ(DurationText(725), "12 min 05 s");
  EXPECT_EQ(DurationText(12'000), "3 h 20 min");
  EXPECT_EQ(NanosecondsText(850), "850 ns");
  EXPECT_EQ(NanosecondsText(12'340), "12.3 µs");
  EXPECT_EQ(NanosecondsText(999'900), "1.00 ms");
  EXPECT_EQ(NanosecondsText(61'000'000'000), "61.0 s");
  EXPECT_EQ(BytesText(1), "1 byte");
  EXPECT_EQ(PercentText(5, 6), "83.3 %");
  EXPECT_EQ(PercentText(0, 0), "no data");
}

TEST(RelativePath, OnlyBelowTheRoot) {
  EXPECT_EQ(RelativePath("/src/a/b.c", "/src"), "a/b.c");
  EXPECT_EQ(RelativePath("/src/a/b.c", "/src/"), "a/b.c");
  EXPECT_EQ(RelativePath("/src-old/b.c", "/src"), "/src-old/b.c");
  EXPECT_EQ(RelativePath("/src/b.c", ""), "/src/b.c");
}

TEST(SourceRootOf, IsTheFolderThatHoldsTheUsersOwnCode) {
  common::RunRecord record;
  EXPECT_EQ(SourceRootOf(record), "");
  record.targets.resize(1);
  record.targets[0].sources = {"/src/pump/comm/frame.c"};
  EXPECT_EQ(SourceRootOf(record), "/src/pump/comm");
  record.findings.resize(1);
  record.findings[0].file = "/src/pump/commands/bolus.c";
  EXPECT_EQ(SourceRootOf(record), "/src/pump");
  record.findings[0].stack = {{"main", "/src/fuzz/harness.c", 1, 1, "", 0, true},
                              {"std::sort", "/usr/include/c++/12/algorithm", 1, 1, "", 0, true},
                              {"abort", "/build/glibc/abort.c", 1, 1, "", 0, false},
                              {"next", "relative.c", 1, 1, "", 0, true}};
  EXPECT_EQ(SourceRootOf(record), "/src");
  record.findings[0].file = "/opt/vendor/a.c";
  EXPECT_EQ(SourceRootOf(record), "");
}

}  // namespace
}  // namespace percuss::reports
