// SPDX-License-Identifier: Apache-2.0
//
// The bill of materials that a sub-command was given: a file of its own, or the one in a package.
#pragma once

#include <string>

#include "common/model/sbom.h"
#include "common/result.h"

namespace percuss::cli {

struct GivenSbom {
  common::Sbom sbom;
  std::string sha256;  // of the document
};

// A package must have an intact seal, kCorrupt otherwise; kBadInput for one without an SBOM.
[[nodiscard]] common::Result<GivenSbom> ReadGivenSbom(const std::string& path);

}  // namespace percuss::cli
