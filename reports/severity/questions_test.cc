// SPDX-License-Identifier: Apache-2.0
#include "reports/severity/questions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "reports/records/cvss.h"
#include "reports/records/rubric.h"

namespace percuss::reports {
namespace {

using common::Finding;
using common::RunRecord;
using ::testing::HasSubstr;

Finding FindingOf(const std::string& kind, const std::string& bug_class, const std::string& level) {
  Finding finding;
  finding.id = "F-1";
  finding.target = "parser";
  finding.kind = kind;
  finding.bug_class = bug_class;
  finding.exploitability = {level, {"because of " + bug_class}};
  finding.reproduction.reproduced = finding.reproduction.reruns = 10;
  return finding;
}

RunRecord RecordOf(const std::string& description, const std::string& protocol) {
  RunRecord record;
  record.targets.resize(1);
  record.targets[0].id = "parser";
  record.targets[0].interface_id = "port";
  record.interfaces = {{"port", description, protocol, true, ""}};
  return record;
}

// "at most H", "yes", or "open".
std::string Proposed(const std::vector<SeverityQuestion>& questions, const std::string& name) {
  for (const SeverityQuestion& question : questions) {
    if (question.name != name) continue;
    if (!question.proposal) return "open";
    EXPECT_FALSE(question.proposal->reason.empty()) << name;
    EXPECT_FALSE(question.proposal->source.empty()) << name;
    return (question.proposal->at_most ? "at most " : "") + question.proposal->value;
  }
  return "not asked";
}

std::string Facts(const std::vector<SeverityQuestion>& questions, const std::string& name) {
  std::string text;
  for (const SeverityQuestion& question : questions) {
    if (question.name != name) continue;
    for (const KnownFact& fact : question.known) text += fact.what + " @ " + fact.source + "\n";
  }
  return text;
}

TEST(SeverityQuestionsTest, AsksEveryMetricAndEveryQuestionOnceInWords) {
  const Finding finding = FindingOf("crash", "heap-buffer-overflow", "memory_write");
  std::set<std::string> names;
  for (const auto& question : SeverityQuestions(finding, RecordOf("a", "b"), nullptr)) {
    EXPECT_TRUE(names.insert(question.name).second) << question.name;
    EXPECT_GT(question.text.size(), 10U) << question.name;
    EXPECT_GT(question.choices.size(), 1U) << question.name;
  }
  EXPECT_EQ(names.size(), CvssMetrics().size() + RubricQuestions().size());
  EXPECT_EQ(RubricQuestions().size(), 31U);
}

TEST(SeverityQuestionsTest, ProposesWhatTheFaultCanDoAtMost) {
  const RunRecord record = RecordOf("service port", "framed serial");
  const auto impacts = [&](const Finding& finding) {
    const auto questions = SeverityQuestions(finding, record, nullptr);
    return Proposed(questions, "C") + ", " + Proposed(questions, "I") + ", " +
           Proposed(questions, "A");
  };
  EXPECT_EQ(impacts(FindingOf("crash", "heap-buffer-overflow", "memory_write")),
            "at most H, at most H, at most H");
  EXPECT_EQ(impacts(FindingOf("crash", "heap-buffer-overflow", "memory_read")),
            "at most H, open, at most H");
  EXPECT_EQ(impacts(FindingOf("hang", "hang", "availability")), "at most N, at most N, at most H");
  EXPECT_EQ(impacts(FindingOf("property", "property", "property")), "open, open, open");
  EXPECT_EQ(impacts(FindingOf("crash", "signed-integer-overflow", "unknown")), "open, open, open");
}

// A trap or a guard page of the host is none of the device's.
TEST(SeverityQuestionsTest, DoesNotTakeTheHostsTrapForTheDevices) {
  const RunRecord record = RecordOf("service port", "framed serial");
  for (const char* bug_class : {"null-dereference", "stack-overflow", "division-by-zero"}) {
    const auto questions =
        SeverityQuestions(FindingOf("crash", bug_class, "availability"), record, nullptr);
    EXPECT_EQ(Proposed(questions, "C"), "open") << bug_class;
    EXPECT_EQ(Proposed(questions, "I"), "open") << bug_class;
    EXPECT_EQ(Proposed(questions, "XIT"), "open") << bug_class;
    EXPECT_THAT(Facts(questions, "I"), HasSubstr("the device may go on")) << bug_class;
  }
  const auto questions = SeverityQuestions(
      FindingOf("assertion", "assertion-failure", "availability"), record, nullptr);
  EXPECT_EQ(Proposed(questions, "I"), "open");
  EXPECT_THAT(Facts(questions, "I"), HasSubstr("assertions are compiled out"));
}

TEST(SeverityQuestionsTest, ReadsTheWayInOutOfTheInterfacesWords) {
  const Finding finding = FindingOf("hang", "hang", "availability");
  const auto ways = [&](const std::string& description, const std::string& protocol) {
    const auto questions = SeverityQuestions(finding, RecordOf(description, protocol), nullptr);
    return Proposed(questions, "AV") + ", " + Proposed(questions, "XAVN") + ", " +
           Proposed(questions, "XAVT") + ", " + Proposed(questions, "XAVW");
  };
  EXPECT_EQ(ways("Orders", "HL7 v2 over MLLP/TCP"), "at most N, yes, yes, open");
  EXPECT_EQ(ways("Sensors, Bluetooth LE", "ATT"), "at most A, yes, open, yes");
  EXPECT_EQ(ways("Ward's Wi-Fi", "own"), "open, yes, open, yes");
  EXPECT_EQ(ways("Service port", "RS-232"), "open, open, open, open");
  EXPECT_EQ(ways("Tipped on the keypad", "equipment"), "open, open, open, open");
  const auto questions = SeverityQuestions(finding, RunRecord(), nullptr);
  EXPECT_EQ(Proposed(questions, "AV"), "open");
}

TEST(SeverityQuestionsTest, TellsThreatsWithTheirPlaceAndTakesNoValueFromThem) {
  ValidationFiles files;
  files.folder = "validation";
  files.threats = {
      {"T-1", "results are read", "information_disclosure", "patient data", {"port", 3}, {}, 7},
      {"T-2", "dose is changed", "tampering", "therapy", {"port", 4}, {}, 9},
      {"T-3", "elsewhere", "tampering", "logs", {"other", 5}, {}, 11}};
  const auto questions = SeverityQuestions(FindingOf("property", "property", "property"),
                                           RecordOf("Service port", "RS-232"), &files);
  EXPECT_THAT(Facts(questions, "C"),
              HasSubstr("threat T-1, information disclosure of patient data: results are read @ "
                        "validation/threats.json:7"));
  EXPECT_THAT(Facts(questions, "C"), ::testing::Not(HasSubstr("T-2")));
  EXPECT_THAT(Facts(questions, "I"), HasSubstr("T-2"));
  EXPECT_THAT(Facts(questions, "I"), ::testing::Not(HasSubstr("T-3")));
  EXPECT_EQ(Proposed(questions, "C"), "open");
  EXPECT_EQ(Proposed(questions, "I"), "open");
}

TEST(SeverityQuestionsTest, RerunsProposeNothingOfTheDevice) {
  Finding finding = FindingOf("crash", "heap-buffer-overflow", "memory_write");
  const RunRecord record = RecordOf("Service port", "RS-232");
  EXPECT_EQ(Proposed(SeverityQuestions(finding, record, nullptr), "AC"), "open");
  EXPECT_EQ(Proposed(SeverityQuestions(finding, record, nullptr), "RC"), "C");
  finding.reproduction.mode = "with_history";
  finding.reproduction.reproduced = 0;
  finding.history_inputs = 5;
  const auto questions = SeverityQuestions(finding, record, nullptr);
  EXPECT_THAT(Facts(questions, "AC"), HasSubstr("only after the 5 inputs before it"));
  EXPECT_EQ(Proposed(questions, "AC"), "open");
  EXPECT_EQ(Proposed(questions, "RC"), "open");
}

}  // namespace
}  // namespace percuss::reports
