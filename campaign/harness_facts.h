// SPDX-License-Identifier: Apache-2.0
//
// What a harness built with our SDK says about itself in its ELF symbol table
// (harnesses/sdk/percuss_harness.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace percuss::campaign {

struct HarnessFacts {
  int64_t input_format_version = 0;
};

// Nothing when the binary was not built with the SDK, or is not an ELF file that can be read.
// Thread-safe.
[[nodiscard]] std::optional<HarnessFacts> ReadHarnessFacts(const std::filesystem::path& binary);

}  // namespace percuss::campaign
