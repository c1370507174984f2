// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/influence.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "common/fs.h"

namespace percuss::campaign {
namespace {

using common::Influence;
using common::Result;
using Said = Result<std::optional<std::string>>;

std::string EffectAt(const Influence& influence, int64_t at) {
  for (const common::ByteRange& range : influence.bytes) {
    if (at >= range.at && at < range.at + range.count) return range.effect;
  }
  return "none";
}

// "Lnxxxxxxxx": fails where it begins with L, and n says how far it writes.
class LengthBug {
 public:
  Said operator()(const std::string& bytes) {
    ++runs;
    if (bytes.empty() || bytes[0] != 'L') return std::optional<std::string>();
    return std::optional(fmt::format("write of {} bytes at 0x{:x}, {} bytes behind a buffer",
                                     int{static_cast<uint8_t>(bytes[1])}, 0x7f001000 + runs,
                                     bytes.size()));
  }
  int runs = 0;
};

TEST(InfluenceTest, TellsWhatDecidesWhatSteersAndWhatIsFree) {
  LengthBug bug;
  const Influence influence = MeasureInfluence(std::ref(bug), "L5" + std::string(62, 'x'), {});
  EXPECT_TRUE(influence.measured) << influence.reason;
  EXPECT_EQ(EffectAt(influence, 0), "decides");
  EXPECT_EQ(EffectAt(influence, 1), "steers");
  for (int64_t at = 2; at < 64; ++at) EXPECT_EQ(EffectAt(influence, at), "free") << at;
  EXPECT_EQ(influence.bytes.size(), 3u);
  EXPECT_EQ(influence.runs, bug.runs);
  EXPECT_LT(influence.runs, 40);  // groups of bytes that do not matter cost two
}

TEST(InfluenceTest, SaysWhyItDoesNotKnow) {
  LengthBug bug;
  const Influence poor = MeasureInfluence(std::ref(bug), "L5xxxxxx", {.max_runs = 4, .wall_s = 9});
  EXPECT_FALSE(poor.measured);
  EXPECT_THAT(poor.reason, testing::HasSubstr("more than 4 runs"));
  EXPECT_EQ(EffectAt(poor, 7), "unknown");
  int runs = 0;
  const Influence flaky = MeasureInfluence(
      [&](const std::string&) -> Said {
        return ++runs % 2 == 0 ? std::optional<std::string>() : std::optional<std::string>("x");
      },
      "abc", {});
  EXPECT_FALSE(flaky.measured);
  EXPECT_THAT(flaky.reason, testing::HasSubstr("each run"));
  const Influence broken = MeasureInfluence(
      [](const std::string&) -> Said {
        return tl::unexpected(common::Error{common::ErrorCode::kIo, "no such binary", "", 0});
      },
      "abc", {});
  EXPECT_FALSE(broken.measured);
  EXPECT_THAT(broken.reason, testing::HasSubstr("no such binary"));
}

// What is chance in each run is not taken for steering, even where nothing else is said.
TEST(InfluenceTest, WhatChangesByItselfIsNotSteered) {
  int runs = 0;
  const Influence influence = MeasureInfluence(
      [&](const std::string&) -> Said { return std::optional(fmt::format("at {}", ++runs)); },
      "abcd", {});
  EXPECT_TRUE(influence.measured);
  ASSERT_EQ(influence.bytes.size(), 1u);
  EXPECT_EQ(influence.bytes[0].effect, "free");
}

TEST(InfluenceTest, TheFaultsTextIsWithoutStacksAndWhatComesAfter) {
  const auto log =
      common::ReadFile(std::string(PERCUSS_TRIAGE_FIXTURES) + "/asan_memcpy_write.log");
  ASSERT_TRUE(log);
  const auto report = ParseCrashReport(*log, {});
  ASSERT_TRUE(report);
  const std::string text = FaultText(*log, *report);
  EXPECT_THAT(text, testing::StartsWith("heap-buffer-overflow on address"));
  EXPECT_THAT(text, testing::HasSubstr("WRITE of size 20"));
  EXPECT_THAT(text, testing::HasSubstr("-byte region"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("#0")));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("SUMMARY")));
  EXPECT_EQ(FaultText("", *report), report->message);
}

}  // namespace
}  // namespace percuss::campaign
