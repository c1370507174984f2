// SPDX-License-Identifier: Apache-2.0
//
// What an input of several streams (emulation/rehost/core/stream_table.h) can go without: streams,
// the rest, and blocks of either, with the table in line. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "protocols/reductions.h"

namespace percuss::protocols {

// Whole streams first, with their entry of the table, then the rest, then blocks of a half, a
// quarter and so on of each, from the end; the biggest first, at most `most`. Of a flat input none.
[[nodiscard]] std::vector<Reduction> StreamReductions(std::span<const uint8_t> input, size_t most);

}  // namespace percuss::protocols
