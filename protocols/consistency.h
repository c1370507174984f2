// SPDX-License-Identifier: Apache-2.0
//
// Numbers that follow from other fields: lengths, counts, offsets, checksums.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/tree.h"

namespace percuss::protocols {

// What a number with `=` of other fields should be, cut to what it can hold. Nothing for all else,
// and where a field that it depends on is missing.
[[nodiscard]] std::optional<uint64_t> ExpectedValue(const Tree& tree, NodeId id);

// The numbers that are not what they should be.
[[nodiscard]] std::vector<NodeId> WrongNumbers(const Tree& tree);

// Sets all of them but the pinned ones: lengths, counts and offsets until none changes any more,
// then checksums, inner ones before those around them.
void Repair(Tree& tree);

}  // namespace percuss::protocols
