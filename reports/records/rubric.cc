// SPDX-License-Identifier: Apache-2.0
#include "reports/records/rubric.h"

#include <fmt/format.h>

#include <algorithm>

namespace percuss::reports {
namespace {

// An answer, and the values of its metric that go with it.
struct Fit {
  std::string_view question;
  std::string_view answer;
  std::string_view values;
};

// Impacts are not here, see RubricContradictions.
// XAVT is not either: CVSS calls a network that ends at its subnet adjacent, whatever its layers.
constexpr Fit kFits[] = {{"XAVN", "no", "LP"}, {"XAVP", "yes", "P"}, {"XAVP", "no", "NAL"},
                         {"XACL", "yes", "L"}, {"XACL", "no", "H"},  {"XPRZ", "yes", "LH"},
                         {"XPRZ", "no", "N"},  {"XPRS", "yes", "H"}, {"XPRS", "no", "NL"},
                         {"XUI", "yes", "R"},  {"XUI", "no", "N"},   {"XS", "yes", "C"},
                         {"XS", "no", "U"}};

bool IsImpact(std::string_view metric) { return metric == "C" || metric == "I" || metric == "A"; }

}  // namespace

const std::vector<RubricQuestion>& RubricQuestions() {
  static const std::vector<RubricQuestion> kQuestions = {
      {"XAVN", "AV", "Is there a network or communication protocol by which it can be attacked?",
       ""},
      {"XAVT", "AV", "Does that network have OSI layers 3 or 4 (IP, TCP, UDP)?", "XAVN is yes"},
      {"XAVW", "AV", "Is it a wireless channel?", "XAVT is no"},
      {"XAVR", "AV", "Does the channel reach no further than about 10 feet (3 m)?", "XAVW is yes"},
      {"XAVP", "AV", "Does the attacker have to touch the device?", "XAVN is no"},
      {"XAVPA", "AV", "Is it reached by the controls that people use the device with?",
       "XAVP is yes"},
      {"XACL", "AC",
       "Can it be attacked whenever the attacker likes, without special circumstances or settings, "
       "and without another attack before?",
       ""},
      {"XPRL", "PR", "Are there several users or roles that log in, with different privileges?",
       ""},
      {"XPRZ", "PR", "Does the attacker need an authorization for the component first?",
       "XPRL is yes"},
      {"XPRS", "PR", "Does that have to be the one of an administrator, maintainer or the system?",
       "XPRZ is yes"},
      {"XUI", "UI", "Does another person have to do something for the attack to succeed?", ""},
      {"XS", "S", "Can a component be harmed that another authority controls?", ""},
      {"XCP", "C", "Health or personal data: can any be read?", ""},
      {"XCPM", "C", "Can that be the data of many patients, some 500 or more?", "XCP is yes"},
      {"XIP", "I", "Health or personal data: can any be changed or deleted?", ""},
      {"XAP", "A", "Health or personal data: can any be made inaccessible?", ""},
      {"XCD", "C", "Diagnosis or monitoring: can data or functions be read?", ""},
      {"XID", "I", "Diagnosis or monitoring: can data or functions be changed or deleted?", ""},
      {"XAD", "A", "Diagnosis or monitoring: can data or functions be made inaccessible?", ""},
      {"XCT", "C", "Therapy: can data or functions be read?", ""},
      {"XIT", "I", "Therapy: can data or functions be changed or deleted?", ""},
      {"XAT", "A", "Therapy: can data or functions be made inaccessible?", ""},
      {"XCW", "C", "Clinical workflow: can data or functions be read?", ""},
      {"XIW", "I", "Clinical workflow: can data or functions be changed or deleted?", ""},
      {"XAW", "A", "Clinical workflow: can data or functions be made inaccessible?", ""},
      {"XCS", "C", "Private data of the system or its users (passwords, keys): can any be read?",
       ""},
      {"XIS", "I",
       "Private data of the system or its users (passwords, keys): can any be changed or deleted?",
       ""},
      {"XAS", "A",
       "Private data of the system or its users (passwords, keys): can any be made inaccessible?",
       ""},
      {"XCO", "C", "Anything else that is critical or sensitive: can it be read?", ""},
      {"XIO", "I", "Anything else that is critical or sensitive: can it be changed or deleted?",
       ""},
      {"XAO", "A", "Anything else that is critical or sensitive: can it be made inaccessible?",
       ""}};
  return kQuestions;
}

const RubricQuestion* FindRubricQuestion(std::string_view name) {
  for (const RubricQuestion& question : RubricQuestions()) {
    if (question.name == name) return &question;
  }
  return nullptr;
}

bool IsRubricAnswer(std::string_view answer) {
  return answer == "yes" || answer == "no" || answer == "unknown" || answer == "not_applicable";
}

std::vector<std::string> RubricContradictions(const RubricAnswers& answers,
                                              const CvssValues& values) {
  std::vector<std::string> found;
  for (const auto& [name, answer] : answers) {
    const RubricQuestion* question = FindRubricQuestion(name);
    const auto value = question == nullptr ? values.end() : values.find(question->metric);
    if (value == values.end() || value->second.empty()) continue;
    bool fits = true;
    for (const Fit& fit : kFits) {
      if (fit.question != name || fit.answer != answer) continue;
      fits = fit.values.find(value->second.front()) != std::string_view::npos;
    }
    if (IsImpact(question->metric) && name != "XCPM" && answer == "yes") {
      fits = value->second != "N";
    }
    if (!fits) {
      found.push_back(
          fmt::format("{} is {}, and {} is {}", name, answer, question->metric, value->second));
    }
  }
  return found;
}

}  // namespace percuss::reports
