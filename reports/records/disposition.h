// SPDX-License-Identifier: Apache-2.0
//
// What became of a finding, as the body of a record of kind "disposition". The states follow
// IEC 81001-5-1, clause 9 (handling of security-related issues), and ISO 14971, clause 10: a
// finding is open until somebody answers for another state, with a rationale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/json_file.h"
#include "common/result.h"

namespace percuss::reports {

struct Deferral {
  std::string risk;             // why it may wait
  std::string timeline;         // until when
  std::string interim_measure;  // what protects meanwhile
  std::string time_to_field;    // how long until it is in use; may be empty
};

// The finding's inputs on another build, none of which showed a fault.
struct Retest {
  std::string binary_sha256;  // not the digest of the campaign's binary
  int64_t inputs = 0;         // original, and minimised where there is one
  int64_t runs = 0;           // of each
};

struct DispositionDraft {
  std::string finding;
  std::string status;
  std::string rationale;
  std::vector<std::string> references;  // CAPA, issue, risk or requirement ids
  std::optional<Deferral> deferral;     // of "deferred", and of it alone
  std::optional<Retest> retest;         // of "fixed", and of it alone
  std::string justification;            // of "false_positive"; may be empty
};

// open|confirmed|false_positive|duplicate|accepted|deferred|fixed
[[nodiscard]] const std::vector<std::string>& DispositionStates();

// Why a product is not affected, in the words that OpenVEX 0.2.0 and CSAF 2.0 share.
[[nodiscard]] const std::vector<std::string>& VexJustifications();

// kBadInput, with what is missing, for one that says less than its state must.
[[nodiscard]] common::Result<common::Json> DispositionBody(const DispositionDraft& disposition);

// The same read back; kBadInput for what DispositionBody would not have written.
[[nodiscard]] common::Result<DispositionDraft> ReadDisposition(const common::Json& body);

}  // namespace percuss::reports
