// SPDX-License-Identifier: Apache-2.0
//
// Bytes to a tree. There is no input that is refused: what does not go with the description is in
// raw leaves, and where a part breaks off its struct is marked as broken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "protocols/tree.h"

namespace percuss::protocols {

// How much of an input is looked into; the rest is raw.
inline constexpr size_t kMostNodes = 20000;
inline constexpr int kMostLevels = 48;

// Into `tree`, which is cleared. Time is linear in the input, and in descriptions that try one
// thing after the other bounded by ten times kMostNodes parts.
void Dissect(std::span<const uint8_t> input, Tree& tree);

// Which case of a switch its selector means in the struct `scope`, or kNothing.
[[nodiscard]] int ChooseCase(const Tree& tree, const Field& field, NodeId scope);

}  // namespace percuss::protocols
