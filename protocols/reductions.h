// SPDX-License-Identifier: Apache-2.0
//
// What an input can go without, part by part of its protocol's description. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "protocols/model.h"

namespace percuss::protocols {

struct Reduction {
  size_t at = 0;  // bytes of the input that are gone
  size_t size = 0;
  Bytes result;  // with lengths, counts and checksums that follow the rest, where they did before
  // Further bytes that are gone, behind those.
  size_t also_at = 0;
  size_t also = 0;
};

// One for each element of an array, part that may be missing, and text that may be empty: the
// biggest first, at most `most`. Of inputs of more than 64 KiB none.
[[nodiscard]] std::vector<Reduction> Reductions(const Model& model, std::span<const uint8_t> input,
                                                size_t most);

}  // namespace percuss::protocols
