// SPDX-License-Identifier: Apache-2.0
//
// Reads a zip that should be in the one form (stored_zip.h) straight from its first to its last
// byte, and says where it is not. Content that is right in a container that is not still means that
// somebody changed bytes: prepended, appended, repacked, or hidden between two entries.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "common/result.h"
#include "reports/evidence/archive_source.h"

namespace percuss::reports {

struct StoredZipScan {
  std::vector<StoredEntry> entries;
  // Of the first byte that is not as the one form has it, or where the entry begins whose content
  // has another checksum, whose name no package may have, or that passes a limit.
  std::optional<uint64_t> differs_at;
};

// Each byte is read once. The visitor sees the files before a difference, and perhaps pieces of the
// one in which it is. kIo when the zip cannot be read.
[[nodiscard]] common::Result<StoredZipScan> ScanStoredZip(const std::filesystem::path& zip,
                                                          const PackageLimits& limits,
                                                          const PackageVisitor& visitor);

}  // namespace percuss::reports
