// SPDX-License-Identifier: Apache-2.0
//
// How severe a finding is, said by a person: the body of a record of kind "severity". The score is
// never said but computed of the answers, and a body whose vector, scores or answers do not go
// together is none. Pure and thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/json_file.h"
#include "common/result.h"
#include "reports/records/cvss.h"
#include "reports/records/record_chain.h"
#include "reports/records/rubric.h"

namespace percuss::reports {

// Who answered: a person, or percuss with a proposal that the person who signs accepted.
constexpr std::string_view kAnsweredByPerson = "person";
constexpr std::string_view kAnsweredByPercuss = "percuss";

struct SeverityAnswer {
  std::string name;  // of a metric ("AV") or a question of the rubric ("XAVN")
  std::string value;
  std::string by;   // kAnsweredByPerson or kAnsweredByPercuss
  std::string why;  // may be empty
};

struct SeverityDraft {
  std::string finding;
  std::string rationale;
  std::vector<SeverityAnswer> cvss;    // every base metric; the others as far as they are given
  std::vector<SeverityAnswer> rubric;  // as far as they are given
};

[[nodiscard]] CvssValues CvssValuesOf(const SeverityDraft& draft);
[[nodiscard]] RubricAnswers RubricAnswersOf(const SeverityDraft& draft);
// Those of the rubric without an answer, in its order.
[[nodiscard]] std::vector<std::string> OpenRubricQuestions(const SeverityDraft& draft);

// kBadInput, with what is wrong, for one that is no severity: a base metric is open, an answer is
// none or there twice, answers contradict one another.
[[nodiscard]] common::Result<common::Json> SeverityBody(const SeverityDraft& draft);
// Back; kBadInput for what SeverityBody would not have written, a wrong score among it.
[[nodiscard]] common::Result<SeverityDraft> ReadSeverity(const common::Json& body);

struct SignedSeverity {
  SeverityDraft said;
  std::string vector;
  CvssScores scores;
  std::string name;
  std::string role;
  std::string at;      // RFC 3339 as the record has it
  std::string sha256;  // of the record
};

// The last of each finding, by its id. What was said of another package does not count; one that
// cannot be read takes back what was said before: then the finding is not scored. package_sha256 is
// empty for a package that is a folder; then its id alone decides.
using Severities = std::map<std::string, SignedSeverity, std::less<>>;
[[nodiscard]] Severities LastSeverities(const RecordChain& chain, const std::string& package_id,
                                        const std::string& package_sha256);

// The score that counts where one is asked for: the base score, which hangs on no place of use.
// "9.8 CRITICAL".
[[nodiscard]] std::string SeverityText(const SignedSeverity& severity);
// All scores: "base 9.8 CRITICAL, environmental 6.0 MEDIUM".
[[nodiscard]] std::string ScoresText(const CvssScores& scores);

}  // namespace percuss::reports
