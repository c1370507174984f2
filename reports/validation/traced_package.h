// SPDX-License-Identifier: Apache-2.0
//
// Of an evidence package, what tracing needs of it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"

namespace percuss::reports {

struct TracedTarget {
  std::string id;
  std::string interface_id;
  std::string verdict;
};

struct TracedFinding {
  std::string id;
  std::string target;
  std::string text;  // kind, class, CWE and function
};

struct TracedPackage {
  std::string file;  // as it was named
  std::string id;
  std::string sha256;  // of the zip; empty for a folder
  std::string signer;  // key id, empty when it is not signed
  std::string started_at;
  std::string verdict;
  std::vector<TracedTarget> targets;
  std::vector<TracedFinding> findings;
};

// Verifies first; with a key, also that the package is signed by it. kCorrupt when the package is
// not what was sealed; otherwise as VerifyPackage and ReadRunRecord.
[[nodiscard]] common::Result<TracedPackage> ReadTracedPackage(
    const std::filesystem::path& package, const std::optional<std::filesystem::path>& key_file);

}  // namespace percuss::reports
