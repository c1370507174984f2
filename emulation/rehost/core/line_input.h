// SPDX-License-Identifier: Apache-2.0
//
// An input of a machine with lines. As it is, it is the message of the first line, and nothing
// else: so a file for a protocol's other parsers is an input too. Where more is to be said, it is
// one of several streams:
//
//   "pstream" and the byte 1
//   16 bits: how many streams, kMostStreams at most
//   of each: 32 bits address, 32 bits pc (kStreamOfEveryPlace: of loads anywhere), 32 bits size
//   the bytes of each, in the same order
//   to the end: what other peripherals answer
//
// Integers are little-endian. A line's message is the stream of its data register's address, of
// loads anywhere. Nothing is refused: what the end cuts off is missing. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "emulation/rehost/core/machine_image.h"

namespace percuss::rehost {

constexpr std::string_view kLineInputMark("pstream\1", 8);
constexpr size_t kMostLines = 16;
constexpr uint32_t kStreamOfEveryPlace = 0xffffffff;

struct LineInput {
  std::vector<std::span<const uint8_t>> messages;  // of each line
  std::span<const uint8_t> others;
  size_t head_bytes = 0;
};

[[nodiscard]] LineInput SplitLineInput(std::span<const uint8_t> input,
                                       const std::vector<InputLine>& lines);

}  // namespace percuss::rehost
