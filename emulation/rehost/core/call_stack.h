// SPDX-License-Identifier: Apache-2.0
//
// Who called whom, without unwind tables: the link register, then words of the stack that point
// behind a BL or BLX. Of a direct call it is known what it calls, so a word counts only where that
// is the function before it in the list; of a call through a register only where no such word is
// near. A heuristic: frames may be missing, and one may be left over from an earlier call.
// Pure, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "emulation/rehost/core/core.h"
#include "emulation/rehost/core/machine_image.h"
#include "emulation/rehost/core/memory.h"

namespace percuss::rehost {

constexpr size_t kMostFrames = 24;

// The function's symbol; nullptr where none covers the address.
[[nodiscard]] const Symbol* FunctionAt(const MachineImage& image, uint32_t address);
// Whether the image begins with executable bytes there.
[[nodiscard]] bool HoldsCode(const MachineImage& image, uint32_t address);

// pc first, then an address within each call, innermost first.
[[nodiscard]] std::vector<uint32_t> CallStack(const Core& core, const Memory& memory,
                                              const MachineImage& image, uint32_t pc);

}  // namespace percuss::rehost
