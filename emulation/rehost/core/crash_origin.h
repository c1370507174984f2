// SPDX-License-Identifier: Apache-2.0
//
// Where the pointer is from that a failure went through: the word of memory that it was loaded
// from, what that word had been before, and which instruction wrote it last. The last instructions
// are run one by one, and the word is looked at in between. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>

#include "emulation/rehost/core/machine.h"

namespace percuss::rehost {

struct PointerOrigin {
  bool known = false;  // of all else; the value, as it failed
  uint32_t value = 0;
  uint32_t loaded_at = 0;     // pc
  uint32_t address = 0;       // of the word
  bool on_stack = false;      // at or above the stack pointer, below where the stack began
  bool to_pc = false;         // it was loaded as a return address
  bool had_other = false;     // since the input began: another value, not 0
  uint32_t other = 0;         // the last such
  bool writer_known = false;  // who put `value` there
  uint32_t written_at = 0;    // pc
};

// Of an input that fails with `outcome`; unknown where a rule of the thumb does not find it.
[[nodiscard]] PointerOrigin OriginOf(const MachineImage& image, const uint8_t* bytes, size_t size,
                                     const Outcome& outcome);

}  // namespace percuss::rehost
