// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/spin.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "emulation/rehost/core/core.h"
#include "emulation/rehost/core/op.h"

namespace percuss::rehost {

namespace {

// An iteration with more branches backwards than that is none that only waits.
constexpr uint32_t kMostStops = 16;

void BeginProbe(Core& core, const Op* op) {
  Spin& spin = core.spin;
  spin.probing = true;
  spin.effect = false;
  spin.stops = 0;
  spin.pc = op->pc;
  std::memcpy(spin.r, core.r, sizeof(spin.r));
  spin.negative = core.negative;
  spin.zero = core.zero;
  spin.carry = core.carry;
  spin.overflow = core.overflow;
  spin.saturated = core.saturated;
  spin.greater_equal = core.greater_equal;
  spin.other_sp = core.other_sp;
  std::memcpy(spin.s, core.s, sizeof(spin.s));
  spin.fpscr = core.fpscr;
  spin.event = core.event;
  spin.exclusive = core.exclusive;
  spin.exclusive_address = core.exclusive_address;
  spin.exclusive_value = core.exclusive_value;
  spin.blocks = core.blocks;
  spin.fuel = core.fuel;
  spin.countdown = 1;
  // Every store goes the slow way, where it is seen.
  core.writable = core.none_writable;
}

// N and Z as they are, not the results that they are from.
bool HasSameFlags(const Core& core) {
  const Spin& spin = core.spin;
  return ((spin.negative ^ core.negative) >> 31U) == 0 && (spin.zero == 0) == (core.zero == 0) &&
         spin.carry == core.carry && spin.overflow == core.overflow &&
         spin.saturated == core.saturated && spin.greater_equal == core.greater_equal;
}

// What WFE, LDREX and STREX know besides.
bool HasSameMonitors(const Core& core) {
  const Spin& spin = core.spin;
  return spin.event == core.event && spin.exclusive == core.exclusive &&
         spin.exclusive_address == core.exclusive_address &&
         spin.exclusive_value == core.exclusive_value;
}

bool IsAsBefore(const Core& core) {
  const Spin& spin = core.spin;
  return std::memcmp(spin.r, core.r, sizeof(spin.r)) == 0 && spin.other_sp == core.other_sp &&
         HasSameFlags(core) && std::memcmp(spin.s, core.s, sizeof(spin.s)) == 0 &&
         spin.fpscr == core.fpscr && HasSameMonitors(core);
}

}  // namespace

void EndProbe(Core& core) {
  Spin& spin = core.spin;
  spin.probing = false;
  core.writable = core.direct_writable;
  spin.patience = std::min(spin.patience * 2, kMostPatience);
  spin.countdown = spin.patience;
}

void ResetPatience(Core& core) {
  if (core.spin.probing) EndProbe(core);
  core.spin.patience = kFirstPatience;
  core.spin.countdown = kFirstPatience;
}

void ProbeSpin(Core& core, const Op* op) {
  Spin& spin = core.spin;
  if (spin.off) {
    spin.countdown = std::numeric_limits<int32_t>::max();
    return;
  }
  if (!spin.probing) {
    BeginProbe(core, op);
    return;
  }
  spin.countdown = 1;
  ++spin.stops;
  if (spin.effect || spin.stops > kMostStops) {
    EndProbe(core);
    return;
  }
  if (op->pc != spin.pc) return;
  if (!IsAsBefore(core)) {
    EndProbe(core);
    return;
  }
  const int64_t instructions = spin.fuel - core.fuel;
  const uint64_t blocks = core.blocks - spin.blocks;
  EndProbe(core);
  if (core.fuel <= 0 || instructions <= 0) return;
  const int64_t iterations = core.fuel / instructions;
  core.fuel -= iterations * instructions;
  core.blocks += static_cast<uint64_t>(iterations) * blocks;
}

}  // namespace percuss::rehost
