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

std::string Decision(const ValidationFiles& files) {
  std::string decision;
  for (const Disposition& entry : files.dispositions) {
    if (!entry.superseded) decision += entry.decision;
  }
  return decision;
}

ValidationFiles Accepted() {
  ValidationFiles files;
  Disposition& entry = files.dispositions.emplace_back();
  entry.finding = "F-1";
  entry.decision = "accepted";
  return files;
}

TEST(SignedDispositions, TheLastOfAFindingCounts) {
  ValidationFiles files = Accepted();
  TakeSignedDispositions({{Said(1, "deferred"), Said(2, "false_positive")}, {}, {}}, files);
  EXPECT_EQ(Decision(files), "not_a_defect");
}

TEST(SignedDispositions, WhatIsOpenAgainIsNotDecided) {
  ValidationFiles files = Accepted();
  TakeSignedDispositions({{Said(1, "fixed"), Said(2, "open")}, {}, {}}, files);
  EXPECT_EQ(Decision(files), "");
}

TEST(SignedDispositions, OtherRecordsDecideNothing) {
  ValidationFiles files = Accepted();
  Record signature = Said(1, "fixed");
  signature.said.kind = "signature";
  TakeSignedDispositions({{signature}, {}, {}}, files);
  EXPECT_EQ(Decision(files), "accepted");
}

}  // namespace
}  // namespace percuss::reports
