// SPDX-License-Identifier: Apache-2.0
//
// Guesses which bytes of an input say how long another part of it is, from the input alone: a
// number is taken for a length when the part that it would span ends where the input ends, or where
// another such part ends, or when a row of parts, each with its length at the same place, does.
// Guesses may be wrong; who uses them tries things.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace percuss::campaign {

struct LengthField {
  size_t at = 0;     // of the number
  size_t width = 1;  // bytes: 1, 2 or 4
  bool big_endian = false;
  size_t counted_from = 0;  // where the bytes begin that the number counts
  size_t begin = 0;         // of the part, behind the number
  size_t end = 0;
  size_t score = 0;  // the higher, the more speaks for it
};

// The likeliest first, at most `most`. Those in the first 1024 bytes only.
[[nodiscard]] std::vector<LengthField> FindLengthFields(std::span<const uint8_t> input,
                                                        size_t most);

// A number of 1, 2 or 4 bytes within the input.
[[nodiscard]] uint32_t ReadNumber(std::span<const uint8_t> input, size_t at, size_t width,
                                  bool big_endian);
// What does not fit is cut.
void WriteNumber(std::span<uint8_t> input, const LengthField& field, uint32_t value);

}  // namespace percuss::campaign
