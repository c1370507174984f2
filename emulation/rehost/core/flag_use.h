// SPDX-License-Identifier: Apache-2.0
//
// Which of N, Z, C and V an instruction reads and sets, so that none is computed that is set anew
// before anybody can read it. Pure, thread-safe.
#pragma once

#include <cstdint>

#include "emulation/rehost/core/alu.h"
#include "emulation/rehost/core/decoder.h"

namespace percuss::rehost {

enum FlagBits : uint8_t { kFlagsNz = 1, kFlagC = 2, kFlagV = 4, kEveryFlag = 7 };

struct FlagUse {
  uint8_t reads = kEveryFlag;
  uint8_t may_set = 0;
  uint8_t sets = 0;  // in any case
};

[[nodiscard]] FlagUse FlagUseOf(const Decoded& decoded);
[[nodiscard]] uint8_t FlagsOfCondition(uint8_t condition);

}  // namespace percuss::rehost
