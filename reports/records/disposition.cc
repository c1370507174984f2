// SPDX-License-Identifier: Apache-2.0
#include "reports/records/disposition.h"

#include <algorithm>

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
  return body;
}

}  // namespace percuss::reports
