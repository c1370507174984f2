// SPDX-License-Identifier: Apache-2.0
#include "reports/records/assessment.h"

#include <algorithm>

#include "reports/records/disposition.h"

namespace percuss::reports {
namespace {

using common::ErrorCode;
using common::Fail;
using common::Json;

std::string TextOf(const Json& body, const char* name) {
  const auto it = body.is_object() ? body.find(name) : body.end();
  return it != body.end() && it->is_string() ? it->get<std::string>() : "";
}

bool Holds(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool SameSubject(const AssessmentDraft& left, const AssessmentDraft& right) {
  return left.vulnerability == right.vulnerability && left.component == right.component &&
         left.product == right.product && left.product_version == right.product_version;
}

}  // namespace

const std::vector<std::string>& AssessmentStates() {
  static const std::vector<std::string> kStates = {"not_affected", "affected", "fixed",
                                                   "under_investigation"};
  return kStates;
}

common::Result<Json> AssessmentBody(const AssessmentDraft& assessment) {
  if (!Holds(AssessmentStates(), assessment.status)) {
    return Fail(ErrorCode::kBadInput, "there is no state \"" + assessment.status + "\"");
  }
  if (assessment.vulnerability.empty() || assessment.component.empty() ||
      assessment.rationale.empty()) {
    return Fail(ErrorCode::kBadInput,
                "an assessment needs a vulnerability, a component and a rationale");
  }
  Json body = {{"vulnerability", assessment.vulnerability},
               {"component", assessment.component},
               {"product", {{"name", assessment.product}, {"version", assessment.product_version}}},
               {"status", assessment.status},
               {"rationale", assessment.rationale}};
  const bool clear = assessment.status == "not_affected";
  if (clear != !assessment.justification.empty() ||
      (clear && !Holds(VexJustifications(), assessment.justification))) {
    return Fail(ErrorCode::kBadInput,
                clear ? "not_affected needs a justification, in the words of VEX"
                      : "a justification belongs to not_affected");
  }
  if (clear) body["justification"] = assessment.justification;
  if ((assessment.status == "affected") != !assessment.action.empty()) {
    return Fail(ErrorCode::kBadInput, assessment.action.empty()
                                          ? "affected needs an action: what users are to do"
                                          : "an action belongs to affected");
  }
  if (!assessment.action.empty()) body["action"] = assessment.action;
  return body;
}

std::vector<SignedAssessment> LastAssessments(const RecordChain& chain) {
  std::vector<SignedAssessment> last;
  for (const Record& record : chain.records) {
    if (record.said.kind != "assessment") continue;
    const Json& body = record.said.body;
    const auto member = body.is_object() ? body.find("product") : body.end();
    const Json product = member == body.end() ? Json() : *member;
    SignedAssessment entry;
    entry.said = {TextOf(body, "vulnerability"), TextOf(body, "component"),
                  TextOf(product, "name"),       TextOf(product, "version"),
                  TextOf(body, "status"),        TextOf(body, "rationale"),
                  TextOf(body, "justification"), TextOf(body, "action")};
    if (entry.said.vulnerability.empty() || entry.said.component.empty()) continue;
    if (const auto good = AssessmentBody(entry.said); !good) {
      entry.said.status = "under_investigation";
      entry.said.rationale = "the last record of it cannot be read: " + good.error().message;
      entry.said.justification.clear();
      entry.said.action.clear();
    }
    entry.name = record.said.name;
    entry.role = record.said.role;
    entry.at = record.at;
    entry.sha256 = record.sha256;
    last.erase(std::remove_if(last.begin(), last.end(),
                              [&](const SignedAssessment& before) {
                                return SameSubject(before.said, entry.said);
                              }),
               last.end());
    last.push_back(std::move(entry));
  }
  return last;
}

}  // namespace percuss::reports
