// SPDX-License-Identifier: Apache-2.0
//
// Where descriptions are. Thread-safe as long as nobody changes the environment.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace percuss::protocols {

// The folder that PERCUSS_MODELS names, else the one that was built beside the program.
[[nodiscard]] std::filesystem::path ShippedModels();
// Names of those in it, sorted.
[[nodiscard]] std::vector<std::string> ShippedModelNames();
// A name of one of those, or else a file's path, which is given back as it is.
[[nodiscard]] std::filesystem::path ModelPath(const std::string& name_or_path);

}  // namespace percuss::protocols
