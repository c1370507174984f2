// SPDX-License-Identifier: Apache-2.0
//
// What a published vulnerability means for a product that holds the component, as the body of a
// record of kind "assessment" (IEC 81001-5-1, clause 9; the states are those of VEX). It is about
// one version of the product: another version is another statement.
#pragma once

#include <string>
#include <vector>

#include "common/json_file.h"
#include "common/result.h"
#include "reports/records/record_chain.h"

namespace percuss::reports {

struct AssessmentDraft {
  std::string vulnerability;  // CVE, or the feed's own id
  std::string component;      // package URL, or name@version
  std::string product;
  std::string product_version;
  std::string status;         // not_affected|affected|fixed|under_investigation
  std::string rationale;      // never empty
  std::string justification;  // of not_affected, one of VexJustifications(); required there
  std::string action;         // of affected: what to do; required there
};

[[nodiscard]] const std::vector<std::string>& AssessmentStates();

// kBadInput, with what is missing, for one that says less than its state must.
[[nodiscard]] common::Result<common::Json> AssessmentBody(const AssessmentDraft& assessment);

struct SignedAssessment {
  AssessmentDraft said;
  std::string name;
  std::string role;
  std::string at;
  std::string sha256;  // of the record
};

// The last of each vulnerability, component and product version, in the order in which they were
// said. A record that cannot be read is passed over where it names none of these, and else takes
// back what was said before, as under_investigation.
[[nodiscard]] std::vector<SignedAssessment> LastAssessments(const RecordChain& chain);

}  // namespace percuss::reports
