// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/minimiser.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <string_view>
#include <vector>

namespace percuss::campaign {
namespace {

using common::Result;

enum class Shows { kNothing, kBug, kOther };
using Target = std::function<Shows(const std::string&)>;

// One process, as a real one: it goes on until an input ends it.
TryInOrder Process(const Target& target) {
  return [target](const std::vector<std::string>& candidates) -> Result<Attempt> {
    Attempt attempt;
    for (const std::string& candidate : candidates) {
      attempt.tried++;
      const Shows shows = target(candidate);
      if (shows == Shows::kNothing) continue;
      attempt.same_bug = shows == Shows::kBug;
      break;
    }
    return attempt;
  };
}

MinimiseRuns RunsOf(const Target& target) { return {Process(target), Process(target)}; }

bool AThenB(std::string_view bytes) {
  const size_t a = bytes.find('A');
  return a != std::string_view::npos && bytes.find('B', a) != std::string_view::npos;
}

Shows BugIf(bool shows) { return shows ? Shows::kBug : Shows::kNothing; }

TEST(MinimiserTest, FindsTheNeededBytesAndSaysWhereTheyWere) {
  const std::string input = std::string(100, 'x') + "A" + std::string(50, 'y') + "B" + "tail";
  const Minimised minimised =
      Minimise(RunsOf([](const std::string& bytes) { return BugIf(AThenB(bytes)); }), input, {});
  EXPECT_EQ(minimised.bytes, "AB");
  EXPECT_TRUE(minimised.same_bug);
  EXPECT_EQ(minimised.how.stop_reason, "minimal");
  ASSERT_EQ(minimised.how.kept.size(), 2u);
  EXPECT_EQ(minimised.how.kept[0].at, 100);
  EXPECT_EQ(minimised.how.kept[0].count, 1);
  EXPECT_EQ(minimised.how.kept[1].at, 151);
  EXPECT_EQ(minimised.how.kept_ranges, 2);
  EXPECT_EQ(minimised.how.replaced_bytes, 0);
}

TEST(MinimiserTest, NeverDriftsToAnotherBug) {
  // An input without 'A' shows another bug that is easier to keep.
  const Minimised minimised = Minimise(RunsOf([](const std::string& bytes) {
                                         if (bytes.size() <= 10) return Shows::kNothing;
                                         return bytes[3] == 'A' ? Shows::kBug : Shows::kOther;
                                       }),
                                       "xyzA" + std::string(60, 'q'), {});
  EXPECT_EQ(minimised.bytes.size(), 11u);
  EXPECT_EQ(minimised.bytes[3], 'A');
  EXPECT_EQ(minimised.bytes.substr(4), std::string(7, '\0'));
  EXPECT_EQ(minimised.how.replaced_bytes, 10);
}

// A sum over all of it, which no guess of lengths puts right.
TEST(MinimiserTest, DropsPartsWithWhatFollowsFromThem) {
  const auto sum = [](std::string_view bytes) {
    return static_cast<char>(std::accumulate(bytes.begin(), bytes.end(), 0) & 0x7f);
  };
  MinimiseRuns runs = RunsOf([&](const std::string& bytes) {
    const std::string_view parts = std::string_view(bytes).substr(0, bytes.size() - 1);
    return BugIf(bytes.size() > 3 && bytes.back() == sum(parts) && parts.find("BB") != parts.npos);
  });
  const std::string parts = "AAAABBCCDDEEFFGG";
  const std::string input = parts + sum(parts);
  EXPECT_EQ(Minimise(runs, input, {}).bytes.size(), input.size()) << "no byte can go alone";
  runs.parts = [&](const std::string& now) {
    std::vector<ReducedInput> reduced;
    for (size_t at = 0; at + 2 < now.size(); at += 2) {
      std::string left = now.substr(0, now.size() - 1);
      left.erase(at, 2);
      reduced.push_back({at, 2, left + sum(left)});
    }
    return reduced;
  };
  const Minimised minimised = Minimise(runs, input, {});
  EXPECT_EQ(minimised.bytes.size(), 5U);
  EXPECT_THAT(minimised.bytes, ::testing::HasSubstr("BB"));
  EXPECT_TRUE(minimised.same_bug);
  EXPECT_EQ(minimised.how.kept.front().at, 4);
}

// A table in front says what is there: an entry goes only with its bytes.
TEST(MinimiserTest, DropsAPartInTwoPlacesAndTellsWhatIsLeftOfBoth) {
  MinimiseRuns runs = RunsOf([&](const std::string& bytes) {
    const size_t end = bytes.find('|');
    if (end == std::string::npos || bytes.size() != 1 + 3 * end) return BugIf(false);
    return BugIf(bytes.find("BB") != std::string::npos);
  });
  const std::string input = "abcd|AABBCCDD";
  EXPECT_EQ(Minimise(runs, input, {}).bytes.size(), input.size()) << "no byte can go alone";
  runs.parts = [&](const std::string& now) {
    std::vector<ReducedInput> reduced;
    const size_t entries = now.find('|');
    for (size_t i = 0; i < entries; ++i) {
      std::string left = now;
      left.erase(entries + 1 + 2 * i, 2).erase(i, 1);
      reduced.push_back({i, 1, left, entries + 1 + 2 * i, 2});
    }
    return reduced;
  };
  const Minimised minimised = Minimise(runs, input, {});
  EXPECT_EQ(minimised.bytes.substr(1), "|BB");
  EXPECT_TRUE(minimised.same_bug);
  ASSERT_EQ(minimised.how.kept.size(), 3U);
  EXPECT_EQ(minimised.how.kept[0].at, 1);
  EXPECT_EQ(minimised.how.kept[1].at, 4);
  EXPECT_EQ(minimised.how.kept[2].at, 7);
  EXPECT_EQ(minimised.how.kept[2].count, 2);
}

// A parser that refuses what is out of line with its lengths: of a message, and of a part in it.
TEST(MinimiserTest, KeepsLengthsInLineWithWhatIsLeft) {
  const auto number = [](const std::string& bytes, size_t at) {
    return static_cast<size_t>(static_cast<unsigned char>(bytes[at])) * 256 +
           static_cast<unsigned char>(bytes[at + 1]);
  };
  const auto bug = [&](const std::string& bytes) {
    if (bytes.size() < 5 || bytes[0] != 'M' || number(bytes, 1) != bytes.size() - 3) return false;
    const size_t part = number(bytes, 3);
    return part <= bytes.size() - 5 && bytes.substr(5, part).find('X') != std::string::npos;
  };
  const std::string part = std::string(150, 'p') + "X" + std::string(149, 'q');
  const std::string body = std::string("\1\54", 2) + part + std::string(60, 'r');
  const std::string input = std::string("M\1\152", 3) + body;
  ASSERT_TRUE(bug(input));
  const Minimised minimised =
      Minimise(RunsOf([&](const std::string& bytes) { return BugIf(bug(bytes)); }), input, {});
  EXPECT_EQ(minimised.bytes, std::string("M\0\3\0\1X", 6));
}

TEST(MinimiserTest, WhatEndsNoProcessCostsNone) {
  // Only the whole of the input shows it, so no candidate ends a process.
  const std::string input = "0123456789abcdefghijklmnopqrstuvwxyz";
  const Minimised minimised =
      Minimise(RunsOf([&](const std::string& bytes) { return BugIf(bytes == input); }), input, {});
  EXPECT_EQ(minimised.bytes, input);
  EXPECT_EQ(minimised.how.stop_reason, "minimal");
  EXPECT_GT(minimised.how.tried, static_cast<int64_t>(3 * input.size()));
  EXPECT_LE(minimised.how.runs, 2 + MinimiseBudget().confirmations);
}

TEST(MinimiserTest, TriesNothingTwice) {
  std::vector<std::string> seen;
  const Target target = [&seen](const std::string& bytes) {
    seen.push_back(bytes);
    return BugIf(AThenB(bytes) && bytes.size() >= 6);
  };
  const MinimiseRuns runs = {Process(target),
                             Process([](const std::string&) { return Shows::kBug; })};
  (void)Minimise(runs, "xxAyyyByyyz0000", {});
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
}

TEST(MinimiserTest, ARunnerMayTakeOneAtATime) {
  const TryInOrder one = [](const std::vector<std::string>& candidates) -> Result<Attempt> {
    return Attempt{1, AThenB(candidates.front())};
  };
  const Minimised minimised = Minimise({one, one, false}, std::string(200, '.') + "A..B", {});
  EXPECT_EQ(minimised.bytes, "AB");
  EXPECT_LT(minimised.how.runs, 60);
}

TEST(MinimiserTest, StopsAtTheBudgetWithWhatItHas) {
  MinimiseBudget budget;
  budget.max_runs = 2;
  int runs = 0;
  const Target has_a = [](const std::string& bytes) {
    return BugIf(bytes.find('A') != std::string::npos);
  };
  const TryInOrder counted = [&](const std::vector<std::string>& candidates) {
    runs++;
    return Process(has_a)(candidates);
  };
  const Minimised minimised = Minimise({counted, counted}, "A" + std::string(4096, 'x'), budget);
  EXPECT_EQ(minimised.how.stop_reason, "budget");
  EXPECT_LT(minimised.bytes.size(), 4097u);
  EXPECT_TRUE(minimised.same_bug);
  EXPECT_EQ(runs, 2 + budget.confirmations);
}

// Steps are judged more kindly than the result.
TEST(MinimiserTest, ReturnsTheLatestStepThatHolds) {
  const MinimiseRuns runs = {
      Process([](const std::string& bytes) { return BugIf(!bytes.empty()); }),
      Process([](const std::string& bytes) { return BugIf(bytes.size() >= 10); }), false, true};
  const Minimised minimised = Minimise(runs, std::string(64, 'x'), {});
  EXPECT_TRUE(minimised.same_bug);
  EXPECT_EQ(minimised.bytes.size(), 16u);  // it was halved
  EXPECT_EQ(minimised.how.stop_reason, "minimal");
  EXPECT_EQ(minimised.how.kept[0].count, 16);
}

TEST(MinimiserTest, ReturnsTheOriginalWhenTheResultDoesNotHold) {
  const MinimiseRuns flaky = {Process([](const std::string&) { return Shows::kBug; }),
                              Process([](const std::string&) { return Shows::kNothing; })};
  const Minimised minimised = Minimise(flaky, "abcdefgh", {});
  EXPECT_EQ(minimised.bytes, "abcdefgh");
  EXPECT_FALSE(minimised.same_bug);
  EXPECT_EQ(minimised.how.stop_reason, "not_confirmed");
  ASSERT_EQ(minimised.how.kept.size(), 1u);
  EXPECT_EQ(minimised.how.kept[0].count, 8);
}

TEST(MinimiserTest, CancelAndErrorsEndIt) {
  std::stop_source source;
  source.request_stop();
  int runs = 0;
  const MinimiseRuns same = RunsOf([&runs](const std::string&) {
    runs++;
    return Shows::kBug;
  });
  EXPECT_EQ(Minimise(same, "abc", {}, source.get_token()).how.stop_reason, "cancelled");
  EXPECT_EQ(runs, MinimiseBudget().confirmations);
  const TryInOrder broken = [](const std::vector<std::string>&) -> Result<Attempt> {
    return common::Fail(common::ErrorCode::kIo, "no process");
  };
  const Minimised minimised = Minimise({broken, broken}, "abc", {});
  EXPECT_EQ(minimised.bytes, "abc");
  EXPECT_FALSE(minimised.same_bug);
}

TEST(MinimiserTest, EmptyInputIsMinimal) {
  const Minimised minimised =
      Minimise(RunsOf([](const std::string&) { return Shows::kBug; }), "", {});
  EXPECT_EQ(minimised.bytes, "");
  EXPECT_TRUE(minimised.how.kept.empty());
}

}  // namespace
}  // namespace percuss::campaign
