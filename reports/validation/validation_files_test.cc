// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/validation_files.h"

#include <gmock/gmock.h>

#include "reports/validation/entry_reader.h"
#include "reports/validation/validation_fixture.h"

namespace percuss::reports {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

using ValidationFilesTest = ValidationFixture;

TEST_F(ValidationFilesTest, WhatHoldsTogetherHasNoProblem) {
  EXPECT_THAT(Problems(), IsEmpty());
  WriteRecords(Recorded("pass"), Decided("D1"));
  EXPECT_THAT(Problems(), IsEmpty());
}

TEST_F(ValidationFilesTest, EveryMistakeIsNamedWithFileAndLine) {
  WriteRaw("threats", R"({
  "schema": "percuss.threats.v2",
  "threats": [
    { "id": "T1", "text": "", "stride": "magic",
      "asset": 7, "interface": "uart",
      "controls": ["C1", "C9",
                   "C 1"], "note": "x" },
    "T2",
    { "id": "../T3", "text": "t", "stride": "spoofing", "asset": "a", "interface": "usb" }
  ]
})");
  EXPECT_THAT(
      Problems(),
      ElementsAre(
          AllOf(StartsWith("threats.json:2: "), HasSubstr("percuss.threats.v2")),
          AllOf(StartsWith("threats.json:4: "), HasSubstr("\"text\" must not be empty")),
          AllOf(StartsWith("threats.json:4: "), HasSubstr("\"magic\" is not one of")),
          AllOf(StartsWith("threats.json:5: "), HasSubstr("\"asset\" must be a string")),
          AllOf(StartsWith("threats.json:6: "), HasSubstr("no control with the id C9")),
          AllOf(StartsWith("threats.json:7: "), HasSubstr("\"C 1\" is no id")),
          AllOf(StartsWith("threats.json:7: "), HasSubstr("\"note\" is not a member")),
          AllOf(StartsWith("threats.json:8: "), HasSubstr("must be an object")),
          AllOf(StartsWith("threats.json:9: "), HasSubstr("../T3")),
          AllOf(StartsWith("threats.json:9: "), HasSubstr("has no \"controls\"")),
          AllOf(StartsWith("threats.json:9: "), HasSubstr("no interface with the id usb"))));
}

TEST_F(ValidationFilesTest, IdsAreUniqueAndLinksAreNotNamedTwice) {
  Write("interfaces", R"("interfaces": [
    { "id": "uart", "description": "d", "protocol": "p", "scope": "tested" },
    { "id": "uart", "description": "d", "protocol": "p", "scope": "tested" } ])");
  Write("requirements", R"("requirements": [
    { "id": "R1", "text": "t", "category": "other", "interfaces": ["uart", "uart"] } ],
    "controls": [ { "id": "C1", "text": "t", "requirements": [] } ])");
  EXPECT_THAT(Problems(),
              ElementsAre(AllOf(StartsWith("interfaces.json:4: "), HasSubstr("line 3")),
                          AllOf(StartsWith("requirements.json:3: "), HasSubstr("named twice"))));
}

TEST_F(ValidationFilesTest, ASecurityRiskHasNoProbability) {
  Write("risks", R"("safety": [], "security": [
    { "id": "S1", "impact": "i", "method": "m", "threats": [], "leads_to": ["S1"],
      "severity": "minor",
      "probability": "remote", "controls": [],
      "residual": { "severity": "minor", "exploitability": "low", "acceptable": "maybe",
                    "rationale": "r" } } ])");
  const auto problems = Problems();
  EXPECT_THAT(problems,
              Contains(AllOf(StartsWith("risks.json:5: "), HasSubstr("\"probability\""))));
  EXPECT_THAT(problems,
              Contains(AllOf(StartsWith("risks.json:3: "), HasSubstr("no \"exploitability\""))));
  EXPECT_THAT(problems, Contains(AllOf(StartsWith("risks.json:6: "), HasSubstr("\"maybe\""))));
  EXPECT_THAT(problems, Contains(AllOf(StartsWith("risks.json:3: "), HasSubstr("no safety risk"))));
}

TEST_F(ValidationFilesTest, ADispositionIsReplacedOnlyByOneThatSaysSo) {
  WriteRecords("", Decided("D1") + ",\n" + Decided("D2"));
  EXPECT_THAT(Problems(), ElementsAre(HasSubstr("has the disposition D1 already")));
  WriteRecords("", Decided("D1") + ",\n" + Decided("D2", R"(, "supersedes": "D1")"));
  EXPECT_THAT(Problems(), IsEmpty());
  WriteRecords("", Decided("D1", R"(, "supersedes": "D7")"));
  EXPECT_THAT(Problems(), ElementsAre(HasSubstr("no earlier disposition of F-1 has the id D7")));
}

TEST_F(ValidationFilesTest, ADeferralNeedsItsFourAnswersAndAFixItsRetest) {
  WriteRecords("", R"({ "id": "D1", "finding": "F-1", "decision": "deferred", "rationale": "r",
    "date": "2026-02-30", "by": "b", "deferral": { "risk": "r", "timeline": "t" } },
    { "id": "D2", "finding": "F-2", "decision": "fixed", "rationale": "r", "date": "2026-02-02",
      "by": "b" })");
  EXPECT_THAT(Problems(), ElementsAre(HasSubstr("\"2026-02-30\" is no date"),
                                      HasSubstr("has no \"interim_measure\""),
                                      HasSubstr("has no \"time_to_field\""),
                                      HasSubstr("disposition D2: has no \"retest\"")));
}

TEST_F(ValidationFilesTest, NobodyHasDecidedOrSignedAnythingTomorrow) {
  WriteRecords("", R"({ "id": "D1", "finding": "F-1", "decision": "accepted", "rationale": "r",
    "date": "2999-01-01", "by": "b" })");
  EXPECT_THAT(Problems(), ElementsAre(AllOf(StartsWith("records.json:4: "),
                                            HasSubstr("\"2999-01-01\" is not yet"))));
}

TEST_F(ValidationFilesTest, ADispositionMayNameItsPackageOrHoldForEveryBuild) {
  const std::string of_package = R"(, "package": ")" + std::string(kPackageId) + '"';
  WriteRecords("", Decided("D1", of_package));
  EXPECT_THAT(Problems(), ElementsAre(HasSubstr("there is no package with the id")));
  WriteRecords(Recorded("fail"), Decided("D1", of_package) + ",\n" + Decided("D2"));
  EXPECT_THAT(Problems(), IsEmpty());
  WriteRecords("", Decided("D1", R"(, "every_build": "yes")"));
  EXPECT_THAT(Problems(), IsEmpty());
  WriteRecords("", R"({ "id": "D1", "finding": "F-1", "decision": "fixed", "rationale": "r",
    "date": "2026-02-02", "by": "b", "retest": "r", "every_build": "yes" })");
  EXPECT_THAT(Problems(), ElementsAre(HasSubstr("\"yes\" is not one of: no")));
}

TEST_F(ValidationFilesTest, HostileTextIsRefusedWithItsLine) {
  WriteRaw("threats", "{\n\"a\": 1,\n\"a\": 2\n}");
  EXPECT_THAT(Problems(), ElementsAre(AllOf(StartsWith("threats.json:3: "), HasSubstr("twice"))));
  WriteRaw("threats", "{\n\"threats\": [\n\n,]}");
  EXPECT_THAT(Problems(), ElementsAre(AllOf(StartsWith("threats.json:4: "), HasSubstr("JSON"))));
  WriteRaw("threats", "\n\n" + std::string(1000000, '['));
  EXPECT_THAT(Problems(), ElementsAre(AllOf(StartsWith("threats.json:3: "), HasSubstr("deeper"))));
  WriteRaw("threats", "{\n\"schema\": \"\xff\"}");
  EXPECT_THAT(Problems(), ElementsAre(AllOf(StartsWith("threats.json:2: "), HasSubstr("UTF-8"))));
  WriteRaw("threats", "");
  EXPECT_THAT(Problems(), ElementsAre(StartsWith("threats.json:1: not valid JSON")));
  std::string many = "{\n";
  for (int i = 0; i < 1000; ++i) many += "\"m" + std::to_string(i) + "\": 1,\n";
  WriteRaw("threats", many + "\"z\": 1}");
  EXPECT_THAT(Problems(), ElementsAre(AllOf(StartsWith("threats.json:66: "), HasSubstr("64"))));
  WriteRaw("threats", "[]");
  EXPECT_THAT(Problems(), Contains(HasSubstr("must be an object")));
}

TEST_F(ValidationFilesTest, AFileMayBeMissingOnlyWhenNothingWasRunYet) {
  std::filesystem::remove(Folder() / "risks.json");
  EXPECT_THAT(Problems(), ElementsAre(StartsWith("risks.json: is missing")));
  std::filesystem::create_directory(Folder() / "risks.json");
  EXPECT_THAT(Problems(), ElementsAre(StartsWith("risks.json: is not a regular file")));
}

}  // namespace
}  // namespace percuss::reports
