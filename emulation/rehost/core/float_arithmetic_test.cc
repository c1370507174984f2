// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/float_arithmetic.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <ostream>

namespace percuss::rehost {
namespace {

constexpr uint32_t kOne = 0x3f800000;
constexpr uint32_t kTwo = 0x40000000;
constexpr uint32_t kNegativeZero = 0x80000000;
constexpr uint32_t kInfinity = 0x7f800000;
constexpr uint32_t kLargest = 0x7f7fffff;
constexpr uint32_t kLeastNormal = 0x00800000;
constexpr uint32_t kLeast = 0x00000001;
constexpr uint32_t kQuietNan = 0x7fc00000;
constexpr uint32_t kSignalling = 0x7f812345;
constexpr uint32_t kSignallingQuietened = 0x7fc12345;
constexpr uint32_t kOtherNan = 0xffc54321;

constexpr uint32_t Mode(Rounding rounding) {
  return static_cast<uint32_t>(rounding) << kRoundingShift;
}
constexpr uint32_t kNearest = Mode(Rounding::kNearest);
constexpr uint32_t kUp = Mode(Rounding::kUp);
constexpr uint32_t kDown = Mode(Rounding::kDown);
constexpr uint32_t kToZero = Mode(Rounding::kToZero);

struct Outcome {
  uint32_t result = 0;
  uint32_t flags = 0;
  bool operator==(const Outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  return out << std::hex << "0x" << outcome.result << " flags 0x" << outcome.flags << std::dec;
}

constexpr uint32_t kCumulative =
    kInvalidOperation | kDivisionByZero | kOverflow | kUnderflow | kInexact | kInputDenormal;

// What `operation`, given FPSCR, returns and sets in it.
template <typename Operation>
Outcome Under(uint32_t mode, Operation operation) {
  uint32_t fpscr = mode;
  const uint32_t result = operation(fpscr);
  EXPECT_EQ(fpscr & ~kCumulative, mode) << "modes are not for it to change";
  return {result, fpscr & kCumulative};
}

Outcome Sum(uint32_t mode, uint32_t a, uint32_t b) {
  return Under(mode, [=](uint32_t& fpscr) { return FloatAdd(a, b, fpscr); });
}
Outcome Difference(uint32_t mode, uint32_t a, uint32_t b) {
  return Under(mode, [=](uint32_t& fpscr) { return FloatSubtract(a, b, fpscr); });
}
Outcome Product(uint32_t mode, uint32_t a, uint32_t b) {
  return Under(mode, [=](uint32_t& fpscr) { return FloatMultiply(a, b, fpscr); });
}
Outcome Quotient(uint32_t mode, uint32_t a, uint32_t b) {
  return Under(mode, [=](uint32_t& fpscr) { return FloatDivide(a, b, fpscr); });
}
Outcome Root(uint32_t mode, uint32_t a) {
  return Under(mode, [=](uint32_t& fpscr) { return FloatSquareRoot(a, fpscr); });
}
Outcome Fused(uint32_t mode, uint32_t addend, uint32_t a, uint32_t b) {
  return Under(mode, [=](uint32_t& fpscr) { return FloatMultiplyAdd(addend, a, b, fpscr); });
}

TEST(FloatArithmeticTest, RoundsAsFpscrSays) {
  const uint32_t half_unit = 0x33800000;  // 2^-24
  EXPECT_EQ(Sum(kNearest, kOne, half_unit), (Outcome{kOne, kInexact}));
  EXPECT_EQ(Sum(kNearest, kOne + 1, half_unit), (Outcome{kOne + 2, kInexact}));
  EXPECT_EQ(Sum(kUp, kOne, kLeast), (Outcome{kOne + 1, kInexact}));
  EXPECT_EQ(Sum(kDown, kOne, kLeast), (Outcome{kOne, kInexact}));
  EXPECT_EQ(Sum(kToZero, kOne, kLeast | kNegativeZero), (Outcome{kOne - 1, kInexact}));
  EXPECT_EQ(Sum(kUp, kOne, kOne), (Outcome{kTwo, 0}));
}

TEST(FloatArithmeticTest, OverflowsToInfinityOrTheLargestNumber) {
  EXPECT_EQ(Product(kNearest, kLargest, kTwo), (Outcome{kInfinity, kOverflow | kInexact}));
  EXPECT_EQ(Product(kToZero, kLargest, kTwo), (Outcome{kLargest, kOverflow | kInexact}));
  EXPECT_EQ(Product(kDown, kLargest, kTwo), (Outcome{kLargest, kOverflow | kInexact}));
  const uint32_t negative = kLargest | kNegativeZero;
  EXPECT_EQ(Product(kUp, negative, kTwo), (Outcome{negative, kOverflow | kInexact}));
  EXPECT_EQ(Product(kDown, negative, kTwo), (Outcome{0xff800000, kOverflow | kInexact}));
  EXPECT_EQ(Sum(kUp, kLargest, kLeast), (Outcome{kInfinity, kOverflow | kInexact}));
}

TEST(FloatArithmeticTest, IsTinyBeforeRounding) {
  // (1 - 2^-24) * 2^-126 rounds to 2^-126, which is normal.
  EXPECT_EQ(Product(kNearest, kLeastNormal, kOne - 1),
            (Outcome{kLeastNormal, kUnderflow | kInexact}));
  // Exact denormals are no underflow.
  EXPECT_EQ(Quotient(kNearest, kLeastNormal, kTwo), (Outcome{0x00400000, 0}));
  EXPECT_EQ(Quotient(kNearest, kLeast, kTwo), (Outcome{0, kUnderflow | kInexact}));
  EXPECT_EQ(Quotient(kUp, kLeast, kTwo), (Outcome{kLeast, kUnderflow | kInexact}));
  EXPECT_EQ(Product(kUp, kLeast, kLeast), (Outcome{kLeast, kUnderflow | kInexact}));
}

TEST(FloatArithmeticTest, FlushesToZeroIfAsked) {
  // Results also where they are exact, or would become normal; inexact is not set.
  EXPECT_EQ(Quotient(kFlushToZero, kLeastNormal, kTwo), (Outcome{0, kUnderflow}));
  EXPECT_EQ(Product(kFlushToZero, kLeastNormal | kNegativeZero, kOne - 1),
            (Outcome{kNegativeZero, kUnderflow}));
  EXPECT_EQ(Sum(kFlushToZero, kOne, 0x007fffff), (Outcome{kOne, kInputDenormal}));
  EXPECT_EQ(Product(kFlushToZero, kInfinity, kLeast),
            (Outcome{kQuietNan, kInputDenormal | kInvalidOperation}));
  EXPECT_EQ(Quotient(kFlushToZero, kOne, kLeast | kNegativeZero),
            (Outcome{0xff800000, kInputDenormal | kDivisionByZero}));
  EXPECT_EQ(Root(kFlushToZero, kLeast | kNegativeZero), (Outcome{kNegativeZero, kInputDenormal}));
  EXPECT_EQ(Sum(kFlushToZero, kQuietNan, kLeast), (Outcome{kQuietNan, kInputDenormal}));
}

TEST(FloatArithmeticTest, ZerosHaveTheSignOfTheRoundingMode) {
  EXPECT_EQ(Sum(kNearest, kOne, kOne | kNegativeZero), (Outcome{0, 0}));
  EXPECT_EQ(Sum(kDown, kOne, kOne | kNegativeZero), (Outcome{kNegativeZero, 0}));
  EXPECT_EQ(Difference(kDown, 0, 0), (Outcome{kNegativeZero, 0}));
  EXPECT_EQ(Sum(kUp, kNegativeZero, kNegativeZero), (Outcome{kNegativeZero, 0}));
  EXPECT_EQ(Fused(kDown, kNegativeZero, 0, kOne), (Outcome{kNegativeZero, 0}));
  EXPECT_EQ(Fused(kNearest, kNegativeZero, 0, kOne), (Outcome{0, 0}));
  EXPECT_EQ(Root(kNearest, kNegativeZero), (Outcome{kNegativeZero, 0}));
}

TEST(FloatArithmeticTest, PropagatesNans) {
  // A signalling one first, then the first.
  EXPECT_EQ(Sum(kNearest, kOtherNan, kQuietNan), (Outcome{kOtherNan, 0}));
  EXPECT_EQ(Sum(kNearest, kOne, kOtherNan), (Outcome{kOtherNan, 0}));
  EXPECT_EQ(Product(kNearest, kOtherNan, kSignalling),
            (Outcome{kSignallingQuietened, kInvalidOperation}));
  EXPECT_EQ(Difference(kNearest, kOne, kOtherNan), (Outcome{kOtherNan, 0}));
  EXPECT_EQ(Root(kNearest, kSignalling), (Outcome{kSignallingQuietened, kInvalidOperation}));
  EXPECT_EQ(Sum(kDefaultNan, kOtherNan, kOne), (Outcome{kQuietNan, 0}));
  EXPECT_EQ(Sum(kDefaultNan, kSignalling, kOne), (Outcome{kQuietNan, kInvalidOperation}));
}

TEST(FloatArithmeticTest, PropagatesTheAddendOfAFusedMultiplicationFirst) {
  EXPECT_EQ(Fused(kNearest, kOtherNan, kQuietNan, kOne), (Outcome{kOtherNan, 0}));
  EXPECT_EQ(Fused(kNearest, kOtherNan, kOne, kSignalling),
            (Outcome{kSignallingQuietened, kInvalidOperation}));
  // Infinity times zero is invalid even where a quiet NaN is added, and then it is the default NaN.
  EXPECT_EQ(Fused(kNearest, kOtherNan, kInfinity, 0), (Outcome{kQuietNan, kInvalidOperation}));
  EXPECT_EQ(Fused(kNearest, kSignalling, 0, kInfinity),
            (Outcome{kSignallingQuietened, kInvalidOperation}));
}

TEST(FloatArithmeticTest, KnowsWhatIsInvalid) {
  const uint32_t negative = kInfinity | kNegativeZero;
  const Outcome invalid{kQuietNan, kInvalidOperation};
  EXPECT_EQ(Sum(kNearest, kInfinity, negative), invalid);
  EXPECT_EQ(Difference(kNearest, kInfinity, kInfinity), invalid);
  EXPECT_EQ(Product(kNearest, 0, negative), invalid);
  EXPECT_EQ(Quotient(kNearest, 0, 0), invalid);
  EXPECT_EQ(Quotient(kNearest, kInfinity, negative), invalid);
  EXPECT_EQ(Root(kNearest, kOne | kNegativeZero), invalid);
  EXPECT_EQ(Fused(kNearest, negative, kInfinity, kOne), invalid);
  EXPECT_EQ(Quotient(kNearest, kOne, kNegativeZero), (Outcome{negative, kDivisionByZero}));
  EXPECT_EQ(Quotient(kNearest, kInfinity, 0), (Outcome{kInfinity, 0}));
}

TEST(FloatArithmeticTest, RoundsAFusedMultiplicationOnce) {
  // (1 + 2^-23)^2 - (1 + 2^-22) is 2^-46, of which two roundings leave nothing.
  EXPECT_EQ(Fused(kNearest, 0xbf800002, kOne + 1, kOne + 1), (Outcome{0x28800000, 0}));
  EXPECT_EQ(Sum(kNearest, 0xbf800002, Product(kNearest, kOne + 1, kOne + 1).result),
            (Outcome{0, 0}));
  // A product that is far below the addend still decides the rounding.
  EXPECT_EQ(Fused(kUp, kOne, kLeast, kLeast), (Outcome{kOne + 1, kInexact}));
  EXPECT_EQ(Fused(kNearest, 0x33800000, kOne, kOne), (Outcome{kOne, kInexact}));
  EXPECT_EQ(Fused(kNearest, 0x33800000, kOne + 1, kOne + 1), (Outcome{kOne + 3, kInexact}));
}

Outcome Compared(uint32_t mode, bool quiet, uint32_t a, uint32_t b) {
  return Under(mode, [=](uint32_t& fpscr) { return FloatCompare(a, b, quiet, fpscr); });
}

TEST(FloatArithmeticTest, ComparesToNzcv) {
  const Outcome less{0x80000000, 0};
  const Outcome equal{0x60000000, 0};
  const Outcome greater{0x20000000, 0};
  EXPECT_EQ(Compared(kNearest, true, kOne, kTwo), less);
  EXPECT_EQ(Compared(kNearest, true, kOne | kNegativeZero, kTwo | kNegativeZero), greater);
  EXPECT_EQ(Compared(kNearest, true, kOne | kNegativeZero, kTwo), less);
  EXPECT_EQ(Compared(kNearest, true, kInfinity, kLargest | kNegativeZero), greater);
  EXPECT_EQ(Compared(kNearest, true, 0, kNegativeZero), equal);
  EXPECT_EQ(Compared(kNearest, true, kLeast, 0), greater);
  EXPECT_EQ(Compared(kFlushToZero, true, kLeast, kNegativeZero),
            (Outcome{0x60000000, kInputDenormal}));
  EXPECT_EQ(Compared(kNearest, true, kQuietNan, kOne), (Outcome{0x30000000, 0}));
  EXPECT_EQ(Compared(kNearest, false, kOne, kQuietNan), (Outcome{0x30000000, kInvalidOperation}));
  EXPECT_EQ(Compared(kNearest, true, kSignalling, 0), (Outcome{0x30000000, kInvalidOperation}));
}

Outcome ToFixed(const FixedPoint& format, Rounding rounding, uint32_t a, uint32_t mode = 0) {
  return Under(mode, [&](uint32_t& fpscr) { return FloatToFixed(a, format, rounding, fpscr); });
}

TEST(FloatArithmeticTest, SaturatesIntegers) {
  const FixedPoint is_signed{32, 0, false};
  const FixedPoint is_unsigned{32, 0, true};
  constexpr auto kTruncated = Rounding::kToZero;
  const uint32_t two_to_31 = 0x4f000000;
  EXPECT_EQ(ToFixed(is_signed, kTruncated, two_to_31), (Outcome{0x7fffffff, kInvalidOperation}));
  EXPECT_EQ(ToFixed(is_signed, kTruncated, two_to_31 | kNegativeZero), (Outcome{0x80000000, 0}));
  EXPECT_EQ(ToFixed(is_signed, kTruncated, 0xcf000001), (Outcome{0x80000000, kInvalidOperation}));
  EXPECT_EQ(ToFixed(is_unsigned, kTruncated, two_to_31), (Outcome{0x80000000, 0}));
  EXPECT_EQ(ToFixed(is_unsigned, kTruncated, 0x4f800000), (Outcome{0xffffffff, kInvalidOperation}));
  EXPECT_EQ(ToFixed(is_unsigned, kTruncated, 0xbf7fffff), (Outcome{0, kInexact}));
  EXPECT_EQ(ToFixed(is_unsigned, kTruncated, 0xbf800000), (Outcome{0, kInvalidOperation}));
  EXPECT_EQ(ToFixed(is_unsigned, Rounding::kDown, 0xbf000000), (Outcome{0, kInvalidOperation}));
  EXPECT_EQ(ToFixed(is_signed, kTruncated, kInfinity), (Outcome{0x7fffffff, kInvalidOperation}));
  EXPECT_EQ(ToFixed(is_signed, kTruncated, kQuietNan), (Outcome{0, kInvalidOperation}));
  EXPECT_EQ(ToFixed(is_signed, Rounding::kUp, kLeast), (Outcome{1, kInexact}));
  EXPECT_EQ(ToFixed(is_signed, Rounding::kUp, kLeast, kFlushToZero), (Outcome{0, kInputDenormal}));
}

TEST(FloatArithmeticTest, RoundsToIntegersInFourWays) {
  const FixedPoint integer{32, 0, false};
  const auto minus_five_halves = 0xc0200000;
  EXPECT_EQ(ToFixed(integer, Rounding::kNearest, minus_five_halves).result, 0xfffffffe);
  EXPECT_EQ(ToFixed(integer, Rounding::kUp, minus_five_halves).result, 0xfffffffe);
  EXPECT_EQ(ToFixed(integer, Rounding::kDown, minus_five_halves).result, 0xfffffffd);
  EXPECT_EQ(ToFixed(integer, Rounding::kToZero, minus_five_halves).result, 0xfffffffe);
  EXPECT_EQ(ToFixed(integer, Rounding::kNearest, 0x40600000).result, 4U);  // 3.5
}

TEST(FloatArithmeticTest, ConvertsFixedPoint) {
  const FixedPoint q15{16, 15, false};
  EXPECT_EQ(ToFixed(q15, Rounding::kToZero, kOne), (Outcome{0x7fff, kInvalidOperation}));
  EXPECT_EQ(ToFixed(q15, Rounding::kToZero, kOne | kNegativeZero), (Outcome{0xffff8000, 0}));
  EXPECT_EQ(ToFixed(q15, Rounding::kToZero, 0x3f000000), (Outcome{0x4000, 0}));
  EXPECT_EQ(ToFixed({32, 32, true}, Rounding::kToZero, kLeast), (Outcome{0, kInexact}));
  // Fewer bits than none behind the point: units of 2^15.
  EXPECT_EQ(ToFixed({16, -15, true}, Rounding::kToZero, 0x47400000), (Outcome{1, kInexact}));
  const auto from = [](const FixedPoint& format, Rounding rounding, uint32_t a) {
    return Under(0, [&](uint32_t& fpscr) { return FloatFromFixed(a, format, rounding, fpscr); });
  };
  EXPECT_EQ(from(q15, Rounding::kNearest, 0xabcd8000), (Outcome{0xbf800000, 0}));
  EXPECT_EQ(from({16, 16, true}, Rounding::kNearest, 0xabcd8000), (Outcome{0x3f000000, 0}));
  EXPECT_EQ(from({32, 0, true}, Rounding::kNearest, 0xffffffff), (Outcome{0x4f800000, kInexact}));
  EXPECT_EQ(from({32, 0, true}, Rounding::kToZero, 0xffffffff), (Outcome{0x4f7fffff, kInexact}));
  EXPECT_EQ(from({32, 0, false}, Rounding::kNearest, 0x80000000), (Outcome{0xcf000000, 0}));
  EXPECT_EQ(from({32, 0, false}, Rounding::kDown, 0), (Outcome{0, 0}));
}

Outcome ToHalf(uint32_t mode, uint32_t a) {
  return Under(mode, [=](uint32_t& fpscr) { return uint32_t{FloatToHalf(a, fpscr)}; });
}
Outcome FromHalf(uint32_t mode, uint16_t a) {
  return Under(mode, [=](uint32_t& fpscr) { return FloatFromHalf(a, fpscr); });
}

TEST(FloatArithmeticTest, ConvertsHalfPrecision) {
  EXPECT_EQ(ToHalf(kNearest, kOne), (Outcome{0x3c00, 0}));
  EXPECT_EQ(ToHalf(kNearest, 0x477fefff), (Outcome{0x7bff, kInexact}));
  EXPECT_EQ(ToHalf(kNearest, 0x477ff000), (Outcome{0x7c00, kOverflow | kInexact}));
  EXPECT_EQ(ToHalf(kToZero, 0xc77ff000), (Outcome{0xfbff, kInexact}));
  EXPECT_EQ(ToHalf(kToZero, 0xff7fffff), (Outcome{0xfbff, kOverflow | kInexact}));
  EXPECT_EQ(ToHalf(kNearest, 0x387fffff), (Outcome{0x0400, kUnderflow | kInexact}));
  EXPECT_EQ(ToHalf(kNearest, 0x33800000), (Outcome{0x0001, 0}));
  EXPECT_EQ(ToHalf(kNearest, 0x33000000), (Outcome{0x0000, kUnderflow | kInexact}));
  // Denormal halves are not flushed, denormal singles are.
  EXPECT_EQ(ToHalf(kFlushToZero, 0x33800000), (Outcome{0x0001, 0}));
  EXPECT_EQ(ToHalf(kFlushToZero | kUp, kLeast), (Outcome{0, kInputDenormal}));
  EXPECT_EQ(FromHalf(kFlushToZero, 0x8001), (Outcome{0xb3800000, 0}));
  EXPECT_EQ(FromHalf(kNearest, 0xfc00), (Outcome{0xff800000, 0}));
  EXPECT_EQ(FromHalf(kNearest, 0x7d55), (Outcome{0x7feaa000, kInvalidOperation}));
  EXPECT_EQ(FromHalf(kDefaultNan, 0xfe55), (Outcome{kQuietNan, 0}));
  EXPECT_EQ(ToHalf(kNearest, kSignalling), (Outcome{0x7e09, kInvalidOperation}));
  EXPECT_EQ(ToHalf(kNearest, kOtherNan), (Outcome{0xfe2a, 0}));
  EXPECT_EQ(ToHalf(kDefaultNan, kOtherNan), (Outcome{0x7e00, 0}));
}

TEST(FloatArithmeticTest, AlternativeHalvesHaveNeitherInfinitiesNorNans) {
  EXPECT_EQ(ToHalf(kAlternativeHalf, 0x477ff000), (Outcome{0x7c00, kInexact}));
  EXPECT_EQ(ToHalf(kAlternativeHalf, 0xc7ffe000), (Outcome{0xffff, 0}));
  EXPECT_EQ(ToHalf(kAlternativeHalf, 0x47fff000), (Outcome{0x7fff, kInvalidOperation}));
  EXPECT_EQ(ToHalf(kAlternativeHalf, kInfinity), (Outcome{0x7fff, kInvalidOperation}));
  EXPECT_EQ(ToHalf(kAlternativeHalf, kOtherNan), (Outcome{0x8000, kInvalidOperation}));
  EXPECT_EQ(FromHalf(kAlternativeHalf, 0xffff), (Outcome{0xc7ffe000, 0}));
}

TEST(FloatArithmeticTest, EveryHalfSurvivesBeingASingle) {
  for (const uint32_t mode : {uint32_t{0}, uint32_t{kAlternativeHalf}}) {
    for (uint32_t half = 0; half < 0x10000; ++half) {
      if (mode == 0 && (half & 0x7fffU) > 0x7c00) continue;
      const Outcome single = FromHalf(mode, static_cast<uint16_t>(half));
      ASSERT_EQ(single.flags, 0U) << half;
      const uint32_t magnitude = half & 0x7fffU;
      if (mode != 0 || magnitude != 0x7c00) {
        const int field = static_cast<int>(magnitude >> 10U);
        const auto fraction = static_cast<float>(magnitude & 0x3ffU);
        const float value =
            field == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, field - 25);
        ASSERT_EQ(std::bit_cast<float>(single.result & 0x7fffffffU), value) << half;
      }
      ASSERT_EQ(ToHalf(mode, single.result), (Outcome{half, 0}));
    }
  }
}

}  // namespace
}  // namespace percuss::rehost
