// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/float_arithmetic.h"

#include <bit>
#include <utility>

namespace percuss::rehost {
namespace {

constexpr uint32_t kSign = 0x80000000;
constexpr uint32_t kInfinity = 0x7f800000;
constexpr uint32_t kQuietNan = 0x7fc00000;  // the default NaN
constexpr uint32_t kQuiet = 0x00400000;
constexpr uint32_t kFraction = 0x007fffff;
constexpr uint32_t kHidden = 0x00800000;
constexpr int kBias = 127;

constexpr bool IsZero(uint32_t a) { return (a & ~kSign) == 0; }
constexpr bool IsInfinite(uint32_t a) { return (a & ~kSign) == kInfinity; }
constexpr bool IsNan(uint32_t a) { return (a & ~kSign) > kInfinity; }
constexpr bool IsSignalling(uint32_t a) { return IsNan(a) && (a & kQuiet) == 0; }

// A finite number other than 0: significand has its highest bit at 63, and stands for
// significand / 2^63 * 2^(exponent - bias). Bit 0 is also set where smaller ones were lost.
struct Number {
  uint32_t sign = 0;  // as in the format
  int exponent = 0;
  uint64_t significand = 0;
};

Number Unpack(uint32_t a) {
  const int field = static_cast<int>(a >> 23U & 0xffU);
  const uint64_t significand = field == 0 ? a & kFraction : (a & kFraction) | kHidden;
  const int shift = std::countl_zero(significand);
  return {a & kSign, (field == 0 ? 1 : field) + 40 - shift, significand << shift};
}

// What leaves on the right stays visible in the lowest bit.
constexpr uint64_t ShiftRightSticky(uint64_t value, int count) {
  if (count == 0) return value;
  if (count > 63) return value != 0 ? 1 : 0;
  return value >> count | (value << (64 - count) != 0 ? 1U : 0U);
}

uint32_t FlushInput(uint32_t a, uint32_t& fpscr) {
  if ((fpscr & kFlushToZero) == 0 || (a & kInfinity) != 0 || (a & kFraction) == 0) return a;
  fpscr |= kInputDenormal;
  return a & kSign;
}

uint32_t Quietened(uint32_t nan, uint32_t& fpscr) {
  if (IsSignalling(nan)) fpscr |= kInvalidOperation;
  return (fpscr & kDefaultNan) != 0 ? uint32_t{kQuietNan} : nan | kQuiet;
}

// FPProcessNaNs: one of a and b is a NaN.
uint32_t NanOf(uint32_t a, uint32_t b, uint32_t& fpscr) {
  if (IsSignalling(a)) return Quietened(a, fpscr);
  if (IsSignalling(b)) return Quietened(b, fpscr);
  return Quietened(IsNan(a) ? a : b, fpscr);
}

uint32_t Invalid(uint32_t& fpscr) {
  fpscr |= kInvalidOperation;
  return kQuietNan;
}

// Whether what is behind the last bit that is kept makes the magnitude go up by one unit of it.
// rest, of which half is half a unit.
constexpr bool RoundsUp(uint64_t kept, uint64_t rest, uint64_t half, bool negative,
                        Rounding rounding) {
  switch (rounding) {
    case Rounding::kNearest:
      return rest > half || (rest == half && (kept & 1U) != 0);
    case Rounding::kUp:
      return rest != 0 && !negative;
    case Rounding::kDown:
      return rest != 0 && negative;
    case Rounding::kToZero:
      break;
  }
  return false;
}

struct Rounded {
  uint32_t magnitude = 0;  // exponent and fraction as in the format
  bool inexact = false;
  bool tiny = false;  // before rounding
};

// To a format of so many fraction bits; the exponent has no upper bound here.
template <int fraction_bits>
Rounded RoundTo(const Number& number, Rounding rounding) {
  constexpr int kDropped = 63 - fraction_bits;
  constexpr uint64_t kRest = (uint64_t{1} << kDropped) - 1;
  const bool tiny = number.exponent <= 0;
  const uint64_t significand =
      tiny ? ShiftRightSticky(number.significand, 1 - number.exponent) : number.significand;
  const uint64_t rest = significand & kRest;
  uint64_t kept = significand >> kDropped;
  if (RoundsUp(kept, rest, uint64_t{1} << (kDropped - 1), number.sign != 0, rounding)) ++kept;
  // The hidden bit counts as 1 in the exponent's field, and so does a carry into it.
  const uint32_t field = tiny ? 0 : static_cast<uint32_t>(number.exponent - 1) << fraction_bits;
  return {field + static_cast<uint32_t>(kept), rest != 0, tiny};
}

// What is too large becomes infinite, or the largest number, which is the one before that.
uint32_t Overflowed(uint32_t infinity, bool negative, Rounding rounding, uint32_t& fpscr) {
  fpscr |= kOverflow | kInexact;
  const bool away =
      rounding == Rounding::kNearest || rounding == (negative ? Rounding::kDown : Rounding::kUp);
  return away ? infinity : infinity - 1;
}

uint32_t Pack(const Number& number, Rounding rounding, uint32_t& fpscr) {
  if (number.exponent <= 0 && (fpscr & kFlushToZero) != 0) {
    fpscr |= kUnderflow;
    return number.sign;
  }
  Rounded rounded{kInfinity};
  if (number.exponent <= 2 * kBias) rounded = RoundTo<23>(number, rounding);
  if (rounded.magnitude >= kInfinity) {
    return number.sign | Overflowed(kInfinity, number.sign != 0, rounding, fpscr);
  }
  if (rounded.inexact) fpscr |= rounded.tiny ? kUnderflow | kInexact : uint32_t{kInexact};
  return number.sign | rounded.magnitude;
}

uint32_t Pack(const Number& number, uint32_t& fpscr) {
  return Pack(number, RoundingOf(fpscr), fpscr);
}

// Of an exact 0 whose terms have signs that differ.
uint32_t CancelledZero(uint32_t fpscr) {
  return RoundingOf(fpscr) == Rounding::kDown ? uint32_t{kSign} : 0;
}

uint32_t SumOf(Number a, Number b, uint32_t& fpscr) {
  if (a.exponent < b.exponent) std::swap(a, b);
  // Bit 63 is for the carry. What follows is exact but for the sticky bit: where more bits than
  // the empty ones leave, the sum loses at most one bit at the top.
  const uint64_t larger = a.significand >> 1U;
  const uint64_t smaller = ShiftRightSticky(b.significand >> 1U, a.exponent - b.exponent);
  if (a.sign != b.sign && larger == smaller) return CancelledZero(fpscr);
  uint32_t sign = a.sign;
  uint64_t sum = 0;
  if (a.sign == b.sign) {
    sum = larger + smaller;
  } else if (larger > smaller) {
    sum = larger - smaller;
  } else {
    sum = smaller - larger;
    sign = b.sign;
  }
  const int shift = std::countl_zero(sum);
  return Pack({sign, a.exponent + 1 - shift, sum << shift}, fpscr);
}

// Exact, of numbers with 24 bits.
Number ProductOf(const Number& a, const Number& b) {
  const uint64_t product = (a.significand >> 40U) * (b.significand >> 40U);
  const int shift = std::countl_zero(product);
  return {a.sign ^ b.sign, a.exponent + b.exponent - kBias + 17 - shift, product << shift};
}

// The largest integer whose square is not above value, and whether it is less.
std::pair<uint64_t, bool> IntegerRoot(uint64_t value) {
  uint64_t root = 0;
  uint64_t rest = value;
  for (uint64_t bit = uint64_t{1} << 62U; bit != 0; bit >>= 2U) {
    if (rest >= root + bit) {
      rest -= root + bit;
      root = (root >> 1U) + bit;
    } else {
      root >>= 1U;
    }
  }
  return {root, rest != 0};
}

}  // namespace

uint32_t FloatAdd(uint32_t a, uint32_t b, uint32_t& fpscr) {
  a = FlushInput(a, fpscr);
  b = FlushInput(b, fpscr);
  if (IsNan(a) || IsNan(b)) return NanOf(a, b, fpscr);
  if (IsInfinite(a)) return IsInfinite(b) && a != b ? Invalid(fpscr) : a;
  if (IsInfinite(b)) return b;
  if (IsZero(a)) {
    if (!IsZero(b)) return b;
    return a == b ? a : CancelledZero(fpscr);
  }
  if (IsZero(b)) return a;
  return SumOf(Unpack(a), Unpack(b), fpscr);
}

uint32_t FloatSubtract(uint32_t a, uint32_t b, uint32_t& fpscr) {
  // A NaN keeps its sign.
  return FloatAdd(a, IsNan(b) ? b : FloatNegate(b), fpscr);
}

uint32_t FloatMultiply(uint32_t a, uint32_t b, uint32_t& fpscr) {
  a = FlushInput(a, fpscr);
  b = FlushInput(b, fpscr);
  if (IsNan(a) || IsNan(b)) return NanOf(a, b, fpscr);
  const uint32_t sign = (a ^ b) & kSign;
  if (IsInfinite(a) || IsInfinite(b)) {
    return IsZero(a) || IsZero(b) ? Invalid(fpscr) : sign | kInfinity;
  }
  if (IsZero(a) || IsZero(b)) return sign;
  return Pack(ProductOf(Unpack(a), Unpack(b)), fpscr);
}

uint32_t FloatDivide(uint32_t a, uint32_t b, uint32_t& fpscr) {
  a = FlushInput(a, fpscr);
  b = FlushInput(b, fpscr);
  if (IsNan(a) || IsNan(b)) return NanOf(a, b, fpscr);
  const uint32_t sign = (a ^ b) & kSign;
  if (IsInfinite(a)) return IsInfinite(b) ? Invalid(fpscr) : sign | kInfinity;
  if (IsInfinite(b)) return sign;
  if (IsZero(b)) {
    if (IsZero(a)) return Invalid(fpscr);
    fpscr |= kDivisionByZero;
    return sign | kInfinity;
  }
  if (IsZero(a)) return sign;
  const Number dividend = Unpack(a);
  const Number divisor = Unpack(b);
  const uint64_t by = divisor.significand >> 40U;
  // 24 bits, and 40 more: a quotient of 40 or 41 bits.
  const uint64_t quotient = dividend.significand / by;
  const uint64_t sticky = dividend.significand % by != 0 ? 1 : 0;
  const int shift = std::countl_zero(quotient);
  const int exponent = dividend.exponent - divisor.exponent + kBias + 23 - shift;
  return Pack({sign, exponent, quotient << shift | sticky}, fpscr);
}

uint32_t FloatSquareRoot(uint32_t a, uint32_t& fpscr) {
  a = FlushInput(a, fpscr);
  if (IsNan(a)) return Quietened(a, fpscr);
  if (IsZero(a)) return a;
  if ((a & kSign) != 0) return Invalid(fpscr);
  if (IsInfinite(a)) return a;
  const Number number = Unpack(a);
  // significand / 2^62 for an odd power of two, significand / 2^63 for an even one; as the root
  // of 2^62 is an integer, the even one is halved first.
  const int power = number.exponent - kBias;
  const auto [root, less] =
      IntegerRoot((power & 1) != 0 ? number.significand : number.significand >> 1U);
  return Pack({0, (power >> 1) + kBias, root << 32U | (less ? 1U : 0U)}, fpscr);
}

uint32_t FloatMultiplyAdd(uint32_t addend, uint32_t a, uint32_t b, uint32_t& fpscr) {
  addend = FlushInput(addend, fpscr);
  a = FlushInput(a, fpscr);
  b = FlushInput(b, fpscr);
  const bool infinite = IsInfinite(a) || IsInfinite(b);
  const bool undefined = infinite && (IsZero(a) || IsZero(b));
  if (IsSignalling(addend)) return Quietened(addend, fpscr);
  if (IsSignalling(a)) return Quietened(a, fpscr);
  if (IsSignalling(b)) return Quietened(b, fpscr);
  if (undefined) return Invalid(fpscr);  // even where a quiet NaN is added to it
  if (IsNan(addend)) return Quietened(addend, fpscr);
  if (IsNan(a) || IsNan(b)) return NanOf(a, b, fpscr);
  const uint32_t sign = (a ^ b) & kSign;
  if (infinite) {
    return IsInfinite(addend) && (addend & kSign) != sign ? Invalid(fpscr) : sign | kInfinity;
  }
  if (IsInfinite(addend)) return addend;
  if (IsZero(a) || IsZero(b)) {
    if (!IsZero(addend)) return addend;
    return addend == sign ? sign : CancelledZero(fpscr);
  }
  const Number product = ProductOf(Unpack(a), Unpack(b));
  if (IsZero(addend)) return Pack(product, fpscr);
  return SumOf(product, Unpack(addend), fpscr);
}

uint32_t FloatCompare(uint32_t a, uint32_t b, bool quiet, uint32_t& fpscr) {
  a = FlushInput(a, fpscr);
  b = FlushInput(b, fpscr);
  if (IsNan(a) || IsNan(b)) {
    if (!quiet || IsSignalling(a) || IsSignalling(b)) fpscr |= kInvalidOperation;
    return 0x30000000;
  }
  if (a == b || (IsZero(a) && IsZero(b))) return 0x60000000;
  const bool below_zero = (a & kSign) != 0;
  const bool less = (a & kSign) != (b & kSign) ? below_zero : (a < b) != below_zero;
  return less ? 0x80000000 : 0x20000000;
}

uint32_t FloatToFixed(uint32_t a, const FixedPoint& format, Rounding rounding, uint32_t& fpscr) {
  if (IsNan(a)) {
    fpscr |= kInvalidOperation;
    return 0;
  }
  a = FlushInput(a, fpscr);
  if (IsZero(a)) return 0;
  const bool negative = (a & kSign) != 0;
  const uint64_t above = uint64_t{1} << (format.is_unsigned ? format.bits : format.bits - 1);
  const uint64_t limit = negative ? (format.is_unsigned ? 0 : above) : above - 1;
  uint64_t kept = limit + 1;
  uint64_t rest = 0;
  const Number number = Unpack(a);
  const int power = number.exponent - kBias + format.fraction;  // of its highest bit
  if (!IsInfinite(a) && power < 32) {
    // Two words: the integer, and what is behind it.
    const uint64_t both = ShiftRightSticky(number.significand, 31 - power);
    kept = both >> 32U;
    rest = both & 0xffffffffU;
    if (RoundsUp(kept, rest, 0x80000000U, negative, rounding)) ++kept;
  }
  if (kept > limit) {
    fpscr |= kInvalidOperation;
    kept = limit;
  } else if (rest != 0) {
    fpscr |= kInexact;
  }
  return static_cast<uint32_t>(negative ? 0 - kept : kept);
}

uint32_t FloatFromFixed(uint32_t a, const FixedPoint& format, Rounding rounding, uint32_t& fpscr) {
  const uint32_t sign_bit = 1U << (format.bits - 1);
  a &= sign_bit | (sign_bit - 1);
  if (a == 0) return 0;
  const bool negative = !format.is_unsigned && (a & sign_bit) != 0;
  const uint64_t magnitude = negative ? (uint64_t{sign_bit} << 1U) - a : a;
  const int shift = std::countl_zero(magnitude);
  const int exponent = kBias + 63 - shift - format.fraction;
  return Pack({negative ? uint32_t{kSign} : 0, exponent, magnitude << shift}, rounding, fpscr);
}

uint16_t FloatToHalf(uint32_t a, uint32_t& fpscr) {
  a = FlushInput(a, fpscr);
  const bool alternative = (fpscr & kAlternativeHalf) != 0;
  const auto sign = static_cast<uint16_t>(a >> 16U & 0x8000U);
  if (IsNan(a)) {
    if (alternative || IsSignalling(a)) fpscr |= kInvalidOperation;
    if (alternative) return sign;
    if ((fpscr & kDefaultNan) != 0) return 0x7e00;
    return static_cast<uint16_t>(sign | 0x7e00U | (a & kFraction) >> 13U);
  }
  if (IsZero(a)) return sign;
  Rounded rounded{0xffff};
  // The alternative format has numbers where the other one has infinities and NaNs.
  const uint32_t end = alternative ? 0x8000 : 0x7c00;
  if (!IsInfinite(a)) {
    Number number = Unpack(a);
    number.exponent += 15 - kBias;
    if (number.exponent < 33) rounded = RoundTo<10>(number, RoundingOf(fpscr));
  } else if (!alternative) {
    return static_cast<uint16_t>(sign | end);
  }
  if (rounded.magnitude < end) {
    if (rounded.inexact) fpscr |= rounded.tiny ? kUnderflow | kInexact : uint32_t{kInexact};
    return static_cast<uint16_t>(sign | rounded.magnitude);
  }
  if (alternative) {
    fpscr |= kInvalidOperation;
    return static_cast<uint16_t>(sign | 0x7fffU);
  }
  return static_cast<uint16_t>(sign | Overflowed(end, sign != 0, RoundingOf(fpscr), fpscr));
}

uint32_t FloatFromHalf(uint16_t a, uint32_t& fpscr) {
  const uint32_t sign = (a & 0x8000U) << 16U;
  const uint32_t field = a >> 10U & 0x1fU;
  const uint32_t fraction = a & 0x3ffU;
  if (field == 0x1f && (fpscr & kAlternativeHalf) == 0) {
    const uint32_t same = sign | kInfinity | fraction << 13U;
    return IsNan(same) ? Quietened(same, fpscr) : same;
  }
  if (field != 0) return sign | (field + kBias - 15) << 23U | fraction << 13U;
  if (fraction == 0) return sign;
  // A denormal here is none there.
  const auto shift = static_cast<uint32_t>(std::countl_zero(fraction)) - 21;  // to bit 10
  return sign | (kBias - 14 - shift) << 23U | ((fraction << shift & 0x3ffU) << 13U);
}

}  // namespace percuss::rehost
