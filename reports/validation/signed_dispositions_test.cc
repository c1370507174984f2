// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/signed_dispositions.h"

#include <gtest/gtest.h>

namespace percuss::reports {
namespace {

Record Said(int64_t sequence, const std::string& status) {
  Record record;
  record.sequence = sequence;
  record.sha256 = std::to_string(sequence);
  record.said = {"disposition", "Ada",
                 "QA",          "id",
                 "sha",         {{"finding", "F-1"}, {"status", status}, {"rationale", "seen"}}};
  return record;
}

std::string Decisions(const ValidationFiles& files) {
  std::string decisions;
  for (const Disposition& entry : files.dispositions) {
    decisions += entry.decision + " " + entry.package.id + ";";
  }
  return decisions;
}

ValidationFiles Accepted() {
  ValidationFiles files;
  Disposition& entry = files.dispositions.emplace_back();
  entry.finding = "F-1";
  entry.decision = "accepted";
  return files;
}

TEST(SignedDispositions, TheLastOfAFindingInAPackageCounts) {
  ValidationFiles files = Accepted();
  Record other = Said(3, "fixed");
  other.said.package_id = "other";
  TakeSignedDispositions({{Said(1, "deferred"), Said(2, "false_positive"), other}, {}, {}}, files);
  EXPECT_EQ(Decisions(files), "accepted ;not_a_defect id;fixed other;");
}

TEST(SignedDispositions, WhatIsOpenAgainIsKeptAsThat) {
  ValidationFiles files = Accepted();
  TakeSignedDispositions({{Said(1, "fixed"), Said(2, "open")}, {}, {}}, files);
  EXPECT_EQ(Decisions(files), "accepted ;open id;");
  TakeSignedDispositions({{Said(3, "confirmed")}, {}, {}}, files);
  EXPECT_EQ(Decisions(files), "accepted ;open id;confirmed id;");
}

TEST(SignedDispositions, OtherRecordsDecideNothing) {
  ValidationFiles files = Accepted();
  Record signature = Said(1, "fixed");
  signature.said.kind = "signature";
  TakeSignedDispositions({{signature}, {}, {}}, files);
  EXPECT_EQ(Decisions(files), "accepted ;");
}

}  // namespace
}  // namespace percuss::reports
