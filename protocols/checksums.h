// SPDX-License-Identifier: Apache-2.0
//
// The checksums that a description can name. Thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace percuss::protocols {

struct Checksum {
  std::string_view name;
  uint64_t (*compute)(std::span<const uint8_t> bytes);
};

// Names of CRCs are those of the CRC RevEng catalogue, with _ for -.
[[nodiscard]] std::span<const Checksum> Checksums();

}  // namespace percuss::protocols
