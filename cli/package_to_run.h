// SPDX-License-Identifier: Apache-2.0
//
// For the sub-commands that run what a package holds.
#pragma once

#include <filesystem>

#include "common/result.h"
#include "reports/evidence/package_reader.h"

namespace percuss::cli {

// A package, zip or folder, with an intact seal: where it is broken nobody knows what would be run,
// and it is kCorrupt.
[[nodiscard]] common::Result<reports::PackageReader> OpenToRun(
    const std::filesystem::path& package);

}  // namespace percuss::cli
