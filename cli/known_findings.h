// SPDX-License-Identifier: Apache-2.0
//
// All findings of some packages, each once, with the distinct inputs that show it.
#pragma once

#include <string>
#include <vector>

#include "common/model/finding.h"
#include "common/result.h"
#include "reports/evidence/package_reader.h"

namespace percuss::cli {

// One way to ask for a finding: what it takes is the same in all of its packages.
struct KnownInput {
  size_t package = 0;                          // index of the one to unpack for it
  common::Finding finding;                     // as that package has it
  std::string lacks;                           // why it cannot be asked; mostly empty
  std::vector<std::string> campaign_binaries;  // SHA-256, of each campaign that saw it
};

struct KnownFinding {
  std::string id;
  std::string target;
  std::vector<std::string> packages;  // paths
  std::vector<KnownInput> inputs;     // at least one
};

struct KnownFindings {
  std::vector<reports::PackageReader> packages;
  std::vector<std::string> targets;    // that the packages are about, sorted
  std::vector<KnownFinding> findings;  // by target and id
};

// `places` are packages (zip or folder) and folders of such: of these every zip at any depth and
// every package folder directly inside. Each package's seal is checked. kBadInput for a place that
// holds no package; otherwise as OpenToRun.
[[nodiscard]] common::Result<KnownFindings> ReadKnownFindings(
    const std::vector<std::string>& places);

}  // namespace percuss::cli
