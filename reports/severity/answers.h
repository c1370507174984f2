// SPDX-License-Identifier: Apache-2.0
//
// The form on which a person answers what a score needs, as a JSON file, and the way back: schema
// percuss.severity_answers.v1. Pure and thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/json_file.h"
#include "reports/records/severity.h"
#include "reports/severity/questions.h"
#include "reports/validation/located_json.h"

namespace percuss::reports {

constexpr uint64_t kMostAnswerBytes = uint64_t{1} << 20;

// What is asked, of which finding of which package.
struct SeverityForm {
  std::string finding;
  std::string package_id;
  std::string package_sha256;
  std::vector<SeverityQuestion> questions;
};

// To be filled in: "answer", "by" and "why" of each question are empty.
[[nodiscard]] std::string SeverityFormText(const SeverityForm& form);

// The questions as --json has them, { "finding", "package", "questions": [...] }.
[[nodiscard]] common::Json SeverityFormJson(const SeverityForm& form);

// For a terminal, each with what is known and what percuss proposes. Texts of packages and files
// are taken as hostile.
[[nodiscard]] std::string SeverityFormTable(const SeverityForm& form);

// The answers of the form that `text` is, without a rationale. Appends a problem with file and line
// for each mistake: another finding or package, what is no question or no answer to it, a proposal
// accepted that is none, an answer without who gave it, a base metric without an answer. What
// percuss wrote on the form for its reader is not looked at.
[[nodiscard]] SeverityDraft ReadSeverityAnswers(const std::string& text, const std::string& file,
                                                const SeverityForm& form,
                                                std::vector<Problem>& problems);

}  // namespace percuss::reports
