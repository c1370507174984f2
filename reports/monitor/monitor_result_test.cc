// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/fs.h"
#include "reports/export/openvex.h"
#include "reports/monitor/monitor.h"

namespace percuss::reports {
namespace {

using ::testing::HasSubstr;

class Monitored : public ::testing::Test {
 protected:
  Monitored() {
    sbom_.subject = "d";
    sbom_.components.resize(3);
    sbom_.components[0].id = "d";
    sbom_.components[0].name = "Pump";
    sbom_.components[0].version = "4.2";
    sbom_.components[1].name = "lwip";
    sbom_.components[1].version = "2.1.2";
    sbom_.components[1].purl = "pkg:generic/lwip@2.1.2";
    sbom_.components[2].name = "zlib";
    sbom_.components[2].version = "1.2";
    Add("CVE-2020-8597", "lwip");
    Add("CVE-2022-37434", "zlib");
  }

  void Add(const std::string& id, const std::string& name) {
    AffectedPackage package;
    package.name = name;
    package.ranges.push_back({"ECOSYSTEM", {{VersionEvent::Kind::kIntroduced, "0"}}});
    feeds_[0].advisories.push_back({id, {}, "", "2024-01-01T00:00:00Z", false, {package}});
  }

  MonitorResult Run(const MonitorState* former = nullptr) {
    MonitorInput input;
    input.sbom = &sbom_;
    input.feeds = &feeds_;
    input.assessments = assessments_;
    input.at = "2026-04-01T00:00:00Z";
    if (former != nullptr) input.former = *former;
    return Monitor(input).value();
  }

  void Say(const std::string& status, const std::string& version) {
    SignedAssessment said;
    said.said = {"CVE-2020-8597", "pkg:generic/lwip@2.1.2", "Pump", version,
                 status,          "PPP is not in",          "",     ""};
    if (status == "not_affected") said.said.justification = "vulnerable_code_not_present";
    said.name = "Ada";
    said.at = "2026-03-01T00:00:00Z";
    assessments_.push_back(said);
  }

  MonitorState Kept(const MonitorResult& result) {
    const auto file = folder_.Path() / "state.json";
    EXPECT_TRUE(common::WriteJsonFile(file, MonitorJson(result)));
    return ReadMonitorState(file).value();
  }

  common::Sbom sbom_;
  std::vector<Feed> feeds_ = std::vector<Feed>(1);
  std::vector<SignedAssessment> assessments_;
  common::TemporaryFolder folder_ = common::TemporaryFolder::Make("monitor").value();
};

TEST_F(Monitored, AnAssessmentOfThisVersionClosesAMatch) {
  EXPECT_EQ(Run().Open(), 2U);
  Say("not_affected", "4.1");
  const MonitorResult other = Run();
  EXPECT_EQ(other.Open(), 2U);
  EXPECT_THAT(other.matches[0].note, HasSubstr("does not count here"));
  Say("not_affected", "4.2");
  EXPECT_EQ(Run().Open(), 1U);
  Say("under_investigation", "4.2");
  EXPECT_EQ(Run().Open(), 2U);
}

TEST_F(Monitored, WhatIsNewAndWhatIsGoneIsSaidAgainstTheLastTime) {
  const MonitorState first = Kept(Run());
  const MonitorResult same = Run(&first);
  for (const auto& match : same.matches) EXPECT_EQ(match.news, "");
  feeds_[0].advisories.erase(feeds_[0].advisories.begin() + 1);
  Add("CVE-2026-0001", "zlib");
  feeds_[0].exploited = {{"CVE-2020-8597", "", "lwip", "", "", "", "", false}};
  const MonitorResult next = Run(&first);
  ASSERT_EQ(next.matches.size(), 2U);
  EXPECT_EQ(next.matches[0].news, "now known to be exploited");
  EXPECT_EQ(next.matches[1].news, "new");
  ASSERT_EQ(next.gone.size(), 1U);
  EXPECT_EQ(next.gone[0].first, "CVE-2022-37434");
  EXPECT_THAT(MonitorText(next), HasSubstr("KNOWN EXPLOITED [now known to be exploited]"));
  EXPECT_THAT(MonitorText(next), HasSubstr("no more: CVE-2022-37434 in zlib@1.2"));
}

TEST_F(Monitored, AnAssessmentFromBeforeTheMatchGotWorseCountsNoMore) {
  Say("not_affected", "4.2");
  const MonitorState first = Kept(Run());
  EXPECT_EQ(Run(&first).Open(), 1U);
  feeds_[0].exploited = {{"CVE-2020-8597", "", "lwip", "", "", "", "", false}};
  const MonitorResult worse = Run(&first);
  EXPECT_EQ(worse.Open(), 2U);
  EXPECT_THAT(MonitorText(worse), HasSubstr("has to be said again"));
  // It stays open, whatever is new the next time, until somebody says so again.
  const MonitorState second = Kept(worse);
  EXPECT_EQ(Run(&second).Open(), 2U);
  Say("not_affected", "4.2");
  assessments_.back().at = "2026-04-02T00:00:00Z";
  EXPECT_EQ(Run(&second).Open(), 1U);
}

TEST_F(Monitored, AStateOfAnotherProductOrBrokenIsRefused) {
  MonitorState state = Kept(Run());
  state.product = "Monitor";
  MonitorInput input;
  input.sbom = &sbom_;
  input.feeds = &feeds_;
  input.former = state;
  EXPECT_FALSE(Monitor(input));
  const auto file = folder_.Path() / "bad.json";
  ASSERT_TRUE(
      common::WriteFileAtomically(file, "{\"schema\": \"percuss.monitor.v1\",\n\"at\": 3}"));
  const auto bad = ReadMonitorState(file);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().line, 2);
}

TEST_F(Monitored, StatementsSayWhatWasSignedAndNoMore) {
  Say("not_affected", "4.2");
  const auto text = OpenVexText(MonitorVex(Run(), "Maker", "https://maker.example"));
  ASSERT_TRUE(text);
  const auto document = common::ParseJson(*text, "vex").value();
  ASSERT_EQ(document.at("statements").size(), 2U);
  const auto& cleared = document.at("statements").at(0);
  EXPECT_EQ(cleared.at("status"), "not_affected");
  EXPECT_EQ(cleared.at("justification"), "vulnerable_code_not_present");
  EXPECT_EQ(cleared.at("products").at(0).at("subcomponents").at(0).at("@id"),
            "pkg:generic/lwip@2.1.2");
  EXPECT_EQ(document.at("statements").at(1).at("status"), "under_investigation");
}

}  // namespace
}  // namespace percuss::reports
