// SPDX-License-Identifier: Apache-2.0
//
// The SQLite file of a store. SQLiteCpp's exceptions end here.
#pragma once

#include <filesystem>
#include <vector>

#include "common/result.h"
#include "reports/index/store.h"

namespace percuss::reports {

// kNotFound when there is none; kCorrupt for what is no index of ours, or of another version.
[[nodiscard]] common::Result<std::vector<StoreEntry>> ReadIndex(const std::filesystem::path& file);

// Takes the place of what is there in one step.
[[nodiscard]] common::Status WriteIndex(const std::filesystem::path& file,
                                        const std::vector<StoreEntry>& entries);

}  // namespace percuss::reports
