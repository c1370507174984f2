// SPDX-License-Identifier: Apache-2.0
//
// One bill of materials for all that a campaign tested: the device, its targets, their builds, what
// these were seen to need, and what the user's own bills say of them.
//
//   device ──► target/<id> ──► libraries, third-party sources, the user's components
//                   └── target/<id>/<role>: one build, with its digest
//
// What the user says of a component (supplier, version, support) takes the place of what a build
// shows; what a build shows (digests, patches) is added to it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/model/run_record.h"
#include "common/model/sbom.h"

namespace percuss::reports {

// What is known of one target's parts beside the record.
struct TargetParts {
  common::BuildFacts built;           // built.target says which
  std::optional<common::Sbom> given;  // the user's
};

// The id of a target's component in a composed bill of materials.
[[nodiscard]] std::string TargetComponentId(const std::string& target);

// Pure and thread-safe. Components of the user's that are the same package (purl without
// qualifiers), file (SHA-256) or name and version as one that is there already become one with it.
//
// `device` is the user's of the whole device, or nullptr: its subject becomes the device, and a
// component whose id is one of ours ("target/hl7") that one. What a document of a target's says
// goes before it. A build whose version, supplier or support nobody told has its target's.
[[nodiscard]] common::Sbom ComposeSbom(const common::RunRecord& record,
                                       const std::vector<TargetParts>& parts,
                                       const common::Sbom* device = nullptr);

}  // namespace percuss::reports
