// SPDX-License-Identifier: Apache-2.0
#include "reports/records/severity.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/json_numbers.h"

namespace percuss::reports {
namespace {

using common::ErrorCode;
using common::Fail;
using common::Json;
using common::Result;
using common::Status;

std::string ObjectionTo(const SeverityAnswer& answer, bool of_rubric) {
  if (of_rubric) {
    if (FindRubricQuestion(answer.name) == nullptr) {
      return "the rubric has no question \"" + answer.name + "\"";
    }
    if (!IsRubricAnswer(answer.value)) {
      return fmt::format("\"{}\" is no answer to {}", answer.value, answer.name);
    }
  } else {
    const CvssMetric* metric = FindCvssMetric(answer.name);
    if (metric == nullptr) return "CVSS 3.1 has no metric \"" + answer.name + "\"";
    if (metric->Find(answer.value) == nullptr) {
      return fmt::format("\"{}\" is no value of {}", answer.value, answer.name);
    }
  }
  if (answer.by != kAnsweredByPerson && answer.by != kAnsweredByPercuss) {
    return fmt::format("{} is answered by \"{}\", neither person nor percuss", answer.name,
                       answer.by);
  }
  return "";
}

Status Check(const SeverityDraft& draft) {
  std::set<std::string> seen;
  for (const bool of_rubric : {false, true}) {
    for (const SeverityAnswer& answer : of_rubric ? draft.rubric : draft.cvss) {
      std::string objection = ObjectionTo(answer, of_rubric);
      if (objection.empty() && !seen.insert(answer.name).second) {
        objection = answer.name + " is answered twice";
      }
      if (!objection.empty()) return Fail(ErrorCode::kBadInput, objection);
    }
  }
  const auto contradictions = RubricContradictions(RubricAnswersOf(draft), CvssValuesOf(draft));
  if (!contradictions.empty()) {
    return Fail(ErrorCode::kBadInput, "the answers contradict one another: " +
                                          fmt::format("{}", fmt::join(contradictions, "; ")));
  }
  return {};
}

Json AnswersJson(const std::vector<SeverityAnswer>& answers) {
  Json list = Json::array();
  for (const SeverityAnswer& answer : answers) {
    list.push_back({{"name", answer.name}, {"value", answer.value}, {"by", answer.by}});
    if (!answer.why.empty()) list.back()["why"] = answer.why;
  }
  return list;
}

std::vector<SeverityAnswer> ReadAnswers(const Json& list) {
  std::vector<SeverityAnswer> answers;
  for (const Json& item : list) {
    answers.push_back({item.at("name").get<std::string>(), item.at("value").get<std::string>(),
                       item.at("by").get<std::string>(), item.value("why", "")});
  }
  return answers;
}

// A JSON number with the one decimal that a score has.
double Score(int tenths) { return tenths / 10.0; }

void AddScore(const char* name, int tenths, Json& cvss) {
  cvss[fmt::format("{}_score", name)] = Score(tenths);
  cvss[fmt::format("{}_severity", name)] = CvssSeverity(tenths);
}

}  // namespace

CvssValues CvssValuesOf(const SeverityDraft& draft) {
  CvssValues values;
  for (const SeverityAnswer& answer : draft.cvss) values[answer.name] = answer.value;
  return values;
}

RubricAnswers RubricAnswersOf(const SeverityDraft& draft) {
  RubricAnswers answers;
  for (const SeverityAnswer& answer : draft.rubric) answers[answer.name] = answer.value;
  return answers;
}

std::vector<std::string> OpenRubricQuestions(const SeverityDraft& draft) {
  const RubricAnswers answers = RubricAnswersOf(draft);
  std::vector<std::string> open;
  for (const RubricQuestion& question : RubricQuestions()) {
    if (!answers.contains(question.name)) open.emplace_back(question.name);
  }
  return open;
}

Result<Json> SeverityBody(const SeverityDraft& draft) {
  if (draft.finding.empty()) return Fail(ErrorCode::kBadInput, "a severity is of a finding");
  if (draft.rationale.empty()) {
    return Fail(ErrorCode::kBadInput, "a severity needs a rationale");
  }
  if (const auto checked = Check(draft); !checked) return tl::make_unexpected(checked.error());
  const CvssValues values = CvssValuesOf(draft);
  auto vector = CvssVector(values);
  if (!vector) return tl::make_unexpected(vector.error());
  const auto scores = ScoreCvss(values);
  if (!scores) return tl::make_unexpected(scores.error());
  Json cvss = {{"version", "3.1"}, {"vector", *vector}, {"answers", AnswersJson(draft.cvss)}};
  AddScore("base", scores->base, cvss);
  if (scores->temporal) AddScore("temporal", *scores->temporal, cvss);
  if (scores->environmental) AddScore("environmental", *scores->environmental, cvss);
  return Json{{"finding", draft.finding},
              {"rationale", draft.rationale},
              {"cvss", std::move(cvss)},
              {"rubric",
               {{"name", kRubricName},
                {"version", kRubricVersion},
                {"answers", AnswersJson(draft.rubric)},
                {"open", OpenRubricQuestions(draft)}}}};
}

Result<SeverityDraft> ReadSeverity(const Json& body) {
  if (!common::NumbersFit(body)) {
    return Fail(ErrorCode::kBadInput, "is no severity: a number in it is out of range");
  }
  try {
    SeverityDraft read;
    body.at("finding").get_to(read.finding);
    body.at("rationale").get_to(read.rationale);
    read.cvss = ReadAnswers(body.at("cvss").at("answers"));
    read.rubric = ReadAnswers(body.at("rubric").at("answers"));
    const auto again = SeverityBody(read);
    if (!again) return tl::make_unexpected(again.error());
    if (*again != body) {
      return Fail(ErrorCode::kBadInput, "is no severity: its answers give another vector or score");
    }
    return read;
  } catch (const nlohmann::json::exception& error) {
    return Fail(ErrorCode::kBadInput, std::string("is no severity: ") + error.what());
  }
}

Severities LastSeverities(const RecordChain& chain, const std::string& package_id,
                          const std::string& package_sha256) {
  Severities last;
  for (const Record& record : chain.records) {
    const RecordDraft& said = record.said;
    const bool same_package = said.package_id == package_id &&
                              (package_sha256.empty() || said.package_sha256 == package_sha256);
    if (said.kind != "severity" || !same_package) continue;
    last.erase(BodyText(said.body, "finding"));
    auto read = ReadSeverity(said.body);
    if (!read) continue;
    const CvssValues values = CvssValuesOf(*read);
    const std::string finding = read->finding;
    last[finding] = {std::move(*read),
                     CvssVector(values).value_or(""),
                     ScoreCvss(values).value_or(CvssScores()),
                     said.name,
                     said.role,
                     record.at,
                     record.sha256};
  }
  return last;
}

std::string SeverityText(const SignedSeverity& severity) {
  return fmt::format("{} {}", CvssScoreText(severity.scores.base),
                     CvssSeverity(severity.scores.base));
}

std::string ScoresText(const CvssScores& scores) {
  const auto told = [](const char* name, int tenths) {
    return fmt::format("{} {} {}", name, CvssScoreText(tenths), CvssSeverity(tenths));
  };
  std::string text = told("base", scores.base);
  if (scores.temporal) text += ", " + told("temporal", *scores.temporal);
  if (scores.environmental) text += ", " + told("environmental", *scores.environmental);
  return text;
}

}  // namespace percuss::reports
