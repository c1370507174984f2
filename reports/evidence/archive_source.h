// SPDX-License-Identifier: Apache-2.0
//
// Walks the files of a package, one after the other, in pieces that fit into memory whatever a file
// holds. The only place that reads a zip through libarchive, whose errors become ours here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "reports/evidence/package_path.h"
#include "reports/evidence/stored_zip.h"

namespace percuss::reports {

constexpr size_t kPackageBlockBytes = size_t{256} << 10;

struct PackageVisitor {
  // Whether the content of this file is wanted; one that is not is neither read nor visited.
  std::function<bool(const std::string& path)> wants;
  // A piece of its content, in order.
  ByteSink piece;
  // The file is over. `damage` is what the container says is wrong with it, such as its checksum;
  // the content was then perhaps not whole.
  std::function<common::Status(const std::string& path, uint64_t bytes, const std::string& damage)>
      end;
};

// Names have passed PathGuard and sizes PackageLimits before the visitor sees them. kCorrupt on
// what breaks them, on links, devices and encrypted entries, and on a container that cannot be read
// on.
[[nodiscard]] common::Status WalkZip(const std::filesystem::path& zip, const PackageLimits& limits,
                                     const PackageVisitor& visitor);
// In order of the paths.
[[nodiscard]] common::Status WalkFolder(const std::filesystem::path& folder,
                                        const PackageLimits& limits, const PackageVisitor& visitor);

// Regular files of the folder, sorted; names have passed PathGuard.
[[nodiscard]] common::Result<std::vector<std::string>> ListPackageFolder(
    const std::filesystem::path& folder, const PackageLimits& limits);
// One file of a folder, which must be a regular one, block by block of kPackageBlockBytes but for
// the last; its size. Who keeps a block swaps another in its place. kCorrupt when the file is
// larger than `limit_bytes`.
using BlockSink = std::function<common::Status(std::string& block)>;
[[nodiscard]] common::Result<uint64_t> ReadBlocks(const std::filesystem::path& file,
                                                  uint64_t limit_bytes, const BlockSink& sink);

}  // namespace percuss::reports
