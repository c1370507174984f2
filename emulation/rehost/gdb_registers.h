// SPDX-License-Identifier: Apache-2.0
//
// The registers of a Cortex-M as GDB knows them (Debugging with GDB, appendix G.5.3): their
// description, and their values in its order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "emulation/rehost/core/machine.h"

namespace percuss::emulation {

// The XML that tells which there are.
[[nodiscard]] std::string TargetDescription(bool floating_point);

[[nodiscard]] uint32_t RegisterCount(bool floating_point);
// In hexadecimal, as the target has it in memory; nothing where there is no such register.
[[nodiscard]] std::optional<std::string> RegisterHex(rehost::Machine& machine, uint32_t number);
// False where there is no such register, it may not be written, or the value is none.
[[nodiscard]] bool SetRegisterHex(rehost::Machine& machine, uint32_t number,
                                  const std::string& digits);

}  // namespace percuss::emulation
