// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/float_arithmetic.h"
#include "emulation/rehost/core/float_on_host.h"
#include "emulation/rehost/core/ops_groups.h"
#include "emulation/rehost/core/register_result.h"

namespace percuss::rehost {
namespace {

// A result in S register rd.
template <Word compute>
const Op* SetSingle(Core& core, const Op* op) {
  core.s[op->rd] = compute(core, *op);
  PERCUSS_NEXT(core, op);
}

uint32_t Vabs(Core& core, const Op& op) { return core.s[op.rm] & 0x7fffffffU; }
uint32_t Vneg(Core& core, const Op& op) { return FloatNegate(core.s[op.rm]); }
uint32_t Vmov(Core& core, const Op& op) { return core.s[op.rm]; }
uint32_t VmovImmediate(Core& /*core*/, const Op& op) { return op.imm; }

// The same as what they are named after, and mostly faster.
uint32_t Sum(uint32_t a, uint32_t b, uint32_t& fpscr) {
  if (const auto sum = AddOnHost(a, b, fpscr)) return *sum;
  return FloatAdd(a, b, fpscr);
}

uint32_t Product(uint32_t a, uint32_t b, uint32_t& fpscr) {
  if (const auto product = MultiplyOnHost(a, b, fpscr)) return *product;
  return FloatMultiply(a, b, fpscr);
}

uint32_t Vadd(Core& core, const Op& op) { return Sum(core.s[op.rn], core.s[op.rm], core.fpscr); }

uint32_t Vsub(Core& core, const Op& op) {
  const uint32_t a = core.s[op.rn];
  const uint32_t b = core.s[op.rm];
  if (const auto sum = AddOnHost(a, FloatNegate(b), core.fpscr)) return *sum;
  return FloatSubtract(a, b, core.fpscr);
}

uint32_t Vmul(Core& core, const Op& op) {
  return Product(core.s[op.rn], core.s[op.rm], core.fpscr);
}

uint32_t Vnmul(Core& core, const Op& op) { return FloatNegate(Vmul(core, op)); }

uint32_t Vdiv(Core& core, const Op& op) {
  const uint32_t a = core.s[op.rn];
  const uint32_t b = core.s[op.rm];
  if (const auto quotient = DivideOnHost(a, b, core.fpscr)) return *quotient;
  return FloatDivide(a, b, core.fpscr);
}

uint32_t Vsqrt(Core& core, const Op& op) {
  const uint32_t a = core.s[op.rm];
  if (const auto root = SquareRootOnHost(a, core.fpscr)) return *root;
  return FloatSquareRoot(a, core.fpscr);
}

// VMLA, VMLS, VNMLS, VNMLA: the product is rounded, and negated if asked for, NaNs too.
template <bool negates_addend, bool negates_product>
uint32_t Vmla(Core& core, const Op& op) {
  uint32_t product = Vmul(core, op);
  if constexpr (negates_product) product = FloatNegate(product);
  uint32_t addend = core.s[op.rd];
  if constexpr (negates_addend) addend = FloatNegate(addend);
  return Sum(addend, product, core.fpscr);
}

template <bool negates_addend, bool negates_product>
uint32_t Vfma(Core& core, const Op& op) {
  uint32_t a = core.s[op.rn];
  if constexpr (negates_product) a = FloatNegate(a);
  const uint32_t b = core.s[op.rm];
  uint32_t addend = core.s[op.rd];
  if constexpr (negates_addend) addend = FloatNegate(addend);
  if (const auto sum = MultiplyAddOnHost(addend, a, b, core.fpscr)) return *sum;
  return FloatMultiplyAdd(addend, a, b, core.fpscr);
}

template <bool with_zero, bool quiet>
const Op* Vcmp(Core& core, const Op* op) {
  const uint32_t other = with_zero ? 0 : core.s[op->rm];
  const uint32_t flags = FloatCompare(core.s[op->rd], other, quiet, core.fpscr);
  core.fpscr = (core.fpscr & 0x0fffffffU) | flags;
  PERCUSS_NEXT(core, op);
}

// Conversions, by `variant`.
constexpr unsigned kUnsigned = 1;
constexpr unsigned kRoundsToZero = 2;

template <unsigned variant>
uint32_t ToInteger(Core& core, const Op& op) {
  constexpr FixedPoint kFormat{32, 0, (variant & kUnsigned) != 0};
  const uint32_t a = core.s[op.rm];
  if constexpr ((variant & kRoundsToZero) != 0) {
    if (const auto integer = ToIntegerOnHost(a, kFormat.is_unsigned, core.fpscr)) return *integer;
    return FloatToFixed(a, kFormat, Rounding::kToZero, core.fpscr);
  }
  return FloatToFixed(a, kFormat, RoundingOf(core.fpscr), core.fpscr);
}

template <unsigned variant>
uint32_t FromInteger(Core& core, const Op& op) {
  constexpr FixedPoint kFormat{32, 0, (variant & kUnsigned) != 0};
  const uint32_t a = core.s[op.rm];
  if (const auto single = FromIntegerOnHost(a, kFormat.is_unsigned, core.fpscr)) return *single;
  return FloatFromFixed(a, kFormat, RoundingOf(core.fpscr), core.fpscr);
}

template <int bits, bool is_unsigned>
uint32_t ToFixed(Core& core, const Op& op) {
  const FixedPoint format{bits, static_cast<int32_t>(op.imm), is_unsigned};
  return FloatToFixed(core.s[op.rd], format, Rounding::kToZero, core.fpscr);
}

template <int bits, bool is_unsigned>
uint32_t FromFixed(Core& core, const Op& op) {
  const FixedPoint format{bits, static_cast<int32_t>(op.imm), is_unsigned};
  return FloatFromFixed(core.s[op.rd], format, Rounding::kNearest, core.fpscr);
}

template <bool top>
uint32_t ToHalf(Core& core, const Op& op) {
  const uint32_t half = FloatToHalf(core.s[op.rm], core.fpscr);
  return top ? (core.s[op.rd] & 0xffffU) | half << 16U : (core.s[op.rd] & 0xffff0000U) | half;
}

template <bool top>
uint32_t FromHalf(Core& core, const Op& op) {
  const uint32_t both = core.s[op.rm];
  return FloatFromHalf(static_cast<uint16_t>(top ? both >> 16U : both), core.fpscr);
}

// Moves between S registers (rd on) and core registers (ra, rn).
template <bool pair>
const Op* ToSingle(Core& core, const Op* op) {
  core.s[op->rd] = core.r[op->ra];
  if constexpr (pair) core.s[op->rd + 1] = core.r[op->rn];
  PERCUSS_NEXT(core, op);
}

template <bool pair, Target target>
const Op* ToCore(Core& core, const Op* op) {
  core.r[op->ra] = core.s[op->rd];
  if constexpr (pair) core.r[op->rn] = core.s[op->rd + 1];
  PERCUSS_TAIL GoOnFrom<target>(core, op);
}

template <bool pair>
Handler ToCoreHandler(const Decoded& decoded) {
  const Target target = TargetOf(decoded.ra, pair ? decoded.rn : 0);
  return ByTarget(target,
                  [](auto constant) -> Handler { return ToCore<pair, decltype(constant)::value>; });
}

const Op* Vmsr(Core& core, const Op* op) {
  core.fpscr = core.r[op->ra] & kFpscrMask;
  PERCUSS_NEXT(core, op);
}

template <bool to_sp>
const Op* Vmrs(Core& core, const Op* op) {
  core.r[op->ra] = core.fpscr;
  PERCUSS_TAIL GoOnFrom<to_sp ? Target::kToSp : Target::kPlain>(core, op);
}

const Op* VmrsToApsr(Core& core, const Op* op) {
  core.SetNzcv(core.fpscr);
  PERCUSS_NEXT(core, op);
}

Handler VmrsHandler(const Decoded& decoded) {
  if (decoded.ra == kPc) return VmrsToApsr;
  return decoded.ra == kSp ? Vmrs<true> : Vmrs<false>;
}

Handler IntegerHandler(const Decoded& decoded) {
  return ByVariant(decoded, [&](auto number) -> Handler {
    constexpr unsigned kVariant = decltype(number)::value;
    return decoded.operation == Operation::kVcvtToInteger
               ? SetSingle<ToInteger<kVariant>>
               : SetSingle<FromInteger<kVariant & kUnsigned>>;
  });
}

template <int bits>
Handler FixedHandler(const Decoded& decoded) {
  const auto fraction = static_cast<int32_t>(decoded.imm);
  if (fraction < -16 || fraction > 32) return nullptr;
  const bool is_unsigned = (decoded.variant & kUnsigned) != 0;
  if (decoded.operation == Operation::kVcvtToFixed) {
    return is_unsigned ? SetSingle<ToFixed<bits, true>> : SetSingle<ToFixed<bits, false>>;
  }
  return is_unsigned ? SetSingle<FromFixed<bits, true>> : SetSingle<FromFixed<bits, false>>;
}

Handler ConversionHandler(const Decoded& decoded) {
  const bool top = (decoded.variant & 1U) != 0;
  switch (decoded.operation) {
    case Operation::kVcvtToInteger:
    case Operation::kVcvtFromInteger:
      return IntegerHandler(decoded);
    case Operation::kVcvtToFixed:
    case Operation::kVcvtFromFixed:
      return (decoded.variant & 4U) != 0 ? FixedHandler<16>(decoded) : FixedHandler<32>(decoded);
    case Operation::kVcvtToHalf:
      return top ? SetSingle<ToHalf<true>> : SetSingle<ToHalf<false>>;
    case Operation::kVcvtFromHalf:
      return top ? SetSingle<FromHalf<true>> : SetSingle<FromHalf<false>>;
    default:
      return nullptr;
  }
}

Handler MoveHandler(const Decoded& decoded) {
  if (decoded.ra > 15) return nullptr;
  const bool has_pair = decoded.rd < 31 && decoded.rn < 16;
  switch (decoded.operation) {
    case Operation::kVmovCoreToSingle:
    case Operation::kVmovCoreToScalar:
      return ToSingle<false>;
    case Operation::kVmovSingleToCore:
    case Operation::kVmovScalarToCore:
      return ToCoreHandler<false>(decoded);
    case Operation::kVmovCoreToPair:
      return has_pair ? ToSingle<true> : nullptr;
    case Operation::kVmovPairToCore:
      return has_pair ? ToCoreHandler<true>(decoded) : nullptr;
    case Operation::kVmrs:
      return VmrsHandler(decoded);
    case Operation::kVmsr:
      return Vmsr;
    default:
      return ConversionHandler(decoded);
  }
}

Handler AccumulateHandler(const Decoded& decoded) {
  switch (decoded.operation) {
    case Operation::kVfma:
      return SetSingle<Vfma<false, false>>;
    case Operation::kVfms:
      return SetSingle<Vfma<false, true>>;
    case Operation::kVfnma:
      return SetSingle<Vfma<true, true>>;
    case Operation::kVfnms:
      return SetSingle<Vfma<true, false>>;
    case Operation::kVmla:
      return SetSingle<Vmla<false, false>>;
    case Operation::kVmls:
      return SetSingle<Vmla<false, true>>;
    case Operation::kVnmla:
      return SetSingle<Vmla<true, true>>;
    case Operation::kVnmls:
      return SetSingle<Vmla<true, false>>;
    default:
      return MoveHandler(decoded);
  }
}

}  // namespace

Handler FloatHandler(const Decoded& decoded) {
  if (decoded.rd > 31 || decoded.rn > 31 || decoded.rm > 31) return nullptr;
  switch (decoded.operation) {
    case Operation::kVabs:
      return SetSingle<Vabs>;
    case Operation::kVadd:
      return SetSingle<Vadd>;
    case Operation::kVcmp:
      return Vcmp<false, true>;
    case Operation::kVcmpe:
      return Vcmp<false, false>;
    case Operation::kVcmpZero:
      return Vcmp<true, true>;
    case Operation::kVcmpeZero:
      return Vcmp<true, false>;
    case Operation::kVdiv:
      return SetSingle<Vdiv>;
    case Operation::kVmovImmediate:
      return SetSingle<VmovImmediate>;
    case Operation::kVmovRegister:
      return SetSingle<Vmov>;
    case Operation::kVmul:
      return SetSingle<Vmul>;
    case Operation::kVneg:
      return SetSingle<Vneg>;
    case Operation::kVnmul:
      return SetSingle<Vnmul>;
    case Operation::kVsqrt:
      return SetSingle<Vsqrt>;
    case Operation::kVsub:
      return SetSingle<Vsub>;
    default:
      return AccumulateHandler(decoded);
  }
}

}  // namespace percuss::rehost
