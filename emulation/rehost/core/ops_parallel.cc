// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "emulation/rehost/core/ops_groups.h"
#include "emulation/rehost/core/register_result.h"

namespace percuss::rehost {
namespace {

int64_t Signed(uint32_t value) { return static_cast<int32_t>(value); }

// To so many bits, with Q set where the value has changed by that.
int64_t SaturateSigned(Core& core, int64_t value, unsigned bits) {
  const int64_t largest = (int64_t{1} << (bits - 1)) - 1;
  const int64_t result = std::clamp(value, -largest - 1, largest);
  if (result != value) core.saturated = 1;
  return result;
}

int64_t SaturateUnsigned(Core& core, int64_t value, unsigned bits) {
  const int64_t result = std::clamp<int64_t>(value, 0, (int64_t{1} << bits) - 1);
  if (result != value) core.saturated = 1;
  return result;
}

template <bool doubles, bool subtracts>
uint32_t Qadd(Core& core, const Op& op) {
  int64_t other = Signed(core.r[op.rn]);
  if constexpr (doubles) other = SaturateSigned(core, 2 * other, 32);
  const int64_t sum = Signed(core.r[op.rm]) + (subtracts ? -other : other);
  return static_cast<uint32_t>(SaturateSigned(core, sum, 32));
}

template <bool is_unsigned, bool right>
uint32_t Saturate(Core& core, const Op& op) {
  const uint32_t value = core.r[op.rn];
  const unsigned amount = std::min<unsigned>(op.amount, 31);
  const int64_t shifted = right ? Signed(value) >> amount : Signed(value << amount);
  const unsigned bits = op.imm & 63U;
  return static_cast<uint32_t>(is_unsigned ? SaturateUnsigned(core, shifted, bits)
                                           : SaturateSigned(core, shifted, bits));
}

template <bool is_unsigned>
uint32_t Saturate16(Core& core, const Op& op) {
  uint32_t result = 0;
  for (const unsigned at : {0U, 16U}) {
    const int64_t half = static_cast<int16_t>(core.r[op.rn] >> at);
    const int64_t value = is_unsigned ? SaturateUnsigned(core, half, op.imm & 63U)
                                      : SaturateSigned(core, half, op.imm & 63U);
    result |= (static_cast<uint32_t>(value) & 0xffffU) << at;
  }
  return result;
}

// Parallel addition and subtraction, by `variant`.
constexpr unsigned kSaturating = 1;
constexpr unsigned kHalving = 2;
constexpr unsigned kUnsigned = 4;

// One element of a parallel result, and whether GE is set for it.
struct Element {
  uint32_t bits = 0;
  bool greater_equal = false;
};

template <unsigned variant, unsigned width, bool subtracts>
Element Add(uint32_t a, uint32_t b) {
  constexpr bool kIsUnsigned = (variant & kUnsigned) != 0;
  constexpr int32_t kAbove = 1 << (width - (kIsUnsigned ? 0 : 1));
  constexpr int32_t kLeast = kIsUnsigned ? 0 : -kAbove;
  constexpr uint32_t kMask = (1U << width) - 1;
  const auto extend = [](uint32_t value) {
    const auto element = static_cast<int32_t>(value & kMask);
    return element >= kAbove ? element - 2 * kAbove : element;
  };
  const int32_t exact = subtracts ? extend(a) - extend(b) : extend(a) + extend(b);
  int32_t result = exact;
  if constexpr ((variant & 3U) == kSaturating) result = std::clamp(exact, kLeast, kAbove - 1);
  if constexpr ((variant & 3U) == kHalving) result = exact >> 1;
  // An unsigned sum sets it by its carry, a difference by not borrowing.
  const bool greater_equal = exact >= (kIsUnsigned && !subtracts ? kAbove : 0);
  return {static_cast<uint32_t>(result) & kMask, greater_equal};
}

// rm's halves change places where one is added and the other one subtracted.
template <unsigned variant, bool low_subtracts, bool high_subtracts>
uint32_t Parallel16(Core& core, const Op& op) {
  const uint32_t a = core.r[op.rn];
  uint32_t b = core.r[op.rm];
  if constexpr (low_subtracts != high_subtracts) b = b >> 16U | b << 16U;
  const Element low = Add<variant, 16, low_subtracts>(a, b);
  const Element high = Add<variant, 16, high_subtracts>(a >> 16U, b >> 16U);
  if constexpr ((variant & 3U) == 0) {
    core.greater_equal = static_cast<uint8_t>((low.greater_equal ? 3U : 0) |  //
                                              (high.greater_equal ? 12U : 0));
  }
  return low.bits | high.bits << 16U;
}

template <unsigned variant, bool subtracts>
uint32_t Parallel8(Core& core, const Op& op) {
  uint32_t result = 0;
  unsigned greater_equal = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const Element element =
        Add<variant, 8, subtracts>(core.r[op.rn] >> 8 * i, core.r[op.rm] >> 8 * i);
    result |= element.bits << 8 * i;
    greater_equal |= (element.greater_equal ? 1U : 0) << i;
  }
  if constexpr ((variant & 3U) == 0) core.greater_equal = static_cast<uint8_t>(greater_equal);
  return result;
}

uint32_t Pkhbt(Core& core, const Op& op) {
  return (core.r[op.rn] & 0xffffU) | (core.r[op.rm] << (op.amount & 31U) & 0xffff0000U);
}

uint32_t Pkhtb(Core& core, const Op& op) {
  const auto shifted =
      static_cast<uint32_t>(Signed(core.r[op.rm]) >> std::min<unsigned>(op.amount, 32));
  return (core.r[op.rn] & 0xffff0000U) | (shifted & 0xffffU);
}

uint32_t Sel(Core& core, const Op& op) {
  const uint32_t flags = core.greater_equal;
  const uint32_t spread = (flags & 1U) | (flags & 2U) << 7U | (flags & 4U) << 14U |  //
                          (flags & 8U) << 21U;
  const uint32_t mask = spread * 0xffU;
  return (core.r[op.rn] & mask) | (core.r[op.rm] & ~mask);
}

template <bool accumulates>
uint32_t Usad8(Core& core, const Op& op) {
  uint32_t sum = accumulates ? core.r[op.ra] : 0;
  for (unsigned at = 0; at < 32; at += 8) {
    const uint32_t a = core.r[op.rn] >> at & 0xffU;
    const uint32_t b = core.r[op.rm] >> at & 0xffU;
    sum += a > b ? a - b : b - a;
  }
  return sum;
}

template <unsigned variant>
Handler ParallelHandlerOf(const Decoded& decoded) {
  switch (decoded.operation) {
    case Operation::kParallelAdd16:
      return WordHandler<Parallel16<variant, false, false>>(decoded);
    case Operation::kParallelAsx:
      return WordHandler<Parallel16<variant, true, false>>(decoded);
    case Operation::kParallelSax:
      return WordHandler<Parallel16<variant, false, true>>(decoded);
    case Operation::kParallelSub16:
      return WordHandler<Parallel16<variant, true, true>>(decoded);
    case Operation::kParallelAdd8:
      return WordHandler<Parallel8<variant, false>>(decoded);
    case Operation::kParallelSub8:
      return WordHandler<Parallel8<variant, true>>(decoded);
    default:
      return nullptr;
  }
}

Handler AnyParallelHandler(const Decoded& decoded) {
  switch (decoded.variant) {
    case 0:
      return ParallelHandlerOf<0>(decoded);
    case kSaturating:
      return ParallelHandlerOf<kSaturating>(decoded);
    case kHalving:
      return ParallelHandlerOf<kHalving>(decoded);
    case kUnsigned:
      return ParallelHandlerOf<kUnsigned>(decoded);
    case kUnsigned | kSaturating:
      return ParallelHandlerOf<kUnsigned | kSaturating>(decoded);
    case kUnsigned | kHalving:
      return ParallelHandlerOf<kUnsigned | kHalving>(decoded);
    default:
      return nullptr;
  }
}

template <bool is_unsigned>
Handler SaturateHandler(const Decoded& decoded) {
  if (decoded.imm < (is_unsigned ? 0 : 1) || decoded.imm > 32) return nullptr;
  return decoded.shift == Shift::kAsr ? WordHandler<Saturate<is_unsigned, true>>(decoded)
                                      : WordHandler<Saturate<is_unsigned, false>>(decoded);
}

}  // namespace

Handler ParallelHandler(const Decoded& decoded) {
  if (!AreCoreRegisters(decoded)) return nullptr;
  switch (decoded.operation) {
    case Operation::kQadd:
      return WordHandler<Qadd<false, false>>(decoded);
    case Operation::kQdadd:
      return WordHandler<Qadd<true, false>>(decoded);
    case Operation::kQdsub:
      return WordHandler<Qadd<true, true>>(decoded);
    case Operation::kQsub:
      return WordHandler<Qadd<false, true>>(decoded);
    case Operation::kSsat:
      return SaturateHandler<false>(decoded);
    case Operation::kUsat:
      return SaturateHandler<true>(decoded);
    case Operation::kSsat16:
      return decoded.imm >= 1 && decoded.imm <= 32 ? WordHandler<Saturate16<false>>(decoded)
                                                   : nullptr;
    case Operation::kUsat16:
      return decoded.imm <= 32 ? WordHandler<Saturate16<true>>(decoded) : nullptr;
    case Operation::kPkhbt:
      return WordHandler<Pkhbt>(decoded);
    case Operation::kPkhtb:
      return WordHandler<Pkhtb>(decoded);
    case Operation::kSel:
      return WordHandler<Sel>(decoded);
    case Operation::kUsad8:
      return WordHandler<Usad8<false>>(decoded);
    case Operation::kUsada8:
      return WordHandler<Usad8<true>>(decoded);
    default:
      return AnyParallelHandler(decoded);
  }
}

}  // namespace percuss::rehost
