// SPDX-License-Identifier: Apache-2.0
#include "reports/records/severity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/fs.h"
#include "reports/verify/script_run.h"

namespace percuss::reports {
namespace {

using common::Json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

SeverityDraft Draft(const std::string& vector = "CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H") {
  SeverityDraft draft;
  draft.finding = "F-1";
  draft.rationale = "reached from the radio";
  for (const auto& [metric, value] : ParseCvssVector(vector).value_or(CvssValues())) {
    draft.cvss.push_back({metric, value, metric == "I" ? "percuss" : "person", ""});
  }
  draft.rubric = {{"XUI", "no", "person", "nobody is asked"}, {"XCP", "unknown", "person", ""}};
  return draft;
}

std::string Refusal(const SeverityDraft& draft) {
  const auto body = SeverityBody(draft);
  return body ? "taken" : body.error().message;
}

Record RecordOf(const std::string& package, const Json& body) {
  Record record;
  record.at = "2026-03-01T00:00:00Z";
  record.said = {"severity", "Ada", "developer", package, "sha", body};
  return record;
}

TEST(SeverityTest, ComputesScoresAndKeepsWhoAnswered) {
  const auto body = SeverityBody(Draft());
  ASSERT_TRUE(body) << body.error().Text();
  const Json& cvss = body->at("cvss");
  EXPECT_EQ(cvss.at("vector"), "CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H");
  EXPECT_EQ(cvss.at("base_score").dump(), "8.8");
  EXPECT_EQ(cvss.at("base_severity"), "HIGH");
  EXPECT_FALSE(cvss.contains("environmental_score"));
  EXPECT_EQ(body->at("rubric").at("open").size(), RubricQuestions().size() - 2);
  const auto read = ReadSeverity(*body);
  ASSERT_TRUE(read) << read.error().Text();
  EXPECT_EQ(SeverityBody(*read).value_or(Json()), *body);
  for (const SeverityAnswer& answer : read->cvss) {
    EXPECT_EQ(answer.by, answer.name == "I" ? "percuss" : "person");
  }
}

TEST(SeverityTest, RefusesWhatIsNoneAndSaysWhatIsOpen) {
  SeverityDraft draft = Draft();
  std::erase_if(draft.cvss, [](const auto& answer) { return answer.name == "S"; });
  EXPECT_THAT(Refusal(draft), HasSubstr("S not answered"));
  draft = Draft();
  draft.rationale.clear();
  EXPECT_THAT(Refusal(draft), HasSubstr("rationale"));
  draft = Draft();
  draft.cvss[0].by = "everybody";
  EXPECT_THAT(Refusal(draft), HasSubstr("neither person nor percuss"));
  draft = Draft();
  draft.cvss.push_back(draft.cvss[0]);
  EXPECT_THAT(Refusal(draft), HasSubstr("twice"));
  draft = Draft();
  draft.cvss.push_back({"XX", "N", "person", ""});
  EXPECT_THAT(Refusal(draft), HasSubstr("no metric \"XX\""));
  draft = Draft();
  draft.rubric.push_back({"XQ", "no", "person", ""});
  EXPECT_THAT(Refusal(draft), HasSubstr("no question \"XQ\""));
  draft = Draft();
  draft.rubric.push_back({"XS", "perhaps", "person", ""});
  EXPECT_THAT(Refusal(draft), HasSubstr("no answer to XS"));
}

TEST(SeverityTest, RefusesAnswersThatCannotBothBeTrue) {
  SeverityDraft draft = Draft();
  draft.rubric = {{"XUI", "yes", "person", ""}, {"XAT", "yes", "person", ""}};
  EXPECT_THAT(Refusal(draft), HasSubstr("XUI is yes, and UI is N"));
  draft = Draft("CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N");
  draft.rubric = {{"XAT", "yes", "person", ""}};
  EXPECT_THAT(Refusal(draft), HasSubstr("XAT is yes, and A is N"));
  draft.rubric = {{"XAT", "no", "person", ""},
                  {"XCP", "yes", "person", ""},
                  {"XCPM", "no", "person", ""},
                  {"XAVP", "yes", "person", ""}};
  EXPECT_EQ(Refusal(draft), "taken");
}

TEST(SeverityTest, TheLastOneOfThePackageCounts) {
  RecordChain chain;
  const Json first = SeverityBody(Draft()).value_or(Json());
  const Json second =
      SeverityBody(Draft("CVSS:3.1/AV:P/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:L/MAV:N")).value_or(Json());
  chain.records = {RecordOf("mine", first), RecordOf("mine", second), RecordOf("other", first)};
  Severities last = LastSeverities(chain, "mine", "sha");
  ASSERT_EQ(last.size(), 1U);
  EXPECT_EQ(SeverityText(last.at("F-1")), "2.0 LOW");
  EXPECT_EQ(ScoresText(last.at("F-1").scores), "base 2.0 LOW, environmental 3.7 LOW");
  EXPECT_EQ(last.at("F-1").name, "Ada");
  EXPECT_THAT(LastSeverities(chain, "mine", "another digest"), IsEmpty());
  chain.records.push_back(RecordOf("mine", {{"finding", "F-1"}}));
  EXPECT_THAT(LastSeverities(chain, "mine", "sha"), IsEmpty()) << "what cannot be read is no score";
}

class SeverityRecordTest : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = common::TemporaryFolder::Make("severity_test");
    ASSERT_TRUE(folder) << folder.error().Text();
    folder_.emplace(std::move(*folder));
  }
  // Files with one record each.
  void Add(const Json& body) {
    const auto file = folder_->Path() / ("records" + std::to_string(files_.size()));
    const auto key = KeyPair::FromSeed("key", std::string(kSeedBytes, 'a'));
    const auto record = AppendRecord(
        file, {"severity", "Ada", "developer", "id", std::string(64, 'a'), body}, *key);
    ASSERT_TRUE(record) << record.error().Text();
    files_.push_back(file);
  }
  // Of each file, whether its record counts; "they differ" where one verifier sees what the other
  // does not.
  std::vector<std::string> Judge() {
    std::vector<std::string> command = {"/usr/bin/python3", PERCUSS_VERIFY_SCRIPT, "--json"};
    command.insert(command.end(), files_.begin(), files_.end());
    const Json theirs = Json::parse(RunCommand(std::move(command)).output);
    std::vector<std::string> judged;
    for (const std::string& file : files_) {
      const auto chain = ReadRecords(file, {});
      if (!chain) return {chain.error().Text()};
      const bool counts = chain->problems.empty();
      EXPECT_TRUE(IsWhole(*chain)) << "nothing was changed";
      EXPECT_EQ(chain->records.at(0).counts, counts);
      Json problems = Json::array();
      if (!counts) problems = {{{"line", 1}, {"what", chain->problems[0].what}}};
      const bool same = theirs.at(file) == problems;
      judged.emplace_back(same ? (counts ? "counts" : "does not") : "they differ");
    }
    return judged;
  }

  std::optional<common::TemporaryFolder> folder_;
  std::vector<std::string> files_;
};

TEST_F(SeverityRecordTest, BothVerifiersHoldScoresAgainstAnswers) {
  const Json sound = SeverityBody(Draft()).value_or(Json());
  Add(sound);
  Add(SeverityBody(Draft("CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:C/C:L/I:N/A:H/E:P/RC:C/CR:H/MPR:H/MS:U"))
          .value_or(Json()));
  const std::pair<const char*, Json> changes[] = {
      {"/cvss/base_score", 8.7},
      {"/cvss/base_score", "8.8"},
      {"/cvss/base_score", true},
      {"/cvss/base_score", 1e300},
      {"/cvss/base_severity", "CRITICAL"},
      {"/cvss/vector", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},
      {"/cvss/answers/0/value", "Q"},
      {"/cvss/answers/0/value", "N"},
      {"/cvss/answers/0/by", "nobody"},
      {"/cvss/answers/0", 7},
      {"/cvss/answers", Json::object()},
      {"/cvss/environmental_score", 8.8},
      {"/cvss", Json::array()},
      {"/rubric/answers/0/value", "yes"},  // XUI, and UI is none
      {"/rubric/answers/0/why", 3},
      {"/rubric/open", Json::array()},
      {"/rubric/version", "2"},
      {"/rationale", ""},
      {"/finding", nullptr},
      {"/more", "text"}};
  for (const auto& [pointer, value] : changes) {
    Json body = sound;
    body[Json::json_pointer(pointer)] = value;
    Add(body);
  }
  Add(Json::array());
  Add("x");
  const std::vector<std::string> judged = Judge();
  ASSERT_EQ(judged.size(), 2 + std::size(changes) + 2);
  for (size_t i = 0; i < judged.size(); ++i) {
    EXPECT_EQ(judged[i], i < 2 ? "counts" : "does not")
        << (i < 2 || i - 2 >= std::size(changes) ? "body" : changes[i - 2].first) << " " << i;
  }
}

}  // namespace
}  // namespace percuss::reports
