// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/acceptance.h"

#include <gmock/gmock.h>

#include "reports/validation/validation_fixture.h"

namespace percuss::reports {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class AcceptanceTest : public ValidationFixture {
 protected:
  // One entry with the one target, and this check, or none.
  void Ask(const std::string& check, const std::string& dated = "2026-01-10") {
    const std::string member = check.empty() ? "" : ", \"check\": " + check;
    Write("protocol", R"("title": "plan",
      "criteria": [ { "id": "A1", "text": "what people read", "dated": ")" +
                          dated + '"' + member + R"( } ],
      "entries": [ { "id": "P1", "title": "port", "interfaces": ["uart"],
                     "requirements": ["R1"], "targets": ["pump"], "criteria": ["A1"] } ],
      "approvals": [])");
  }

  // "result: what", for the one criterion of the one target.
  [[nodiscard]] std::string Judged(const std::vector<TracedPackage>& packages) const {
    const Trace trace = TraceOf(packages);
    if (trace.criteria.size() != 1) return "not one result";
    return trace.criteria[0].result + ": " + trace.criteria[0].what;
  }

  static TracedPackage Run(const TargetFacts& facts) {
    TracedPackage package = Package(false);
    package.targets[0].facts = facts;
    return package;
  }
};

TEST_F(AcceptanceTest, SumsOverRunsHaveALowerLimit) {
  Ask(R"({ "measure": "executions", "at_least": 1000 })");
  TargetFacts facts;
  facts.executions = 600;
  EXPECT_EQ(Judged({Run(facts)}), "not met: 600 executions; at least 1000");
  TracedPackage again = Run(facts);
  again.id = "another";
  EXPECT_EQ(Judged({Run(facts), again}), "met: 1200 executions; at least 1000");
  Ask(R"({ "measure": "cpu_hours", "at_least": 0.5 })");
  facts.cpu_ns = 1'800'000'000'000;
  EXPECT_EQ(Judged({Run(facts)}), "met: 0.5 hours of CPU; at least 0.5");
}

TEST_F(AcceptanceTest, TheLatestRunCounts) {
  Ask(R"({ "measure": "line_coverage_percent", "at_least": 60 })");
  TargetFacts facts;
  facts.line_coverage_percent = 75;
  TracedPackage before = Run(facts);
  facts.line_coverage_percent = 40;
  TracedPackage latest = Run(facts);
  latest.id = "later";
  latest.started_at = "2026-02-03T08:00:00Z";
  EXPECT_EQ(Judged({latest, before}), "not met: 40 % of the lines; at least 60");
  EXPECT_EQ(Judged({before}), "met: 75 % of the lines; at least 60");
  Ask(R"({ "measure": "quiet_s", "at_least": 300 })");
  facts.quiet_s = 300;
  EXPECT_THAT(Judged({Run(facts)}), HasSubstr("met: 300 s without"));
}

TEST_F(AcceptanceTest, WhatWasNotMeasuredCannotBeTold) {
  Ask(R"({ "measure": "line_coverage_percent", "at_least": 60 })");
  TargetFacts facts;
  facts.why_no_coverage = "no coverage build was given";
  EXPECT_EQ(Judged({Run(facts)}), "cannot tell: no coverage build was given");
  EXPECT_THAT(Gaps({Run(facts)}), Contains("criterion-cannot-be-told P1"));
  Ask(R"({ "measure": "discovery_bound", "at_most": 0.001 })");
  EXPECT_EQ(Judged({Run(TargetFacts())}), "cannot tell: was not measured");
  Ask(R"({ "measure": "failed_self_checks", "at_most": 0 })");
  EXPECT_THAT(Judged({Run(TargetFacts())}), HasSubstr("cannot tell: "));
}

TEST_F(AcceptanceTest, TimeIsNoCountOfInstructions) {
  TargetFacts facts;
  facts.worst = 2'500'000;
  Ask(R"({ "measure": "worst_ms", "at_most": 2 })");
  EXPECT_EQ(Judged({Run(facts)}), "not met: 2.5 ms for the worst input; at most 2");
  facts.worst_is_instructions = true;
  EXPECT_EQ(Judged({Run(facts)}), "cannot tell: was measured in instructions");
  Ask(R"({ "measure": "worst_instructions", "at_most": 2500000 })");
  EXPECT_THAT(Judged({Run(facts)}), HasSubstr("met: 2500000 instructions"));
  facts.worst_is_instructions = false;
  EXPECT_EQ(Judged({Run(facts)}), "cannot tell: was measured in time");
}

TEST_F(AcceptanceTest, OpenFindingsAreThoseWithoutADisposition) {
  Ask(R"({ "measure": "open_findings", "at_most": 0 })");
  EXPECT_EQ(Judged({Package(true)}), "not met: 1 open finding; at most 0");
  EXPECT_THAT(Gaps({Package(true)}), Contains("criterion-not-met P1"));
  WriteRecords(Recorded("fail"), Decided("D1"));
  EXPECT_THAT(Judged({Package(true)}), HasSubstr("met: 0"));
  EXPECT_THAT(Gaps({Package(true)}), IsEmpty());
}

TEST_F(AcceptanceTest, SelfChecksOfEveryPackageCount) {
  Ask(R"({ "measure": "failed_self_checks", "at_most": 0 })");
  TracedPackage good = Package(false);
  good.self_checks = 5;
  TracedPackage bad = good;
  bad.id = "bad";
  bad.failed_self_checks = 1;
  EXPECT_THAT(Judged({good}), HasSubstr("met: 0"));
  EXPECT_EQ(Judged({bad, good}), "not met: 1 failed self-check; at most 0");
}

TEST_F(AcceptanceTest, InterfacesInScopeThatNothingWasRunFor) {
  Write("interfaces", R"("interfaces": [
    { "id": "uart", "description": "d", "protocol": "p", "scope": "tested" },
    { "id": "usb", "description": "d", "protocol": "p", "scope": "tested" },
    { "id": "led", "description": "d", "protocol": "p", "scope": "excluded",
      "rationale": "r" } ])");
  Ask(R"({ "measure": "interfaces_not_run", "at_most": 0 })");
  EXPECT_THAT(Judged({Package(false)}), HasSubstr("not met: 1 interface in scope"));
}

TEST_F(AcceptanceTest, ACriterionThatIsNotOlderThanTheRunDoesNotCount) {
  Ask(R"({ "measure": "open_findings", "at_most": 0 })", "2026-02-01");
  EXPECT_THAT(Judged({Package(false)}), HasSubstr("too young: dated 2026-02-01"));
  EXPECT_THAT(Gaps({Package(false)}), Contains("criterion-not-before-run P1"));
}

TEST_F(AcceptanceTest, WithoutACheckPeopleJudge) {
  Ask("");
  EXPECT_EQ(Judged({Package(false)}), "by people: what people read");
  EXPECT_THAT(Gaps({Package(true)}), Not(Contains(HasSubstr("criterion"))));
}

TEST_F(AcceptanceTest, NothingIsToldOfWhatWasNotRun) {
  Ask(R"({ "measure": "executions", "at_least": 0 })");
  EXPECT_THAT(Judged({}), HasSubstr("not run: "));
  TracedPackage failed = Package(false);
  failed.targets[0].verdict = "infrastructure_error";
  EXPECT_THAT(Judged({failed}), HasSubstr("cannot tell: "));
}

TEST_F(AcceptanceTest, AnInterruptedRunMeetsNothing) {
  Ask(R"({ "measure": "open_findings", "at_most": 0 })");
  TracedPackage cut = Package(false);
  cut.verdict = cut.targets[0].verdict = "inconclusive";
  EXPECT_EQ(Judged({cut}), "cannot tell: the latest run is inconclusive");
  EXPECT_THAT(Gaps({cut}), Contains("criterion-cannot-be-told P1"));
  EXPECT_THAT(Gaps({cut}), Contains("target-cannot-be-told pump"));
  // A reason that the whole package has holds for each of its targets.
  cut.targets[0].verdict = "pass";
  EXPECT_EQ(Judged({cut}), "cannot tell: the latest run is inconclusive");
}

TEST_F(AcceptanceTest, ChecksHaveAKnownMeasureAndItsOwnLimit) {
  const auto refused = [&](const std::string& check, const std::string& words) {
    Ask(check);
    EXPECT_THAT(Problems(), Contains(HasSubstr(words))) << check;
  };
  refused(R"({ "measure": "luck", "at_most": 0 })", "is not one of: executions");
  refused(R"({ "measure": "executions", "at_most": 0 })", "has no \"at_least\"");
  refused(R"({ "measure": "executions", "at_least": "1" })", "must be a number");
  refused(R"({ "measure": "executions", "at_least": -1 })", "must not be negative");
  refused(R"({ "measure": "executions", "at_least": 1, "more": 1 })", "more");
  refused("[]", "must be an object");
}

}  // namespace
}  // namespace percuss::reports
