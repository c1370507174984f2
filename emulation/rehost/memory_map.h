// SPDX-License-Identifier: Apache-2.0
//
// What describes where memory is, in a MachineImage or for one: rounding, holes, merging. Pure,
// thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "emulation/rehost/core/machine_file.h"

namespace percuss::emulation {

constexpr uint64_t kMapPageBytes = 4096;
constexpr uint64_t kAddressSpaceBytes = uint64_t{1} << 32U;

// Ascending, and those that overlap or touch as one.
void MergeSpans(std::vector<rehost::AddressSpan>& spans);
[[nodiscard]] bool Overlap(const rehost::AddressSpan& one, const rehost::AddressSpan& other);
[[nodiscard]] rehost::AddressSpan SpanOf(const rehost::Region& region);

// The regions without what lies in `hole`; where one is cut in two, both keep its name.
void CutHole(std::vector<rehost::Region>& regions, const rehost::AddressSpan& hole);

// Writes over what a region begins with; false where the bytes do not lie in one region.
[[nodiscard]] bool PatchBytes(std::vector<rehost::Region>& regions, uint32_t address,
                              const std::string& bytes);
// A little-endian word of what a region begins with.
[[nodiscard]] std::optional<uint32_t> WordAt(const std::vector<rehost::Region>& regions,
                                             uint32_t address);
// Whether the address lies in memory that may be executed.
[[nodiscard]] bool IsExecutable(const std::vector<rehost::Region>& regions, uint32_t address);

}  // namespace percuss::emulation
