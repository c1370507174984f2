// SPDX-License-Identifier: Apache-2.0
//
// What an export or the HTML report says about the package that its record comes from. The record
// does not hold it: a package can name neither its own digest nor the signatures that were made
// over it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/model/sbom.h"
#include "reports/records/cluster_decision.h"
#include "reports/records/last_dispositions.h"
#include "reports/records/severity.h"

namespace percuss::reports {

enum class SealState {
  kBeingSealed,  // rendered into the package before it is closed; the reader is told to run
                 // `percuss verify`
  kUnsigned,
  kSigned,
};

struct SignatureLine {
  std::string name;
  std::string role;
  std::string time;  // RFC 3339 UTC
  std::string meaning;
};

struct PackageFacts {
  std::string package_id;      // UUID
  std::string created_at;      // RFC 3339 UTC
  std::string file_name;       // what commands shown to the reader call it; "PACKAGE" when empty
  std::string package_sha256;  // of the zip; empty while the package is being sealed
  std::string manifest_sha256 = {};  // of manifest.json; may be empty
  SealState seal = SealState::kBeingSealed;
  std::string signer;  // key id; empty when there is no key
  std::vector<SignatureLine> signatures;
  std::vector<SignedDisposition> dispositions;  // what was last said of its findings
  // Of findings whose cluster rests on a person's word, by id: the last that was said.
  std::map<std::string, SignedClusterDecision> cluster_decisions = {};
  Severities severities = {};       // what was last said of each, by id
  std::string publisher;            // who issues a document; empty: the tester
  std::string publisher_namespace;  // a URI of theirs; may be empty
  std::string
      source_root;    // absolute; source paths below it are shown relative to it. May be empty
  common::Sbom sbom;  // what the package holds; no format when it holds none
};

}  // namespace percuss::reports
