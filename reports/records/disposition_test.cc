// SPDX-License-Identifier: Apache-2.0
#include "reports/records/disposition.h"

#include <gtest/gtest.h>

namespace percuss::reports {
namespace {

DispositionDraft Of(const std::string& status) {
  return {"F-0123456789ab", status, "seen by two reviewers", {"CAPA-7"}, std::nullopt,
          std::nullopt,     ""};
}

TEST(Disposition, NeedsARationaleAndAKnownState) {
  EXPECT_TRUE(DispositionBody(Of("false_positive")));
  EXPECT_FALSE(DispositionBody(Of("forgotten")));
  DispositionDraft mute = Of("accepted");
  mute.rationale.clear();
  EXPECT_FALSE(DispositionBody(mute));
}

TEST(Disposition, ADeferralSaysWhatProtectsMeanwhile) {
  DispositionDraft deferred = Of("deferred");
  EXPECT_FALSE(DispositionBody(deferred));
  deferred.deferral = Deferral{"R-3, controlled", "release 2.4", "", ""};
  EXPECT_FALSE(DispositionBody(deferred));
  deferred.deferral->interim_measure = "the port is closed in the field";
  const auto body = DispositionBody(deferred);
  ASSERT_TRUE(body);
  EXPECT_EQ((*body)["deferral"]["timeline"], "release 2.4");
  deferred.deferral->time_to_field = "two months";
  const auto read = ReadDisposition(DispositionBody(deferred).value());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->deferral->time_to_field, "two months");
  DispositionDraft accepted = Of("accepted");
  accepted.deferral = deferred.deferral;
  EXPECT_FALSE(DispositionBody(accepted));
}

TEST(Disposition, FixedIsWhatWasRunAgain) {
  EXPECT_FALSE(DispositionBody(Of("fixed")));
  DispositionDraft fixed = Of("fixed");
  fixed.retest = Retest{std::string(64, '1'), 2, 10};
  const auto body = DispositionBody(fixed);
  ASSERT_TRUE(body);
  EXPECT_EQ((*body)["retest"]["runs"], 10);
  DispositionDraft confirmed = Of("confirmed");
  confirmed.retest = fixed.retest;
  EXPECT_FALSE(DispositionBody(confirmed));
}

TEST(Disposition, AJustificationIsOneOfVexAndOfAFalsePositive) {
  DispositionDraft draft = Of("false_positive");
  draft.justification = "vulnerable_code_not_in_execute_path";
  const auto body = DispositionBody(draft);
  ASSERT_TRUE(body);
  const auto again = ReadDisposition(*body);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->justification, draft.justification);
  draft.justification = "it is fine";
  EXPECT_FALSE(DispositionBody(draft));
  DispositionDraft accepted = Of("accepted");
  accepted.justification = "vulnerable_code_not_in_execute_path";
  EXPECT_FALSE(DispositionBody(accepted));
}

}  // namespace
}  // namespace percuss::reports
