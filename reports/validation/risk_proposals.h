// SPDX-License-Identifier: Apache-2.0
//
// What findings mean for the risk file, as proposals that a person accepts or refuses. risks.json
// is never written: who accepts a proposal edits the file, and percuss comply tells when nobody
// did. ISO 14971:2019, clause 10, asks for the review; what follows from it is people's.
#pragma once

#include <string>
#include <vector>

#include "reports/records/record_chain.h"
#include "reports/validation/trace.h"

namespace percuss::reports {

struct RiskProposal {
  std::string finding;
  std::string change;  // exploitability: of a security risk; new_hazard: no risk knows its target
  std::string risk;    // id; empty for a new hazard
  std::string from;    // exploitability as risks.json has it, and as it is proposed
  std::string to;
  std::string why;
};

// For each finding that is open or real, and each security risk that its target answers: one step
// up of exploitability, where there is one. A finding whose target no security risk is linked to is
// a new hazard. In the trace's order.
[[nodiscard]] std::vector<RiskProposal> ProposeRiskChanges(const ValidationFiles& files,
                                                           const Trace& trace);

// Body of a record of kind "proposal".
[[nodiscard]] common::Json ProposalBody(const RiskProposal& proposal);

// A proposal as a chain has it, with what became of it.
struct RecordedProposal {
  int64_t sequence = 0;
  std::string sha256;  // of its record
  RiskProposal proposal;
  std::string package_id;
  std::string package_sha256;
  std::string decision;      // accepted|refused; empty while nobody has decided
  int64_t decided_by = 0;    // the record of the decision, which is the first
  std::string decided_name;  // of who decided
};
[[nodiscard]] std::vector<RecordedProposal> ProposalsOf(const RecordChain& chain);

// Whether the chain has that proposal already, decided or not; from whatever exploitability: a
// finding moves a risk by one step, once.
[[nodiscard]] bool IsProposed(const std::vector<RecordedProposal>& proposals,
                              const RiskProposal& proposal);

}  // namespace percuss::reports
