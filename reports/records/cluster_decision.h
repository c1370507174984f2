// SPDX-License-Identifier: Apache-2.0
//
// Which findings are one bug, said by a person where the clusters of the package are a hypothesis:
// the body of a record of kind "cluster". Decisions are applied in the order in which they were
// said, each to what those before it left. Pure and thread-safe.
#pragma once

#include <string>
#include <vector>

#include "common/json_file.h"
#include "common/model/finding.h"
#include "common/result.h"
#include "reports/records/record_chain.h"

namespace percuss::reports {

struct ClusterDecision {
  // merge: the clusters of these findings are one bug. split: these findings, all of one cluster,
  // are one bug, and another one than what is left of it.
  std::string decision;
  std::vector<std::string> findings;  // ids, each once
  std::string rationale;              // never empty
};

struct SignedClusterDecision {
  ClusterDecision said;
  std::string name;
  std::string role;
  std::string at;      // RFC 3339 as the record has it
  std::string sha256;  // of the record
};

// kBadInput, with what is missing, for one that decides nothing by its form.
[[nodiscard]] common::Result<common::Json> ClusterDecisionBody(const ClusterDecision& decision);

// Those of one package, in the order in which they were said; one that cannot be read decides
// nothing. package_sha256 is empty for a package that is a folder; then its id alone tells.
[[nodiscard]] std::vector<SignedClusterDecision> ClusterDecisions(
    const RecordChain& chain, const std::string& package_id, const std::string& package_sha256);

// Moves the findings' cluster. kBadInput, and nothing is moved, for what these findings do not
// allow: an id that none has, a merge of one cluster or of several targets, a split of a whole
// cluster or of several.
[[nodiscard]] common::Status ApplyClusterDecision(const ClusterDecision& decision,
                                                  std::vector<common::Finding>& findings);

// All of them; what cannot be applied is passed over. neighbours of the findings follow. Of each
// finding the last decision that its cluster rests on, nullptr where there is none; by the
// findings' order. The decisions must outlive the result.
std::vector<const SignedClusterDecision*> ApplyClusterDecisions(
    const std::vector<SignedClusterDecision>& decisions, std::vector<common::Finding>& findings);

}  // namespace percuss::reports
