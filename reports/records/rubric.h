// SPDX-License-Identifier: Apache-2.0
//
// The questions of MITRE's Rubric for Applying CVSS to Medical Devices (Chase and Christey Coley,
// version 0.12.04, October 2020; qualified by FDA as a Medical Device Development Tool), by their
// names there, in words of ours. Its flow diagrams, which lead from answers to metrics, are not
// here: who scores follows them in the document, and answers the metric. Pure and thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "reports/records/cvss.h"

namespace percuss::reports {

constexpr const char* kRubricName = "MITRE Rubric for Applying CVSS to Medical Devices";
constexpr const char* kRubricVersion = "0.12.04";

struct RubricQuestion {
  const char* name;    // "XAVN"
  const char* metric;  // of CVSS that it is asked for: "AV"
  const char* text;
  const char* asked_when;  // "" : always
};

// In the document's order.
[[nodiscard]] const std::vector<RubricQuestion>& RubricQuestions();
[[nodiscard]] const RubricQuestion* FindRubricQuestion(std::string_view name);

// yes|no|unknown|not_applicable
[[nodiscard]] bool IsRubricAnswer(std::string_view answer);

// Question to answer.
using RubricAnswers = std::map<std::string, std::string, std::less<>>;

// Where an answer and a metric cannot both be true, by what the question and the metric mean, as
// "XUI is yes, and UI is N"; empty: nowhere.
[[nodiscard]] std::vector<std::string> RubricContradictions(const RubricAnswers& answers,
                                                            const CvssValues& values);

}  // namespace percuss::reports
