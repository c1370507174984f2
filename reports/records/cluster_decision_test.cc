// SPDX-License-Identifier: Apache-2.0
#include "reports/records/cluster_decision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace percuss::reports {
namespace {

using common::Finding;
using ::testing::HasSubstr;

// F-1 and F-2 are C-a, F-3 is C-b; F-9 is of another target.
std::vector<Finding> Findings() {
  std::vector<Finding> findings(4);
  const char* const ids[] = {"F-1", "F-2", "F-3", "F-9"};
  const char* const clusters[] = {"C-a", "C-a", "C-b", "C-z"};
  for (size_t i = 0; i < findings.size(); ++i) {
    findings[i].id = ids[i];
    findings[i].cluster = clusters[i];
    findings[i].target = i < 3 ? "parser" : "another";
  }
  findings[0].neighbours = {{"F-2", 0.1, true, ""}, {"F-3", 0.7, false, ""}};
  return findings;
}

SignedClusterDecision Said(const std::string& decision, const std::vector<std::string>& findings) {
  return {{decision, findings, "seen"}, "Ada", "developer", "2026-01-01T00:00:00Z", "digest"};
}

Record RecordOf(const std::string& package, const common::Json& body) {
  Record record;
  record.said = {"cluster", "Ada", "developer", package, "sha", body};
  return record;
}

TEST(ClusterDecisionTest, MergesWholeClustersAndSaysOnWhoseWord) {
  auto findings = Findings();
  const std::vector decisions = {Said("merge", {"F-3", "F-2"})};
  const auto by = ApplyClusterDecisions(decisions, findings);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(findings[i].cluster, "C-a");
    EXPECT_EQ(by[i], decisions.data());
  }
  EXPECT_TRUE(findings[0].neighbours[1].same_cluster);
  EXPECT_EQ(findings[3].cluster, "C-z");
  EXPECT_EQ(by[3], nullptr);
}

TEST(ClusterDecisionTest, SplitsAndTakesItBack) {
  auto findings = Findings();
  (void)ApplyClusterDecisions({Said("split", {"F-2"})}, findings);
  EXPECT_EQ(findings[0].cluster, "C-a");
  EXPECT_NE(findings[1].cluster, "C-a");
  EXPECT_FALSE(findings[0].neighbours[0].same_cluster);

  auto again = Findings();
  (void)ApplyClusterDecisions({Said("split", {"F-2"}), Said("merge", {"F-1", "F-2"})}, again);
  EXPECT_EQ(again[0].cluster, again[1].cluster);
}

TEST(ClusterDecisionTest, RefusesWhatTheFindingsDoNotAllowAndMovesNothing) {
  const auto refused = [](const std::string& decision, const std::vector<std::string>& ids) {
    auto findings = Findings();
    const auto done = ApplyClusterDecision({decision, ids, "seen"}, findings);
    EXPECT_EQ(findings[0].cluster + findings[1].cluster + findings[2].cluster, "C-aC-aC-b");
    return done ? std::string("done") : done.error().message;
  };
  EXPECT_THAT(refused("merge", {"F-1", "F-2"}), HasSubstr("already"));
  EXPECT_THAT(refused("merge", {"F-1", "F-9"}), HasSubstr("several targets"));
  EXPECT_THAT(refused("merge", {"F-1"}), HasSubstr("two findings"));
  EXPECT_THAT(refused("merge", {"F-1", "F-1"}), HasSubstr("twice"));
  EXPECT_THAT(refused("merge", {"F-1", "F-0"}), HasSubstr("no finding F-0"));
  EXPECT_THAT(refused("split", {"F-1", "F-2"}), HasSubstr("nothing would be left"));
  EXPECT_THAT(refused("split", {"F-1", "F-3"}), HasSubstr("not in C-a"));
  EXPECT_THAT(refused("divide", {"F-1"}), HasSubstr("divide"));
}

TEST(ClusterDecisionTest, TakesWhatIsOfThePackageAndCanBeRead) {
  RecordChain chain;
  const common::Json good = {
      {"decision", "split"}, {"findings", {"F-1"}}, {"rationale", "another lock"}};
  chain.records = {RecordOf("other", good), RecordOf("mine", {{"decision", 7}}),
                   RecordOf("mine", good)};
  const auto decisions = ClusterDecisions(chain, "mine", "sha");
  ASSERT_EQ(decisions.size(), 1u);
  EXPECT_EQ(decisions[0].said.rationale, "another lock");
  EXPECT_TRUE(ClusterDecisions(chain, "mine", "another digest").empty());
}

}  // namespace
}  // namespace percuss::reports
