// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/fault_words.h"

namespace percuss::rehost {
namespace {

struct FaultBit {
  bool in_hfsr;
  unsigned bit;
  FaultWords meaning;
};

// Most telling first.
constexpr FaultBit kFaultBits[] = {
    {false, 25, {"division by zero", "division-by-zero"}},
    {false, 24, {"unaligned access", "misaligned-access"}},
    {false, 20, {"stack limit violated", "stack-overflow"}},
    {false, 12, {"bus error while stacking", "stack-overflow"}},
    {false, 4, {"memory protection fault while stacking", "stack-overflow"}},
    {false, 16, {"undefined instruction", "illegal-instruction"}},
    {false, 17, {"invalid state: a jump to an even address", "segv"}},
    {false, 18, {"invalid exception return", "segv"}},
    {false, 19, {"no such coprocessor", "illegal-instruction"}},
    {false, 9, {"precise data bus error", "segv"}},
    {false, 10, {"imprecise data bus error", "segv"}},
    {false, 8, {"instruction bus error", "segv"}},
    {false, 1, {"data access violation", "segv"}},
    {false, 0, {"instruction access violation", "segv"}},
    {false, 11, {"bus error while unstacking", "segv"}},
    {false, 3, {"memory protection fault while unstacking", "segv"}},
    {true, 1, {"bus error at a vector fetch", "segv"}},
    {true, 31, {"breakpoint instruction without a debugger", "assertion-failure"}},
    // FORCED, and nothing in CFSR that was.
    {true, 30, {"a masked supervisor call, which no handler dealt with", "segv"}},
};

}  // namespace

FaultWords WordsOf(uint32_t cfsr, uint32_t hfsr) {
  for (const FaultBit& fault : kFaultBits) {
    if (((fault.in_hfsr ? hfsr : cfsr) >> fault.bit & 1U) != 0) return fault.meaning;
  }
  return {};
}

}  // namespace percuss::rehost
