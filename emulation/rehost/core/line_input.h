// SPDX-License-Identifier: Apache-2.0
//
// An input of a machine with lines. As it is, it is the message of the first line, and nothing
// else: so a file for a protocol's other parsers is an input too. Where more is to be said, it is
// several streams (input_streams.h): a line's message is the stream of its data register's address,
// of loads anywhere, and what other peripherals answer are the other streams and the rest. Pure,
// thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "emulation/rehost/core/machine_image.h"

namespace percuss::rehost {

constexpr size_t kMostLines = 16;

struct LineInput {
  std::vector<std::span<const uint8_t>> messages;  // of each line
  std::span<const uint8_t> others;                 // an input of its own
};

[[nodiscard]] LineInput SplitLineInput(std::span<const uint8_t> input,
                                       const std::vector<InputLine>& lines);

}  // namespace percuss::rehost
