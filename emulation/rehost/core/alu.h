// SPDX-License-Identifier: Apache-2.0
//
// What data processing does with values and flags (Armv7-M Architecture Reference Manual, DDI
// 0403E, A2.2.1 and A7.4.2). Pure but for the core's flags.
#pragma once

#include <bit>
#include <cstdint>

#include "emulation/rehost/core/core.h"
#include "emulation/rehost/core/decoder.h"

namespace percuss::rehost {

// Which flags an instruction has to set: those that somebody may read.
enum class Flags : uint8_t { kNone, kNz, kAll };

template <Flags flags>
inline void SetNz(Core& core, uint32_t result) {
  if constexpr (flags != Flags::kNone) {
    core.negative = result;
    core.zero = result;
  }
}

template <Flags flags>
inline uint32_t AddWithCarry(Core& core, uint32_t a, uint32_t b, uint32_t carry) {
  const uint64_t sum = uint64_t{a} + b + carry;
  const auto result = static_cast<uint32_t>(sum);
  SetNz<flags>(core, result);
  if constexpr (flags == Flags::kAll) {
    core.carry = static_cast<uint8_t>(sum >> 32U);
    core.overflow = static_cast<uint8_t>(((a ^ result) & (b ^ result)) >> 31U);
  }
  return result;
}

template <Flags flags>
inline uint32_t Subtract(Core& core, uint32_t a, uint32_t b) {
  const uint32_t result = a - b;
  SetNz<flags>(core, result);
  if constexpr (flags == Flags::kAll) {
    core.carry = a >= b ? 1 : 0;
    core.overflow = static_cast<uint8_t>(((a ^ b) & (a ^ result)) >> 31U);
  }
  return result;
}

struct Shifted {
  uint32_t value = 0;
  uint8_t carry = 0;
};

// amount: 0 to 255; carry: what it is where nothing is shifted out.
template <Shift shift>
inline Shifted ShiftBy(uint32_t value, uint32_t amount, uint8_t carry) {
  if constexpr (shift == Shift::kRrx) {
    return {value >> 1U | uint32_t{carry} << 31U, static_cast<uint8_t>(value & 1U)};
  }
  if (amount == 0) return {value, carry};
  if constexpr (shift == Shift::kLsl) {
    if (amount > 32) return {0, 0};
    const uint64_t wide = uint64_t{value} << amount;
    return {static_cast<uint32_t>(wide), static_cast<uint8_t>(wide >> 32U & 1U)};
  } else if constexpr (shift == Shift::kLsr) {
    if (amount > 32) return {0, 0};
    const uint64_t wide = uint64_t{value} << 1U >> amount;
    return {static_cast<uint32_t>(wide >> 1U), static_cast<uint8_t>(wide & 1U)};
  } else if constexpr (shift == Shift::kAsr) {
    const uint32_t by = amount > 32 ? 32 : amount;
    const int64_t wide = (int64_t{static_cast<int32_t>(value)} * 2) >> by;
    return {static_cast<uint32_t>(wide >> 1), static_cast<uint8_t>(wide & 1)};
  } else {
    const uint32_t result = std::rotr(value, static_cast<int>(amount % 32));
    return {result, static_cast<uint8_t>(result >> 31U)};
  }
}

// A7.3: whether an instruction with that condition is executed.
template <uint8_t condition>
inline bool Holds(const Core& core) {
  constexpr bool kInverted = (condition & 1U) != 0;
  bool holds = true;
  switch (condition >> 1U) {
    case 0:
      holds = core.Zero();
      break;
    case 1:
      holds = core.carry != 0;
      break;
    case 2:
      holds = core.Negative();
      break;
    case 3:
      holds = core.overflow != 0;
      break;
    case 4:
      holds = core.carry != 0 && !core.Zero();
      break;
    case 5:
      holds = core.Negative() == (core.overflow != 0);
      break;
    case 6:
      holds = !core.Zero() && core.Negative() == (core.overflow != 0);
      break;
    default:
      return true;
  }
  return holds != kInverted;
}

}  // namespace percuss::rehost
