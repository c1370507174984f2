// SPDX-License-Identifier: Apache-2.0
//
// An input as a reader wants to see it: one line for each part, with its place, name and value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "protocols/tree.h"

namespace percuss::protocols {

struct DumpLimits {
  size_t lines = 2000;      // what is left out is told
  size_t bytes_shown = 32;  // of each leaf
};

// A line is: offset (hexadecimal, of the whole; in brackets within a decoded part), two blanks for
// each level, name, value. Numbers that do not follow from the other fields say what they should
// be. Printable ASCII in quotes, else hexadecimal; nothing of an input can break a line.
[[nodiscard]] std::string Dump(const Tree& tree, const DumpLimits& limits = {});

// The streams of an input of firmware (emulation/rehost/core/stream_table.h), a line each: offset,
// register, where it is loaded from if only there, size, bytes; then the rest. Empty where the
// input is flat.
[[nodiscard]] std::string DumpStreams(std::span<const uint8_t> input,
                                      const DumpLimits& limits = {});

}  // namespace percuss::protocols
