// SPDX-License-Identifier: Apache-2.0
#include "reports/html/severity_parts.h"

#include <fmt/format.h>

#include "reports/export/severity_words.h"
#include "reports/export/text.h"

namespace percuss::reports {
namespace {

constexpr size_t kTextBytes = 1'000;

std::string WhoText(const SeverityAnswer& answer) {
  return answer.by == kAnsweredByPercuss ? "percuss proposed it, accepted" : "a person";
}

std::string ValueText(const SeverityAnswer& answer) {
  const CvssMetric* metric = FindCvssMetric(answer.name);
  const CvssValue* value = metric == nullptr ? nullptr : metric->Find(answer.value);
  return value == nullptr ? answer.value : fmt::format("{} · {}", answer.value, value->name);
}

std::string AskedText(const SeverityAnswer& answer) {
  if (const CvssMetric* metric = FindCvssMetric(answer.name)) return metric->title;
  const RubricQuestion* question = FindRubricQuestion(answer.name);
  return question == nullptr ? "" : question->text;
}

}  // namespace

void AddSeverityFacts(const SignedSeverity* severity, Facts& facts) {
  if (severity == nullptr) {
    facts.emplace_back("CVSS 3.1", kNotScored);
    return;
  }
  facts.emplace_back("CVSS 3.1",
                     fmt::format("{} · {}", ScoresText(severity->scores), severity->vector));
  facts.emplace_back("Scored by", fmt::format("{}, {}: {}", ScoredBy(*severity),
                                              ClippedText(severity->at, kTextBytes),
                                              ClippedText(severity->said.rationale, kTextBytes)));
  const size_t open = OpenRubricQuestions(severity->said).size();
  facts.emplace_back("MITRE rubric",
                     fmt::format("version {}, {} of {} questions answered", kRubricVersion,
                                 RubricQuestions().size() - open, RubricQuestions().size()));
}

std::string SeverityTable(Renderer& renderer, const SignedSeverity* severity) {
  if (severity == nullptr) return {};
  Table table{
      "What the score is made of",
      {{"Metric", false}, {"Asked", false}, {"Answer", false}, {"By", false}, {"Why", false}},
      {},
      ""};
  for (const auto* answers : {&severity->said.cvss, &severity->said.rubric}) {
    for (const SeverityAnswer& answer : *answers) {
      table.rows.push_back({{answer.name, "mono", ""},
                            {AskedText(answer), "", ""},
                            {ValueText(answer), "", ""},
                            {WhoText(answer), "", ""},
                            {ClippedText(answer.why, kTextBytes), "", ""}});
    }
  }
  return renderer.TableHtml(table);
}

}  // namespace percuss::reports
