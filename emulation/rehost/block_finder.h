// SPDX-License-Identifier: Apache-2.0
//
// The basic blocks of a firmware, found without running it: recursive descent from the entry, the
// vector table and function symbols along branches, calls, jump tables and constant targets; then
// from pointers to what can be nothing but code. Blocks end at branches and calls, and where
// another way comes in. Code behind a call is code only if the function called comes back.
//
// It is neither a lower nor an upper bound: targets of indirect branches may be missing, and a
// pointer may be no pointer. Pure, deterministic, thread-safe. The image may be hostile: time and
// memory are bounded by its size and kMostSteps.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "emulation/rehost/core/machine_image.h"

namespace percuss::emulation {

// By the surest of the ways in which it was found.
enum class FoundBy : uint8_t { kVector, kSymbol, kCall, kPointer };

// "vector", "symbol", "call", "pointer".
[[nodiscard]] const char* NameOf(FoundBy found_by);

struct FoundBlock {
  uint32_t begin = 0;
  uint32_t size = 0;      // bytes
  uint32_t function = 0;  // index in `functions`
};

struct FoundFunction {
  uint32_t begin = 0;
  FoundBy found_by = FoundBy::kCall;
  std::string name;  // empty: no symbol
};

struct FoundCode {
  std::vector<FoundBlock> blocks;        // ascending, apart
  std::vector<FoundFunction> functions;  // ascending; each has a block
  uint64_t code_bytes = 0;
  uint64_t data_bytes = 0;  // that code loads relative to itself, of jump tables, of vectors
  // Branches and calls of which nobody knows where they go to. Ascending.
  std::vector<uint32_t> unresolved;
  // Places that a way leads to where no instruction can be: undefined, data, within another one,
  // behind the end. Ascending.
  std::vector<uint32_t> conflicts;
  bool whole = true;  // false: it was more than kMostSteps
};

constexpr uint64_t kMostSteps = uint64_t{1} << 24U;  // instructions decoded

[[nodiscard]] FoundCode FindBlocks(const rehost::MachineImage& image);

}  // namespace percuss::emulation
