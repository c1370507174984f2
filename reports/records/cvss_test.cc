// SPDX-License-Identifier: Apache-2.0
#include "reports/records/cvss.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "common/fs.h"
#include "reports/verify/script_run.h"

namespace percuss::reports {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

CvssValues Values(const std::string& vector) {
  const auto values = ParseCvssVector(vector);
  EXPECT_TRUE(values) << vector;
  return values.value_or(CvssValues());
}

// Base and temporal score, and the environmental one where a metric asks for it.
std::string Scored(const CvssValues& values) {
  const auto scores = ScoreCvss(values);
  if (!scores) return scores.error().message;
  std::string text = CvssScoreText(scores->base) + " ";
  text += CvssScoreText(scores->temporal.value_or(scores->base));
  if (scores->environmental) text += " " + CvssScoreText(*scores->environmental);
  return text;
}

// All of the base, then as many with random other metrics as well.
std::vector<CvssValues> ManyValues(size_t random) {
  std::vector<CvssValues> all = {{}};
  for (const CvssMetric& metric : CvssMetrics()) {
    if (metric.group != CvssGroup::kBase) continue;
    std::vector<CvssValues> longer;
    for (const CvssValues& values : all) {
      for (const CvssValue& value : metric.values) {
        longer.push_back(values);
        longer.back()[metric.name] = std::string(1, value.letter);
      }
    }
    all = std::move(longer);
  }
  const size_t bases = all.size();
  std::mt19937 dice(3);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same vectors in every run
  for (size_t i = 0; i < random; ++i) {
    CvssValues values = all[dice() % bases];
    for (const CvssMetric& metric : CvssMetrics()) {
      if (metric.group == CvssGroup::kBase || dice() % 3 == 0) continue;
      values[metric.name] = std::string(1, metric.values[dice() % metric.values.size()].letter);
    }
    all.push_back(std::move(values));
  }
  return all;
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  lines.pop_back();
  return lines;
}

// What it says of each vector, a line each: all three scores.
std::vector<std::string> Ask(std::vector<std::string> command, const std::string& vectors) {
  const auto folder = common::TemporaryFolder::Make("cvss_test");
  if (!folder) return {};
  const auto file = folder->Path() / "vectors";
  if (!common::WriteFileAtomically(file, vectors)) return {};
  command.push_back(file);
  const ScriptRun run = RunCommand(std::move(command));
  EXPECT_EQ(run.exit_code, 0) << run.output;
  return LinesOf(run.output);
}

TEST(CvssTest, ScoresAsTwoOtherImplementationsDo) {
  const std::vector<CvssValues> all = ManyValues(3'000);
  ASSERT_EQ(all.size(), 2'592U + 3'000U);
  std::string vectors;
  std::vector<std::string> ours;
  for (const CvssValues& values : all) {
    vectors += CvssVector(values).value_or("none") + "\n";
    ours.push_back(Scored(values));
  }
  const std::vector<std::string> names = LinesOf(vectors);
  const std::string second = std::string(PERCUSS_SCRIPTS) + "/percuss_verify_severity.py";
  for (const auto& theirs : {Ask({"/usr/bin/ruby", PERCUSS_CVSS_ORACLE}, vectors),
                             Ask({"/usr/bin/python3", "-B", second, "--scores"}, vectors)}) {
    ASSERT_EQ(theirs.size(), ours.size());
    size_t different = 0;
    for (size_t i = 0; i < ours.size(); ++i) {
      if (theirs[i].starts_with(ours[i]) || ++different > 5) continue;
      ADD_FAILURE() << names[i] << ": " << ours[i] << ", and not " << theirs[i];
    }
    EXPECT_EQ(different, 0U);
  }
}

// Of "Common Vulnerability Scoring System v3.1: Examples" (FIRST.ORG).
TEST(CvssTest, ScoresThePublishedExamples) {
  const std::pair<const char*, const char*> examples[] = {
      {"CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", "6.4"},   // CVE-2013-0375
      {"CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", "3.1"},   // CVE-2014-3566
      {"CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H", "9.9"},   // CVE-2012-1516
      {"CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H", "7.8"},   // CVE-2009-0658
      {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", "7.5"},   // CVE-2014-0160
      {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "9.8"},   // CVE-2014-6271
      {"CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:H", "9.3"},   // CVE-2013-6014
      {"CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "6.8"}};  // CVE-2014-2005
  for (const auto& [vector, score] : examples) {
    const auto scores = ScoreCvss(Values(vector));
    ASSERT_TRUE(scores) << vector;
    EXPECT_EQ(CvssScoreText(scores->base), score) << vector;
  }
}

TEST(CvssTest, HasNoScoreWhileABaseMetricIsOpen) {
  CvssValues values = Values("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H");
  values.erase("UI");
  values.erase("A");
  EXPECT_THAT(OpenBaseMetrics(values), ElementsAre("UI", "A"));
  const auto vector = CvssVector(values);
  ASSERT_FALSE(vector);
  EXPECT_THAT(vector.error().message, HasSubstr("UI, A not answered"));
  EXPECT_FALSE(ScoreCvss(values));
}

TEST(CvssTest, TakesNoVectorThatItWouldNotWrite) {
  for (const char* vector : {"", "CVSS:3.1", "CVSS:3.1/", "CVSS:3.1//", "CVSS:3.1/AV",
                             "CVSS:3.1AV:N", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
                             "CVSS:3.1/AC:L/AV:N/PR:N/UI:N/S:U/C:H/I:H/A:H",
                             "CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
                             "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/",
                             "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:X",
                             "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
                             "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H"}) {
    EXPECT_FALSE(ParseCvssVector(vector)) << vector;
  }
}

TEST(CvssTest, NamesSeveritiesByTheSpecificationsLimits) {
  EXPECT_STREQ(CvssSeverity(0), "NONE");
  EXPECT_STREQ(CvssSeverity(1), "LOW");
  EXPECT_STREQ(CvssSeverity(39), "LOW");
  EXPECT_STREQ(CvssSeverity(40), "MEDIUM");
  EXPECT_STREQ(CvssSeverity(69), "MEDIUM");
  EXPECT_STREQ(CvssSeverity(70), "HIGH");
  EXPECT_STREQ(CvssSeverity(89), "HIGH");
  EXPECT_STREQ(CvssSeverity(90), "CRITICAL");
  EXPECT_STREQ(CvssSeverity(100), "CRITICAL");
}

}  // namespace
}  // namespace percuss::reports
