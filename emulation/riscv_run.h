// SPDX-License-Identifier: Apache-2.0
//
// What is RISC-V's own in how an input ended on a board. Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "emulation/board_run.h"

namespace percuss::emulation {

// "x10/a0   80001234 x11/a1   00000000" and "mcause   00000005", as QEMU prints them; anything else
// is passed over.
void ReadRiscvRegisters(std::string_view line, BoardRun& run);

// After all lines. At the first instruction of a fault's handler all registers are as they were,
// and mepc is where; otherwise what mepc, mcause and mtval hold is an older interrupt's.
void FinishRiscv(BoardRun& run);

[[nodiscard]] FaultMeaning RiscvMeaningOf(const BoardRun& run);
[[nodiscard]] std::string RiscvRegisterName(int number);

}  // namespace percuss::emulation
