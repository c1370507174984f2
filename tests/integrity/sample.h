// SPDX-License-Identifier: Apache-2.0
//
// For tests of integrity: a small sealed package and a file of records about it, made by the code
// that campaigns use.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "common/result.h"

namespace percuss::tests {

struct SampleOptions {
  uint64_t extra_bytes = 0;  // in two more files of the package, of half as much each; no records
  bool other = false;  // another package of the same device, and other records by the same keys
};

// FOLDER/package.zip (signed by FOLDER/keys/lab, sealed at 2026-02-01T00:00:00Z) and
// FOLDER/records.jsonl with six records by two keys.
[[nodiscard]] common::Status MakeSample(const std::filesystem::path& folder,
                                        const SampleOptions& options);

}  // namespace percuss::tests
