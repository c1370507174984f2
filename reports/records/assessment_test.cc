// SPDX-License-Identifier: Apache-2.0
#include "reports/records/assessment.h"

#include <gtest/gtest.h>

namespace percuss::reports {
namespace {

AssessmentDraft Of(const std::string& status) {
  AssessmentDraft draft{"CVE-2020-8597", "pkg:generic/lwip@2.1.2", "Pump", "4.2",
                        status,          "PPP is not built in",    "",     ""};
  if (status == "not_affected") draft.justification = "vulnerable_code_not_present";
  if (status == "affected") draft.action = "Update to 4.3";
  return draft;
}

Record Said(const AssessmentDraft& draft) {
  Record record;
  record.said.kind = "assessment";
  record.said.name = "Ada";
  record.said.body = AssessmentBody(draft).value_or(common::Json());
  return record;
}

TEST(Assessment, SaysWhatItsStateNeeds) {
  for (const std::string& status : AssessmentStates()) EXPECT_TRUE(AssessmentBody(Of(status)));
  for (const char* status : {"not_affected", "affected"}) {
    AssessmentDraft mute = Of(status);
    mute.justification.clear();
    mute.action.clear();
    EXPECT_FALSE(AssessmentBody(mute)) << status;
  }
  AssessmentDraft wrong = Of("fixed");
  wrong.justification = "vulnerable_code_not_present";
  EXPECT_FALSE(AssessmentBody(wrong));
  wrong = Of("fixed");
  wrong.rationale.clear();
  EXPECT_FALSE(AssessmentBody(wrong));
  EXPECT_FALSE(AssessmentBody(Of("fine")));
}

TEST(Assessment, TheLastOfEachSubjectCountsAndAnUnreadableOneTakesBack) {
  AssessmentDraft other = Of("not_affected");
  other.product_version = "4.1";
  RecordChain chain;
  chain.records = {Said(Of("affected")), Said(other), Said(Of("not_affected"))};
  auto last = LastAssessments(chain);
  ASSERT_EQ(last.size(), 2U);
  EXPECT_EQ(last[1].said.status, "not_affected");
  EXPECT_EQ(last[1].said.product_version, "4.2");
  chain.records.push_back(Said(Of("not_affected")));
  chain.records.back().said.body.erase("justification");
  last = LastAssessments(chain);
  EXPECT_EQ(last.back().said.status, "under_investigation");
}

}  // namespace
}  // namespace percuss::reports
