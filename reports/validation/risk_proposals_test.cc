// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/risk_proposals.h"

#include <gmock/gmock.h>

#include "reports/validation/validation_fixture.h"

namespace percuss::reports {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class RiskProposalsTest : public ValidationFixture {
 protected:
  [[nodiscard]] std::vector<RiskProposal> Proposals(const std::vector<TracedPackage>& packages) {
    const auto loaded = LoadValidation(Folder());
    EXPECT_TRUE(loaded && loaded->problems.empty());
    return ProposeRiskChanges(loaded->files, TraceOf(packages));
  }
};

TEST_F(RiskProposalsTest, AFindingProposesOneStepOfExploitability) {
  const auto proposals = Proposals({Package(true)});
  ASSERT_THAT(proposals, SizeIs(1));
  EXPECT_EQ(proposals[0].finding, "F-1");
  EXPECT_EQ(proposals[0].change, "exploitability");
  EXPECT_EQ(proposals[0].risk, "S1");
  EXPECT_EQ(proposals[0].from, "low");
  EXPECT_EQ(proposals[0].to, "medium");
  EXPECT_THAT(proposals[0].why, HasSubstr("may lead to H1"));
  EXPECT_THAT(Proposals({Package(false)}), IsEmpty());
}

TEST_F(RiskProposalsTest, WhatIsNoDefectProposesNothing) {
  WriteRecords("", R"({ "id": "D1", "finding": "F-1", "decision": "not_a_defect",
                        "rationale": "r", "date": "2026-02-02", "by": "b" })");
  EXPECT_THAT(Proposals({Package(true)}), IsEmpty());
  WriteRecords("", Decided("D1"));
  EXPECT_THAT(Proposals({Package(true)}), SizeIs(1));
}

TEST_F(RiskProposalsTest, WhereNoSecurityRiskIsLinkedTheHazardIsNew) {
  Write("risks", R"("safety": [], "security": [])");
  const auto proposals = Proposals({Package(true)});
  ASSERT_THAT(proposals, SizeIs(1));
  EXPECT_EQ(proposals[0].change, "new_hazard");
  EXPECT_THAT(proposals[0].why, HasSubstr("pump"));
}

TEST_F(RiskProposalsTest, AChainTellsWhatBecameOfEach) {
  const RiskProposal proposal{"F-1", "exploitability", "S1", "low", "medium", "w"};
  RecordChain chain;
  chain.records = {{1, "aa", "", "", {"proposal", "N", "R", "id", "sha", ProposalBody(proposal)}},
                   {2, "bb", "", "", {"proposal", "N", "R", "id", "sha", "no object"}},
                   {3,
                    "cc",
                    "",
                    "",
                    {"proposal_decision",
                     "N",
                     "R",
                     "id",
                     "sha",
                     {{"proposal", "aa"}, {"decision", "refused"}, {"rationale", "r"}}}}};
  chain.records.push_back(chain.records.back());
  chain.records.back().sequence = 4;
  chain.records.back().said.body["decision"] = "accepted";
  const auto recorded = ProposalsOf(chain);
  ASSERT_THAT(recorded, SizeIs(2));
  EXPECT_EQ(recorded[0].decision, "refused") << "the first is for good";
  EXPECT_EQ(recorded[0].decided_by, 3);
  EXPECT_EQ(recorded[1].decision, "");
  EXPECT_TRUE(IsProposed(recorded, proposal));
  // The file was edited as proposed: the finding does not ask for one step more.
  RiskProposal later = proposal;
  later.from = "medium";
  EXPECT_TRUE(IsProposed(recorded, later));
  later.finding = "F-2";
  EXPECT_FALSE(IsProposed(recorded, later));
}

}  // namespace
}  // namespace percuss::reports
