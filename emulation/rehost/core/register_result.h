// SPDX-License-Identifier: Apache-2.0
//
// Handlers of instructions that do nothing but give one or two core registers a value.
#pragma once

#include <cstdint>
#include <type_traits>

#include "emulation/rehost/core/decoder.h"
#include "emulation/rehost/core/op.h"
#include "emulation/rehost/core/ops.h"

namespace percuss::rehost {

// Whether one of the registers that are written is a special one.
enum class Target : uint8_t {
  kPlain,
  kToSp,  // whose two lowest bits are always 0
  kToPc   // a branch
};

[[nodiscard]] constexpr Target TargetOf(unsigned rd, unsigned ra) {
  if (rd == kPc || ra == kPc) return Target::kToPc;
  return rd == kSp || ra == kSp ? Target::kToSp : Target::kPlain;
}

// The end of a handler that has written them.
template <Target target>
inline const Op* GoOnFrom(Core& core, const Op* op) {
  if constexpr (target == Target::kToPc) {
    core.r[kPc] &= ~1U;
    PERCUSS_TAIL GoOn(core, op);
  } else {
    if constexpr (target == Target::kToSp) core.r[kSp] &= ~3U;
    PERCUSS_NEXT(core, op);
  }
}

// A result in rd.
using Word = uint32_t (*)(Core& core, const Op& op);
// One in ra (low word) and rd.
using LongWord = uint64_t (*)(Core& core, const Op& op);

template <Word compute, Target target>
const Op* SetWord(Core& core, const Op* op) {
  core.r[op->rd] = compute(core, *op);
  PERCUSS_TAIL GoOnFrom<target>(core, op);
}

template <LongWord compute, Target target>
const Op* SetLongWord(Core& core, const Op* op) {
  const uint64_t value = compute(core, *op);
  core.r[op->ra] = static_cast<uint32_t>(value);
  core.r[op->rd] = static_cast<uint32_t>(value >> 32U);
  PERCUSS_TAIL GoOnFrom<target>(core, op);
}

// Calls make with a constant that is the target.
template <typename Make>
Handler ByTarget(Target target, Make make) {
  switch (target) {
    case Target::kToSp:
      return make(std::integral_constant<Target, Target::kToSp>());
    case Target::kToPc:
      return make(std::integral_constant<Target, Target::kToPc>());
    default:
      return make(std::integral_constant<Target, Target::kPlain>());
  }
}

template <Word compute>
Handler WordHandler(const Decoded& decoded) {
  return ByTarget(TargetOf(decoded.rd, 0),
                  [](auto target) -> Handler { return SetWord<compute, decltype(target)::value>; });
}

template <LongWord compute>
Handler LongWordHandler(const Decoded& decoded) {
  return ByTarget(TargetOf(decoded.rd, decoded.ra), [](auto target) -> Handler {
    return SetLongWord<compute, decltype(target)::value>;
  });
}

// Calls make with a constant that is the lowest two bits of decoded.variant.
template <typename Make>
Handler ByVariant(const Decoded& decoded, Make make) {
  switch (decoded.variant & 3U) {
    case 0:
      return make(std::integral_constant<unsigned, 0>());
    case 1:
      return make(std::integral_constant<unsigned, 1>());
    case 2:
      return make(std::integral_constant<unsigned, 2>());
    default:
      return make(std::integral_constant<unsigned, 3>());
  }
}

[[nodiscard]] constexpr bool AreCoreRegisters(const Decoded& decoded) {
  return decoded.rd < 16 && decoded.rn < 16 && decoded.rm < 16 && decoded.ra < 16;
}

}  // namespace percuss::rehost
