// SPDX-License-Identifier: Apache-2.0
#include "reports/records/last_dispositions.h"

#include <gtest/gtest.h>

namespace percuss::reports {
namespace {

Record Said(const std::string& finding, const std::string& status,
            const std::string& package = "p1") {
  DispositionDraft draft;
  draft.finding = finding;
  draft.status = status;
  draft.rationale = "two reviewers agree";
  if (status == "false_positive") draft.justification = "vulnerable_code_not_present";
  Record record;
  record.at = "2026-04-01T10:00:00Z";
  record.said = {"disposition", "Ada", "developer", package, std::string(64, 'a'), {}};
  record.said.body = DispositionBody(draft).value_or(common::Json());
  return record;
}

TEST(LastDispositions, TheLastOneOfEachFindingCounts) {
  RecordChain chain;
  chain.records = {Said("F-1", "confirmed"), Said("F-2", "accepted"),
                   Said("F-1", "false_positive")};
  const auto last = LastDispositions(chain, "p1", std::string(64, 'a'));
  ASSERT_EQ(last.size(), 2U);
  EXPECT_EQ(last[0].said.finding, "F-2");
  EXPECT_EQ(last[1].said.status, "false_positive");
  EXPECT_EQ(last[1].said.justification, "vulnerable_code_not_present");
  EXPECT_EQ(last[1].name, "Ada");
}

TEST(LastDispositions, WhatWasSaidOfAnotherPackageDoesNotCount) {
  RecordChain chain;
  chain.records = {Said("F-1", "false_positive", "p0")};
  EXPECT_TRUE(LastDispositions(chain, "p1", "").empty());
  EXPECT_EQ(LastDispositions(chain, "p0", "").size(), 1U);
  EXPECT_TRUE(LastDispositions(chain, "p0", std::string(64, 'b')).empty());
}

TEST(LastDispositions, AnUnreadableRecordTakesBackWhatWasSaid) {
  RecordChain chain;
  chain.records = {Said("F-1", "false_positive"), Said("F-1", "false_positive")};
  chain.records[1].said.body["status"] = "harmless";
  const auto last = LastDispositions(chain, "p1", "");
  ASSERT_EQ(last.size(), 1U);
  EXPECT_EQ(last[0].said.status, "open");
}

}  // namespace
}  // namespace percuss::reports
