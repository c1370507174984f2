// SPDX-License-Identifier: Apache-2.0
#include "reports/records/disposition.h"

#include <algorithm>

#include "common/json_numbers.h"

namespace percuss::reports {
namespace {

using common::ErrorCode;
using common::Fail;
using common::Json;

}  // namespace

const std::vector<std::string>& DispositionStates() {
  static const std::vector<std::string> kStates = {
      "open", "confirmed", "false_positive", "duplicate", "accepted", "deferred", "fixed"};
  return kStates;
}

const std::vector<std::string>& VexJustifications() {
  static const std::vector<std::string> kLabels = {
      "component_not_present", "vulnerable_code_not_present", "vulnerable_code_not_in_execute_path",
      "vulnerable_code_cannot_be_controlled_by_adversary", "inline_mitigations_already_exist"};
  return kLabels;
}

common::Result<Json> DispositionBody(const DispositionDraft& disposition) {
  const auto& states = DispositionStates();
  if (std::find(states.begin(), states.end(), disposition.status) == states.end()) {
    return Fail(ErrorCode::kBadInput, "there is no state \"" + disposition.status + "\"");
  }
  if (disposition.rationale.empty()) {
    return Fail(ErrorCode::kBadInput, "a disposition needs a rationale");
  }
  Json body = {{"finding", disposition.finding},
               {"status", disposition.status},
               {"rationale", disposition.rationale},
               {"references", disposition.references}};
  if (disposition.status == "deferred") {
    const auto& deferral = disposition.deferral;
    if (!deferral || deferral->risk.empty() || deferral->timeline.empty() ||
        deferral->interim_measure.empty()) {
      return Fail(ErrorCode::kBadInput,
                  "a deferred finding needs its risk, a timeline and an interim measure");
    }
    body["deferral"] = {{"risk", deferral->risk},
                        {"timeline", deferral->timeline},
                        {"interim_measure", deferral->interim_measure}};
    if (!deferral->time_to_field.empty())
      body["deferral"]["time_to_field"] = deferral->time_to_field;
  } else if (disposition.deferral) {
    return Fail(ErrorCode::kBadInput,
                "risk, timeline and interim measure belong to a deferred finding");
  }
  if ((disposition.status == "fixed") != disposition.retest.has_value()) {
    return Fail(ErrorCode::kBadInput, disposition.retest
                                          ? "a retest belongs to a fixed finding"
                                          : "a finding is fixed when its inputs were run again on "
                                            "another build, and on none else");
  }
  if (disposition.retest) {
    body["retest"] = {{"binary_sha256", disposition.retest->binary_sha256},
                      {"inputs", disposition.retest->inputs},
                      {"runs", disposition.retest->runs}};
  }
  if (!disposition.justification.empty()) {
    const auto& labels = VexJustifications();
    if (std::find(labels.begin(), labels.end(), disposition.justification) == labels.end()) {
      return Fail(ErrorCode::kBadInput,
                  "there is no justification \"" + disposition.justification + "\"");
    }
    if (disposition.status != "false_positive") {
      return Fail(ErrorCode::kBadInput, "a justification belongs to a false positive");
    }
    body["justification"] = disposition.justification;
  }
  return body;
}

common::Result<DispositionDraft> ReadDisposition(const Json& body) {
  if (!common::NumbersFit(body)) {
    return Fail(ErrorCode::kBadInput, "is no disposition: a number in it is out of range");
  }
  try {
    DispositionDraft read;
    body.at("finding").get_to(read.finding);
    body.at("status").get_to(read.status);
    body.at("rationale").get_to(read.rationale);
    body.at("references").get_to(read.references);
    if (const auto it = body.find("deferral"); it != body.end()) {
      read.deferral = Deferral{it->at("risk"), it->at("timeline"), it->at("interim_measure"),
                               it->value("time_to_field", "")};
    }
    if (const auto it = body.find("retest"); it != body.end()) {
      read.retest = Retest{it->at("binary_sha256"), it->at("inputs").get<int64_t>(),
                           it->at("runs").get<int64_t>()};
    }
    read.justification = body.value("justification", "");
    const auto again = DispositionBody(read);
    if (!again) return tl::make_unexpected(again.error());
    return read;
  } catch (const nlohmann::json::exception& error) {
    return Fail(ErrorCode::kBadInput, std::string("is no disposition: ") + error.what());
  }
}

}  // namespace percuss::reports
