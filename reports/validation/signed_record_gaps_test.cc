// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/signed_record_gaps.h"

#include <gmock/gmock.h>

#include "reports/validation/signed_dispositions.h"
#include "reports/validation/validation_fixture.h"

namespace percuss::reports {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class SignedRecordGapsTest : public ValidationFixture {
 protected:
  static Record Said(const std::string& kind, const common::Json& body) {
    Record record;
    record.sequence = 7;
    record.sha256 = std::string(64, '7');
    record.at = "2026-02-03T09:00:00Z";
    record.key_id = "ada-key";
    record.said = {kind, "Ada", "QA", kPackageId, std::string(64, 'a'), body};
    return record;
  }
  static Record Decided(const std::string& status) {
    return Said("disposition", {{"finding", "F-1"}, {"status", status}, {"rationale", "seen"}});
  }

  // "gap: what" of each gap that these records bring to the package with its finding.
  [[nodiscard]] std::vector<std::string> Told(const Record& record) const {
    auto loaded = LoadValidation(Folder());
    EXPECT_THAT(loaded->problems, IsEmpty());
    const RecordChain chain{{record}, {}, {}};
    TakeSignedDispositions(chain, loaded->files);
    auto trace = BuildTrace(loaded->files, {Package(true)});
    EXPECT_TRUE(trace) << trace.error().Text();
    AddSignedRecordGaps("records.jsonl", chain, loaded->files, *trace);
    std::vector<std::string> told;
    for (const TraceGap& gap : trace->gaps) {
      if (gap.gap != "disposition-differs" && gap.gap != "record-differs") continue;
      told.push_back(gap.gap + " " + std::filesystem::path(gap.file).filename().string() + ":" +
                     std::to_string(gap.line) + ": " + gap.what);
    }
    return told;
  }
};

TEST_F(SignedRecordGapsTest, WhatAgreesIsNoGap) {
  WriteRecords(Recorded("fail"), ValidationFixture::Decided("D1"));
  EXPECT_THAT(Told(Decided("accepted")), IsEmpty());
  EXPECT_THAT(Told(Said("attachment", {{"validation_record", "VR-1"}, {"verdict", "fail"}})),
              IsEmpty());
  WriteRecords(Recorded("fail"), R"({ "id": "D1", "finding": "F-1", "decision": "third_party",
      "rationale": "r", "date": "2026-01-02", "by": "b", "every_build": "yes" })");
  EXPECT_THAT(Told(Decided("false_positive")), IsEmpty());
}

TEST_F(SignedRecordGapsTest, AnotherDecisionOnTheSameBuildIsTold) {
  const std::string of_package = std::string(R"(, "package": ")") + kPackageId + '"';
  for (const std::string& more :
       {std::string(), of_package, std::string(R"(, "every_build": "yes")")}) {
    WriteRecords(Recorded("fail"), ValidationFixture::Decided("D1", more));
    for (const char* status : {"deferred", "false_positive", "confirmed", "open"}) {
      EXPECT_THAT(
          Told(Decided(status)),
          Contains(testing::AllOf(HasSubstr("disposition-differs records.json:"),
                                  HasSubstr("\"accepted\" in D1"), HasSubstr("key ada-key (Ada)"))))
          << status << more;
    }
  }
}

TEST_F(SignedRecordGapsTest, WhatWasSupersededContradictsNothing) {
  WriteRecords(
      Recorded("fail"),
      ValidationFixture::Decided("D1") +
          R"(, { "id": "D2", "finding": "F-1", "decision": "not_a_defect", "rationale": "r",
                          "date": "2026-02-04", "by": "b", "supersedes": "D1" })");
  EXPECT_THAT(Told(Decided("false_positive")), IsEmpty());
  EXPECT_THAT(Told(Decided("accepted")), Contains(HasSubstr("\"not_a_defect\" in D2")));
}

TEST_F(SignedRecordGapsTest, ADecisionOnAnotherBuildContradictsNothing) {
  WriteRecords(Recorded("fail"), ValidationFixture::Decided("D1"));
  Record other = Decided("deferred");
  other.said.package_id = "00000000-0000-0000-0000-000000000000";
  EXPECT_THAT(Told(other), IsEmpty());
}

TEST_F(SignedRecordGapsTest, AnotherResultOrDigestOfThePackageIsTold) {
  WriteRecords(Recorded("fail"), ValidationFixture::Decided("D1"));
  for (const char* kind : {"attachment", "signature"}) {
    EXPECT_THAT(Told(Said(kind, {{"verdict", "pass"}})),
                Contains(testing::AllOf(HasSubstr("record-differs records.jsonl:7"),
                                        HasSubstr("\"fail\""), HasSubstr("\"pass\""))));
  }
  Record other = Said("signature", {{"verdict", "fail"}});
  other.said.package_sha256 = std::string(64, 'b');
  EXPECT_THAT(Told(other), Contains(HasSubstr(std::string(64, 'b'))));
  other.said.kind = "assessment";
  EXPECT_THAT(Told(other), IsEmpty()) << "is of a bill of materials";
}

}  // namespace
}  // namespace percuss::reports
