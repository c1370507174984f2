// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/ops_groups.h"
#include "emulation/rehost/core/register_result.h"

namespace percuss::rehost {
namespace {

int64_t Signed(uint32_t value) { return static_cast<int32_t>(value); }

int64_t HalfOf(uint32_t value, bool top) {
  return static_cast<int16_t>(top ? value >> 16U : value);
}

uint64_t Pair(uint32_t high, uint32_t low) { return uint64_t{high} << 32U | low; }

// 32 bits of a sum, with Q set where it has more.
uint32_t Accumulated(Core& core, int64_t sum) {
  if (sum != static_cast<int32_t>(sum)) core.saturated = 1;
  return static_cast<uint32_t>(sum);
}

uint32_t Mul(Core& core, const Op& op) { return core.r[op.rn] * core.r[op.rm]; }

const Op* MulSettingFlags(Core& core, const Op* op) {
  const uint32_t product = core.r[op->rn] * core.r[op->rm];
  core.r[op->rd] = product;
  core.negative = product;
  core.zero = product;
  PERCUSS_NEXT(core, op);
}

uint32_t Mla(Core& core, const Op& op) { return core.r[op.ra] + core.r[op.rn] * core.r[op.rm]; }

uint32_t Mls(Core& core, const Op& op) { return core.r[op.ra] - core.r[op.rn] * core.r[op.rm]; }

uint32_t SignedQuotient(uint32_t dividend, uint32_t divisor) {
  // In 64 bits, as the quotient of the least number and -1 has no place in 32.
  return static_cast<uint32_t>(Signed(dividend) / Signed(divisor));
}

uint32_t UnsignedQuotient(uint32_t dividend, uint32_t divisor) { return dividend / divisor; }

template <uint32_t quotient(uint32_t, uint32_t), Target target>
const Op* Divide(Core& core, const Op* op) {
  const uint32_t divisor = core.r[op->rm];
  if (PERCUSS_UNLIKELY(divisor == 0)) {
    if (core.divide_traps) return Faulted(core, op, kDivideByZero);
    core.r[op->rd] = 0;
  } else {
    core.r[op->rd] = quotient(core.r[op->rn], divisor);
  }
  PERCUSS_TAIL GoOnFrom<target>(core, op);
}

template <uint32_t quotient(uint32_t, uint32_t)>
Handler DivideHandler(const Decoded& decoded) {
  return ByTarget(TargetOf(decoded.rd, 0),
                  [](auto target) -> Handler { return Divide<quotient, decltype(target)::value>; });
}

uint64_t Umull(Core& core, const Op& op) { return uint64_t{core.r[op.rn]} * core.r[op.rm]; }

uint64_t Smull(Core& core, const Op& op) {
  return static_cast<uint64_t>(Signed(core.r[op.rn]) * Signed(core.r[op.rm]));
}

uint64_t Umlal(Core& core, const Op& op) {
  return Pair(core.r[op.rd], core.r[op.ra]) + Umull(core, op);
}

uint64_t Smlal(Core& core, const Op& op) {
  return Pair(core.r[op.rd], core.r[op.ra]) + Smull(core, op);
}

uint64_t Umaal(Core& core, const Op& op) { return Umull(core, op) + core.r[op.rd] + core.r[op.ra]; }

// Halves: variant's bit 0 is the top of rm, bit 1 the top of rn.
template <unsigned variant>
int64_t ProductOfHalves(Core& core, const Op& op) {
  return HalfOf(core.r[op.rn], (variant & 2U) != 0) * HalfOf(core.r[op.rm], (variant & 1U) != 0);
}

template <unsigned variant>
int64_t ProductWithHalf(Core& core, const Op& op) {
  return Signed(core.r[op.rn]) * HalfOf(core.r[op.rm], (variant & 1U) != 0) >> 16U;
}

template <unsigned variant>
uint32_t Smulbb(Core& core, const Op& op) {
  return static_cast<uint32_t>(ProductOfHalves<variant>(core, op));
}

template <unsigned variant>
uint32_t Smlabb(Core& core, const Op& op) {
  return Accumulated(core, ProductOfHalves<variant>(core, op) + Signed(core.r[op.ra]));
}

template <unsigned variant>
uint64_t Smlalbb(Core& core, const Op& op) {
  return Pair(core.r[op.rd], core.r[op.ra]) +
         static_cast<uint64_t>(ProductOfHalves<variant>(core, op));
}

template <unsigned variant>
uint32_t Smulwb(Core& core, const Op& op) {
  return static_cast<uint32_t>(ProductWithHalf<variant>(core, op));
}

template <unsigned variant>
uint32_t Smlawb(Core& core, const Op& op) {
  return Accumulated(core, ProductWithHalf<variant>(core, op) + Signed(core.r[op.ra]));
}

// Both products of halves, of the bottom and of the top of rn; variant's bit 0 swaps those of rm.
template <unsigned variant, bool subtracts>
int64_t BothProducts(Core& core, const Op& op) {
  constexpr unsigned kSwaps = variant & 1U;
  const int64_t first = ProductOfHalves<kSwaps>(core, op);
  const int64_t second = ProductOfHalves<2U | (kSwaps ^ 1U)>(core, op);
  return subtracts ? first - second : first + second;
}

template <unsigned variant, bool subtracts>
uint32_t Smuad(Core& core, const Op& op) {
  return Accumulated(core, BothProducts<variant, subtracts>(core, op));
}

template <unsigned variant, bool subtracts>
uint32_t Smlad(Core& core, const Op& op) {
  return Accumulated(core, BothProducts<variant, subtracts>(core, op) + Signed(core.r[op.ra]));
}

template <unsigned variant, bool subtracts>
uint64_t Smlald(Core& core, const Op& op) {
  return Pair(core.r[op.rd], core.r[op.ra]) +
         static_cast<uint64_t>(BothProducts<variant, subtracts>(core, op));
}

// The high words; variant's bit 0 rounds them.
enum class HighWord { kMultiply, kAdd, kSubtract };

template <unsigned variant, HighWord kind>
uint32_t Smmul(Core& core, const Op& op) {
  uint64_t value = Smull(core, op);
  if constexpr (kind == HighWord::kAdd) value = Pair(core.r[op.ra], 0) + value;
  if constexpr (kind == HighWord::kSubtract) value = Pair(core.r[op.ra], 0) - value;
  if constexpr ((variant & 1U) != 0) value += 0x80000000U;
  return static_cast<uint32_t>(value >> 32U);
}

Handler HalvesHandler(const Decoded& decoded) {
  return ByVariant(decoded, [&](auto number) -> Handler {
    constexpr unsigned kVariant = decltype(number)::value;
    switch (decoded.operation) {
      case Operation::kSmlabb:
        return WordHandler<Smlabb<kVariant>>(decoded);
      case Operation::kSmlad:
        return WordHandler<Smlad<kVariant & 1U, false>>(decoded);
      case Operation::kSmlalbb:
        return LongWordHandler<Smlalbb<kVariant>>(decoded);
      case Operation::kSmlald:
        return LongWordHandler<Smlald<kVariant & 1U, false>>(decoded);
      case Operation::kSmlawb:
        return WordHandler<Smlawb<kVariant & 1U>>(decoded);
      case Operation::kSmlsd:
        return WordHandler<Smlad<kVariant & 1U, true>>(decoded);
      case Operation::kSmlsld:
        return LongWordHandler<Smlald<kVariant & 1U, true>>(decoded);
      case Operation::kSmmla:
        return WordHandler<Smmul<kVariant & 1U, HighWord::kAdd>>(decoded);
      case Operation::kSmmls:
        return WordHandler<Smmul<kVariant & 1U, HighWord::kSubtract>>(decoded);
      case Operation::kSmmul:
        return WordHandler<Smmul<kVariant & 1U, HighWord::kMultiply>>(decoded);
      case Operation::kSmuad:
        return WordHandler<Smuad<kVariant & 1U, false>>(decoded);
      case Operation::kSmulbb:
        return WordHandler<Smulbb<kVariant>>(decoded);
      case Operation::kSmulwb:
        return WordHandler<Smulwb<kVariant & 1U>>(decoded);
      case Operation::kSmusd:
        return WordHandler<Smuad<kVariant & 1U, true>>(decoded);
      default:
        return nullptr;
    }
  });
}

}  // namespace

Handler MultiplyHandler(const Decoded& decoded) {
  if (!AreCoreRegisters(decoded)) return nullptr;
  switch (decoded.operation) {
    case Operation::kMul:
      return decoded.set_flags && decoded.rd < kSp ? MulSettingFlags : WordHandler<Mul>(decoded);
    case Operation::kMla:
      return WordHandler<Mla>(decoded);
    case Operation::kMls:
      return WordHandler<Mls>(decoded);
    case Operation::kSdiv:
      return DivideHandler<SignedQuotient>(decoded);
    case Operation::kUdiv:
      return DivideHandler<UnsignedQuotient>(decoded);
    case Operation::kSmull:
      return LongWordHandler<Smull>(decoded);
    case Operation::kUmull:
      return LongWordHandler<Umull>(decoded);
    case Operation::kSmlal:
      return LongWordHandler<Smlal>(decoded);
    case Operation::kUmlal:
      return LongWordHandler<Umlal>(decoded);
    case Operation::kUmaal:
      return LongWordHandler<Umaal>(decoded);
    default:
      return HalvesHandler(decoded);
  }
}

}  // namespace percuss::rehost
