// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/finding_decisions.h"

#include <gmock/gmock.h>

#include "reports/validation/validation_fixture.h"

namespace percuss::reports {
namespace {

using testing::HasSubstr;

TracedPackage Release(const std::string& version, const std::string& build,
                      const std::string& day) {
  TracedPackage package{"run-" + version + ".zip",  "package-" + version + day,
                        std::string(64, 'a'),       "",
                        day + "T08:00:00Z",         "fail",
                        {{"pump", "uart", "fail"}}, {{"F-1", "pump", "crash"}}};
  package.targets[0].builds = {{"libfuzzer", build}};
  package.software_version = version;
  package.ended_at = day + "T09:00:00Z";
  return package;
}

Disposition Said(const std::string& decision, const std::string& date,
                 const std::string& package = "") {
  Disposition said;
  said.id = "D";
  said.finding = "F-1";
  said.decision = decision;
  said.rationale = "because";
  said.date = date;
  said.package.id = package;
  return said;
}

FindingDecisions Of(const std::vector<Disposition>& said,
                    const std::vector<TracedPackage>& packages) {
  std::vector<const Disposition*> all;
  for (const Disposition& one : said) all.push_back(&one);
  std::vector<const TracedPackage*> with;
  for (const TracedPackage& one : packages) with.push_back(&one);
  return {all, with, "pump"};
}

class FindingDecisionsTest : public testing::Test {
 protected:
  const TracedPackage first_ = Release("1.0.0", "old", "2026-02-01");
};

TEST_F(FindingDecisionsTest, AFixIsOfItsBuildAndADefectThatComesBackIsOpen) {
  const std::vector said = {Said("fixed", "2026-02-02T10:00:00Z", first_.id)};
  EXPECT_NE(Of(said, {first_}).Overall().decision, nullptr);
  for (const auto& again :
       {Release("1.2.0", "new", "2026-02-03"), Release("1.2.0", "old", "2026-02-03"),
        Release("1.0.0", "new", "2026-02-03")}) {
    const std::vector packages = {first_, again};
    const FindingDecisions decisions = Of(said, packages);
    EXPECT_NE(decisions.In(packages[0]).decision, nullptr);
    const Standing standing = decisions.Overall();
    EXPECT_EQ(standing.decision, nullptr);
    EXPECT_TRUE(standing.came_back);
    EXPECT_EQ(standing.open_in, &packages[1]);
    EXPECT_THAT(standing.why_open, HasSubstr("called fixed on 2026-02-02T10:00:00Z"));
  }
}

TEST_F(FindingDecisionsTest, TheSameReleaseRunAgainIsDecidedAlready) {
  const std::vector packages = {first_, Release("1.0.0", "old", "2026-02-05")};
  for (const char* decision : {"fixed", "accepted"}) {
    const std::vector said = {Said(decision, "2026-02-02T10:00:00Z", first_.id)};
    EXPECT_NE(Of(said, packages).Overall().decision, nullptr) << decision;
  }
}

TEST_F(FindingDecisionsTest, EveryDecisionIsOfOneBuildUntilSomebodyConfirmsItForTheNext) {
  const std::vector packages = {first_, Release("1.1.0", "new", "2026-02-05")};
  for (const char* decision : {"accepted", "deferred", "not_a_defect", "third_party"}) {
    std::vector said = {Said(decision, "2026-02-02T10:00:00Z", first_.id)};
    const Standing open = Of(said, packages).Overall();
    EXPECT_EQ(open.decision, nullptr);
    EXPECT_FALSE(open.came_back);
    EXPECT_THAT(open.why_open, HasSubstr("decided on another build"));
    said.push_back(Said(decision, "2026-02-06T10:00:00Z", packages[1].id));
    EXPECT_EQ(Of(said, packages).Overall().decision, &said[1]);
  }
}

TEST_F(FindingDecisionsTest, ADecisionOnAPackageThatWasNotGivenDecidesNothingHere) {
  const std::vector packages = {Release("1.2.0", "new", "2026-02-05")};
  const std::vector said = {Said("fixed", "2026-02-02T10:00:00Z", first_.id)};
  EXPECT_TRUE(Of(said, packages).Overall().came_back);
}

TEST_F(FindingDecisionsTest, WithoutAPackageTheDateTellsWhatWasSeen) {
  const std::vector said = {Said("fixed", "2026-02-02")};
  EXPECT_NE(Of(said, {first_}).Overall().decision, nullptr);
  const std::vector same_day = {first_, Release("1.2.0", "new", "2026-02-02")};
  EXPECT_TRUE(Of(said, same_day).Overall().came_back);
  const std::vector that_day = {Release("1.0.0", "old", "2026-02-02")};
  EXPECT_NE(Of(said, that_day).Overall().decision, nullptr);
  const std::vector later = {Release("1.0.0", "old", "2026-02-03")};
  EXPECT_TRUE(Of(said, later).Overall().came_back);
}

TEST_F(FindingDecisionsTest, WhatIsDecidedInAdvanceHoldsForEveryBuild) {
  std::vector said = {Said("third_party", "2026-01-02")};
  said[0].every_build = true;
  const std::vector packages = {first_, Release("1.2.0", "new", "2026-02-05")};
  EXPECT_EQ(Of(said, packages).Overall().decision, said.data());
}

TEST_F(FindingDecisionsTest, ConfirmedDecidesNothingAndSaysSo) {
  const std::vector packages = {first_};
  const std::vector said = {Said("accepted", "2026-02-02T10:00:00Z", first_.id),
                            Said("confirmed", "2026-02-03T10:00:00Z", first_.id)};
  EXPECT_THAT(Of(said, packages).Overall().why_open,
              HasSubstr("last said: confirmed; that decides nothing; use deferred, accepted"));
  EXPECT_EQ(Of({}, packages).Overall().why_open, "nobody has decided what becomes of it");
}

using ReturnTest = ValidationFixture;

TEST_F(ReturnTest, ADefectThatComesBackIsAGapAndAnOpenFinding) {
  Write("protocol", R"("title": "plan",
    "criteria": [ { "id": "A1", "text": "t", "dated": "2026-01-10",
                    "check": { "measure": "open_findings", "at_most": 0 } } ],
    "entries": [ { "id": "P1", "title": "port", "interfaces": ["uart"],
                   "requirements": ["R1"], "targets": ["pump"], "criteria": ["A1"] } ],
    "approvals": [])");
  const std::vector packages = {Release("1.0.0", "old", "2026-02-01"),
                                Release("1.2.0", "old", "2026-02-04")};
  auto files = LoadValidation(Folder())->files;
  files.dispositions = {Said("fixed", "2026-02-02T10:00:00Z", packages[0].id)};
  EXPECT_EQ(BuildTrace(files, {packages[0]})->criteria[0].result, "met");
  const Trace trace = *BuildTrace(files, packages);
  EXPECT_EQ(trace.criteria[0].result, "not met");
  EXPECT_EQ(trace.gaps[0].gap, "finding-came-back");
  EXPECT_THAT(trace.gaps[0].file, "run-1.2.0.zip");
  for (const TraceItem& item : trace.items) {
    EXPECT_NE(item.result, "fixed") << item.id;
  }
}

}  // namespace
}  // namespace percuss::reports
