// SPDX-License-Identifier: Apache-2.0
#include "reports/severity/answers.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace percuss::reports {
namespace {

using common::Json;
using common::OrderedJson;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

SeverityForm Form() {
  common::Finding finding;
  finding.id = "F-1";
  finding.target = "parser";
  finding.kind = "crash";
  finding.bug_class = "heap-buffer-overflow";
  finding.exploitability = {"memory_write", {"writes to memory that is not its own"}};
  common::RunRecord record;
  return {"F-1", "package", std::string(64, 'a'), SeverityQuestions(finding, record, nullptr)};
}

// The form with all base metrics answered: impacts as percuss proposes, the others by a person.
OrderedJson Answered() {
  OrderedJson form = OrderedJson::parse(SeverityFormText(Form()));
  const std::pair<const char*, const char*> answers[] = {{"AV", "N"}, {"AC", "L"}, {"PR", "N"},
                                                         {"UI", "N"}, {"S", "U"},  {"C", "H"},
                                                         {"I", "H"},  {"A", "H"}};
  for (const auto& [name, value] : answers) {
    OrderedJson& item = form["cvss"][name];
    item["answer"] = value;
    item["by"] = item.contains("proposal") ? "percuss" : "person";
  }
  return form;
}

struct Outcome {
  SeverityDraft draft;
  std::string problems;
};

Outcome Read(const std::string& text) {
  std::vector<Problem> problems;
  Outcome outcome;
  outcome.draft = ReadSeverityAnswers(text, "answers.json", Form(), problems);
  for (const Problem& problem : problems) outcome.problems += problem.Text() + "\n";
  return outcome;
}

std::string ProblemsWith(const std::string& pointer, const OrderedJson& value) {
  OrderedJson form = Answered();
  form[OrderedJson::json_pointer(pointer)] = value;
  return Read(form.dump(1)).problems;
}

TEST(SeverityAnswersTest, AnEmptyFormIsNoScoreAndNamesAllThatIsOpen) {
  const Outcome outcome = Read(SeverityFormText(Form()));
  EXPECT_THAT(outcome.problems, HasSubstr("AV, AC, PR, UI, S, C, I, A"));
  EXPECT_THAT(outcome.problems, HasSubstr("answers.json:"));
  EXPECT_FALSE(SeverityBody(outcome.draft));
}

TEST(SeverityAnswersTest, KeepsWhoAnsweredWhat) {
  OrderedJson form = Answered();
  form["cvss"]["AV"]["why"] = "  the ward's network ";
  form["rubric"]["XUI"]["answer"] = "no";
  form["rubric"]["XUI"]["by"] = "person";
  Outcome outcome = Read(form.dump(2));
  EXPECT_EQ(outcome.problems, "");
  ASSERT_EQ(outcome.draft.cvss.size(), 8U);
  EXPECT_EQ(outcome.draft.cvss[0].why, "the ward's network");
  for (const SeverityAnswer& answer : outcome.draft.cvss) {
    const bool impact = answer.name == "C" || answer.name == "I" || answer.name == "A";
    EXPECT_EQ(answer.by, impact ? "percuss" : "person") << answer.name;
  }
  ASSERT_EQ(outcome.draft.rubric.size(), 1U);
  outcome.draft.rationale = "seen";
  const auto body = SeverityBody(outcome.draft);
  ASSERT_TRUE(body) << body.error().Text();
  EXPECT_EQ(body->at("cvss").at("base_score").dump(), "9.8");
}

TEST(SeverityAnswersTest, RefusesWhatThePackageDoesNotSay) {
  EXPECT_THAT(ProblemsWith("/finding", "F-2"), HasSubstr("\"F-1\" was asked for"));
  EXPECT_THAT(ProblemsWith("/package/sha256", "b"), HasSubstr("is the package's"));
  EXPECT_THAT(ProblemsWith("/cvss/AV/by", "percuss"),
              AllOf(HasSubstr("percuss proposes nothing"), HasSubstr("answers.json:")));
  EXPECT_THAT(ProblemsWith("/cvss/C/answer", "L"), HasSubstr("percuss proposes \"H\""));
  // What the form says that percuss proposes is for its reader; what the package gives counts.
  OrderedJson form = Answered();
  form["cvss"]["C"]["proposal"]["value"] = form["cvss"]["C"]["answer"] = "N";
  EXPECT_THAT(Read(form.dump()).problems, HasSubstr("percuss proposes \"H\""));
}

TEST(SeverityAnswersTest, RefusesWhatIsNoAnswerAndSaysWhere) {
  EXPECT_THAT(ProblemsWith("/cvss/AV/answer", "Q"), HasSubstr("\"Q\" is no answer to AV"));
  EXPECT_THAT(ProblemsWith("/cvss/AV/answer", 3), HasSubstr("\"answer\" must be a text"));
  EXPECT_THAT(ProblemsWith("/cvss/AV/by", ""), HasSubstr("not who gave it"));
  EXPECT_THAT(ProblemsWith("/cvss/AV/by", "everybody"), HasSubstr("not who gave it"));
  EXPECT_THAT(ProblemsWith("/cvss/E/by", "person"), HasSubstr("no answer"));
  EXPECT_THAT(ProblemsWith("/cvss/AV/why", "a\nb"), HasSubstr("cannot be seen"));
  EXPECT_THAT(ProblemsWith("/cvss/AV/why", std::string(5'000, 'x')), HasSubstr("longer than"));
  EXPECT_THAT(ProblemsWith("/cvss/AV/score", 10), HasSubstr("no member \"score\""));
  EXPECT_THAT(ProblemsWith("/cvss/AX", OrderedJson::object()), HasSubstr("no question \"AX\""));
  EXPECT_THAT(ProblemsWith("/cvss/XUI", OrderedJson::object()), HasSubstr("no question \"XUI\""));
  EXPECT_THAT(ProblemsWith("/cvss/AV", 1), HasSubstr("must be an object"));
  EXPECT_THAT(ProblemsWith("/cvss", OrderedJson::array()), HasSubstr("\"cvss\" must be there"));
  EXPECT_THAT(ProblemsWith("/rubric/XUI/answer", "perhaps"), HasSubstr("no answer to XUI"));
  EXPECT_THAT(ProblemsWith("/schema", "percuss.record.v1"), HasSubstr("is the schema"));
  EXPECT_THAT(ProblemsWith("/score", 9.8), HasSubstr("no member \"score\""));
  const std::string twice = R"({"schema": "a", "schema": "b"})";
  EXPECT_THAT(Read(twice).problems, HasSubstr("answers.json:1: the member \"schema\""));
}

TEST(SeverityAnswersTest, SurvivesWhatIsNoForm) {
  const std::string whole = Answered().dump(1);
  EXPECT_EQ(Read(whole).problems, "");
  for (size_t length = 0; length < whole.size(); length += 1'009) {
    EXPECT_THAT(Read(whole.substr(0, length)).problems, Not("")) << length;
  }
  for (size_t at = 0; at < whole.size(); at += 499) {
    for (const char c : {'\0', '"', '{'}) {
      std::string changed = whole;
      changed[at] = c;
      (void)Read(changed);
    }
  }
  for (const std::string& text :
       {std::string(), std::string("null"), std::string("[]"), std::string("7"),
        std::string(10'000, '['), std::string(100'000, '{'), std::string("\xff\xfe")}) {
    EXPECT_THAT(Read(text).problems, Not("")) << text.substr(0, 10);
  }
  std::string many = "{";
  for (int i = 0; i < 1'000; ++i) many += fmt::format("\"m{}\": 1,", i);
  EXPECT_THAT(Read(many + "\"x\": 1}").problems, Not(""));
}

// What comes out of a package is shown, and changes no line of the terminal's.
TEST(SeverityAnswersTest, ShowsHostileTextsAsWhatTheyAre) {
  SeverityForm form = Form();
  form.questions[0].known = {{"a\x1b[2Kb\nproposes N", "\xff"}};
  const std::string table = SeverityFormTable(form);
  EXPECT_THAT(table, Not(HasSubstr("\x1b")));
  EXPECT_THAT(table, Not(HasSubstr("\nproposes N")));
  EXPECT_THAT(table, HasSubstr("open: needs a person who knows the device"));
  EXPECT_THAT(table, HasSubstr("percuss proposes at most H: writes to memory"));
  EXPECT_THAT(SeverityFormText(form), HasSubstr("proposes N"));
  EXPECT_EQ(SeverityFormJson(form).at("questions").size(), form.questions.size());
}

}  // namespace
}  // namespace percuss::reports
