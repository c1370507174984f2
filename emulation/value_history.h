// SPDX-License-Identifier: Apache-2.0
//
// Where the bad value of a run that failed comes from: the pointer of an access or a jump, what the
// allocator was called with, or the stack protector's word. It is followed backwards, instruction
// by instruction, through registers and memory and over all that was stored on the way, to what
// made it: a device that was read, a computation, a constant, or a time before the input. A dynamic
// backward slice of one value (Korel and Laski 1988, Dynamic Program Slicing), exact but for what
// is named as unknown. Pure but for the image, which is read; not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "emulation/board_run.h"
#include "emulation/elf_image.h"
#include "emulation/execution_history.h"

namespace percuss::emulation {

struct ValueHistory {
  std::string why_none;  // there is none, or why nothing is known of it
  std::string value;     // what it was taken for: "r3, base of `ldr r0, [r3]` at 0x00000412"
  std::string origin;    // what is at the end of its way, in words
  // Who stored it last where it was then loaded from, and who stored what was stored there, newest
  // first: program counters as of StackOf. A function's own keeping of a register on its stack is
  // not among them.
  struct Store {
    std::string what;  // "4 bytes to 0x20001f3c"
    std::vector<uint64_t> stack;
  };
  std::vector<Store> stores;
  // Of an access to the heap: by whom the block that is next to it was given and taken back.
  std::vector<uint64_t> allocated;
  std::vector<uint64_t> released;
};
inline constexpr size_t kMostValueStores = 8;

// run: of the same run, with its registers.
[[nodiscard]] ValueHistory HistoryOfBadValue(const BoardRun& run, const ElfImage& image,
                                             const ExecutionHistory& history);

// For the end of a report; each stack below a line "written by:", "written before that by:",
// "allocated by:" or "freed by:", with an empty line behind it.
[[nodiscard]] std::string Describe(const ValueHistory& history, const ElfImage& image);

}  // namespace percuss::emulation
