// SPDX-License-Identifier: Apache-2.0
//
// Walks the files of a package, one after the other, whole. The only place that reads a zip,
// through libarchive; its errors become ours here.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "common/result.h"
#include "reports/evidence/package_path.h"

namespace percuss::reports {

struct SourceFile {
  std::string path;
  std::string content;
  std::string damage;  // see PackageEntry; the content may then be incomplete
};

struct PackageVisitor {
  // Whether the content of this file is wanted; one that is not is neither read nor visited.
  std::function<bool(const std::string& path)> wants;
  std::function<common::Status(SourceFile file)> visit;
};

// Names have passed PathGuard and sizes PackageLimits before `visit` sees them. kCorrupt on what
// breaks them, on links, devices and encrypted entries, and on a container that cannot be read on.
[[nodiscard]] common::Status WalkZip(const std::filesystem::path& zip, const PackageLimits& limits,
                                     const PackageVisitor& visitor);
// In order of the paths.
[[nodiscard]] common::Status WalkFolder(const std::filesystem::path& folder,
                                        const PackageLimits& limits, const PackageVisitor& visitor);

}  // namespace percuss::reports
