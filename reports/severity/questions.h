// SPDX-License-Identifier: Apache-2.0
//
// What has to be answered before a finding has a score: the metrics of CVSS 3.1 and the questions
// of MITRE's rubric, each with what is known from the package and the validation files, and its
// source. Pure and thread-safe.
//
// A proposal is a limit that the evidence gives, with its reason; it is never an answer until a
// person accepts it. How often an input failed again proposes nothing but that the report can be
// confirmed: it says nothing of the device.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/model/run_record.h"
#include "reports/validation/validation_files.h"

namespace percuss::reports {

constexpr const char* kOpenQuestion = "open: needs a person who knows the device";

struct KnownFact {
  std::string what;
  std::string source;  // "finding.json: exploitability", "validation/threats.json:7"
};

struct SeverityProposal {
  std::string value;  // "H"
  bool at_most = false;
  std::string reason;
  std::string source;
};

struct SeverityQuestion {
  std::string name;    // "AV", "XAVN"
  std::string group;   // base|temporal|environmental|rubric; only those of base must be answered
  std::string metric;  // of a question of the rubric: for which it is asked
  std::string text;
  std::string asked_when;                                    // empty: always
  std::vector<std::pair<std::string, std::string>> choices;  // value and what it means
  std::vector<KnownFact> known;
  std::optional<SeverityProposal> proposal;
};

// In the order of vectors, then of the rubric. `files` may be nullptr; what is not known of a
// finding leaves its question open.
[[nodiscard]] std::vector<SeverityQuestion> SeverityQuestions(const common::Finding& finding,
                                                              const common::RunRecord& record,
                                                              const ValidationFiles* files);

}  // namespace percuss::reports
