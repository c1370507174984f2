// SPDX-License-Identifier: Apache-2.0
//
// Our floating point against the host's, in all rounding modes. What IEEE 754 leaves open is not
// compared: NaNs' payloads, and whether tininess is seen before rounding.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cfenv>
#include <cmath>
#include <iterator>
#include <random>

#include "emulation/rehost/core/float_arithmetic.h"

namespace percuss::rehost {
namespace {

constexpr int kHostModes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
constexpr uint32_t kInfinity = 0x7f800000;
constexpr int kRounds = 100'000;

bool IsNan(uint32_t a) { return (a & 0x7fffffffU) > kInfinity; }

struct Outcome {
  uint32_t result = 0;
  uint32_t flags = 0;
};

// volatile: so that the operation is done here, and between what sets the mode and asks for flags.
template <typename Operation>
Outcome OnHost(Rounding rounding, Operation operation) {
  std::fenv_t before;
  std::feholdexcept(&before);
  std::fesetround(kHostModes[static_cast<size_t>(rounding)]);
  volatile float result = operation();
  const int raised = std::fetestexcept(FE_ALL_EXCEPT);
  std::fesetenv(&before);
  const float value = result;
  return {std::bit_cast<uint32_t>(value),
          ((raised & FE_INVALID) != 0 ? kInvalidOperation : 0U) |
              ((raised & FE_DIVBYZERO) != 0 ? kDivisionByZero : 0U) |
              ((raised & FE_OVERFLOW) != 0 ? kOverflow : 0U) |
              ((raised & FE_UNDERFLOW) != 0 ? kUnderflow : 0U) |
              ((raised & FE_INEXACT) != 0 ? kInexact : 0U)};
}

// Bits at random, where exponents of 0, 1, 254, 255 and fractions with long runs are frequent, and
// numbers often near the one before.
class Operands {
 public:
  uint32_t Next() {
    const auto bits = static_cast<uint32_t>(random_());
    const auto pick = static_cast<uint32_t>(random_());
    switch (pick >> 8U & 7U) {
      case 0: {
        constexpr uint32_t kSpecial[] = {0,          1,          0x007fffff, 0x00800000,
                                         0x00800001, 0x3f7fffff, 0x3f800000, 0x3f800001,
                                         0x40000000, 0x7f7fffff, kInfinity,  0x7f800001,
                                         0x7fc00000, 0x4b7fffff, 0x4f000000};
        last_ = kSpecial[bits % std::size(kSpecial)] | (pick & 0x80000000U);
        break;
      }
      case 1:
        last_ = bits & 0x807fffffU;
        break;
      case 2:
        last_ = (bits & 0x80000000U) | (last_ & 0x7f800000U) | 0x7fffffU << (pick & 31U) >> 9U;
        break;
      case 3:
        last_ = (last_ ^ (bits & 0x80000007U)) + ((pick & 3U) << 23U);
        break;
      case 4:
        last_ = (bits & 0x807fffffU) | (100 + (pick & 63U)) << 23U;
        break;
      default:
        last_ = bits;
    }
    return last_;
  }

 private:
  std::mt19937 random_{20160801};
  uint32_t last_ = 0;
};

void ExpectSame(const Outcome& own, const Outcome& host) {
  if (IsNan(host.result)) {
    EXPECT_TRUE(IsNan(own.result));
  } else {
    EXPECT_EQ(own.result, host.result);
  }
  // Where only we know that the result was tiny: it became the least normal number.
  const bool differs = (host.result & 0x7fffffffU) == 0x00800000 && (host.flags & kUnderflow) == 0;
  const uint32_t compared = differs ? ~uint32_t{kUnderflow} : ~uint32_t{0};
  EXPECT_EQ(own.flags & compared, host.flags & compared);
}

// own(a, b, fpscr) returns bits, host(a, b) a float.
template <typename Own, typename Host>
void CompareOnRandomOperands(Own own, Host host) {
  Operands operands;
  for (int i = 0; i < kRounds && !testing::Test::HasFailure(); ++i) {
    const uint32_t a = operands.Next();
    const uint32_t b = operands.Next();
    const auto rounding = static_cast<Rounding>(i & 3);
    uint32_t fpscr = static_cast<uint32_t>(rounding) << kRoundingShift;
    const uint32_t result = own(a, b, fpscr);
    volatile float first = std::bit_cast<float>(a);
    volatile float second = std::bit_cast<float>(b);
    SCOPED_TRACE(testing::Message() << std::hex << "0x" << a << " 0x" << b << ", mode " << (i & 3));
    ExpectSame({result, fpscr & 0x9fU}, OnHost(rounding, [&] { return host(first, second); }));
  }
}

TEST(FloatHostTest, Adds) {
  CompareOnRandomOperands(FloatAdd, [](float a, float b) { return a + b; });
}

TEST(FloatHostTest, Subtracts) {
  CompareOnRandomOperands(FloatSubtract, [](float a, float b) { return a - b; });
}

TEST(FloatHostTest, Multiplies) {
  CompareOnRandomOperands(FloatMultiply, [](float a, float b) { return a * b; });
}

TEST(FloatHostTest, Divides) {
  CompareOnRandomOperands(FloatDivide, [](float a, float b) { return a / b; });
}

TEST(FloatHostTest, TakesSquareRoots) {
  CompareOnRandomOperands(
      [](uint32_t a, uint32_t /*b*/, uint32_t& fpscr) { return FloatSquareRoot(a, fpscr); },
      [](float a, float /*b*/) { return std::sqrt(a); });
}

TEST(FloatHostTest, MultipliesAndAdds) {
  Operands operands;
  for (int i = 0; i < kRounds && !HasFailure(); ++i) {
    const uint32_t a = operands.Next();
    const uint32_t b = operands.Next();
    const uint32_t c = operands.Next();
    const auto rounding = static_cast<Rounding>(i & 3);
    uint32_t fpscr = static_cast<uint32_t>(rounding) << kRoundingShift;
    const uint32_t result = FloatMultiplyAdd(c, a, b, fpscr);
    volatile float first = std::bit_cast<float>(a);
    volatile float second = std::bit_cast<float>(b);
    volatile float addend = std::bit_cast<float>(c);
    const Outcome host = OnHost(rounding, [&] { return std::fma(first, second, addend); });
    SCOPED_TRACE(testing::Message()
                 << std::hex << "0x" << a << " * 0x" << b << " + 0x" << c << ", mode " << (i & 3));
    // Flags of a function of the C library are its own affair.
    ExpectSame({result, host.flags}, host);
  }
}

TEST(FloatHostTest, Compares) {
  Operands operands;
  for (int i = 0; i < kRounds; ++i) {
    const uint32_t a = operands.Next();
    const uint32_t b = operands.Next();
    const auto first = std::bit_cast<float>(a);
    const auto second = std::bit_cast<float>(b);
    uint32_t fpscr = 0;
    const uint32_t flags = FloatCompare(a, b, false, fpscr);
    ASSERT_EQ(flags == 0x80000000, std::isless(first, second)) << a << ' ' << b;
    ASSERT_EQ(flags == 0x20000000, std::isgreater(first, second)) << a << ' ' << b;
    ASSERT_EQ(flags == 0x30000000, std::isunordered(first, second)) << a << ' ' << b;
    ASSERT_EQ(fpscr != 0, std::isunordered(first, second)) << a << ' ' << b;
  }
}

TEST(FloatHostTest, ConvertsFromIntegers) {
  std::mt19937 random(7);
  for (int i = 0; i < kRounds && !HasFailure(); ++i) {
    const auto integer = static_cast<uint32_t>(random()) >> (random() & 31U);
    const auto rounding = static_cast<Rounding>(i & 3);
    const bool is_unsigned = (i & 4) != 0;
    uint32_t fpscr = 0;
    const uint32_t result = FloatFromFixed(integer, {32, 0, is_unsigned}, rounding, fpscr);
    volatile int64_t value = is_unsigned ? int64_t{integer} : static_cast<int32_t>(integer);
    const Outcome host = OnHost(rounding, [&] {
      const int64_t now = value;
      return static_cast<float>(now);
    });
    SCOPED_TRACE(testing::Message() << value << ", mode " << (i & 3));
    ExpectSame({result, fpscr}, host);
  }
}

// What is rounded to an integer by the host, in the units that the format has there.
int64_t RoundedOnHost(Rounding rounding, double value) {
  std::fenv_t before;
  std::feholdexcept(&before);
  std::fesetround(kHostModes[static_cast<size_t>(rounding)]);
  volatile double operand = value;
  volatile double result = std::nearbyint(operand);
  std::fesetenv(&before);
  return static_cast<int64_t>(result);
}

TEST(FloatHostTest, ConvertsToFixedPoint) {
  Operands operands;
  for (int i = 0; i < kRounds && !HasFailure(); ++i) {
    const uint32_t a = operands.Next();
    if ((a & 0x7fffffffU) >= 0x5e000000) continue;  // 2^61
    const auto rounding = static_cast<Rounding>(i & 3);
    const FixedPoint format{(i & 4) != 0 ? 32 : 16, i >> 4 & 31, (i & 8) != 0};
    const double scaled = std::ldexp(double{std::bit_cast<float>(a)}, format.fraction);
    const int64_t least = format.is_unsigned ? 0 : -(int64_t{1} << (format.bits - 1));
    const int64_t beyond = least + (int64_t{1} << format.bits);
    uint32_t expected_flags = kInvalidOperation;
    int64_t expected = scaled < 0 ? least : beyond - 1;
    if (std::abs(scaled) < 0x1p40) {
      const int64_t exact = RoundedOnHost(rounding, scaled);
      if (exact >= least && exact < beyond) {
        expected = exact;
        expected_flags = static_cast<double>(exact) == scaled ? 0U : uint32_t{kInexact};
      }
    }
    uint32_t fpscr = 0;
    const uint32_t result = FloatToFixed(a, format, rounding, fpscr);
    SCOPED_TRACE(testing::Message() << scaled << ", mode " << (i & 15));
    EXPECT_EQ(result, static_cast<uint32_t>(expected));
    EXPECT_EQ(fpscr, expected_flags);
  }
}

TEST(FloatHostTest, ConvertsToHalves) {
  Operands operands;
  for (int i = 0; i < kRounds && !HasFailure(); ++i) {
    const uint32_t a = operands.Next();
    const uint32_t magnitude = a & 0x7fffffffU;
    if (magnitude >= 0x477fe000) continue;  // the largest half
    const auto rounding = static_cast<Rounding>(i & 3);
    const double value = std::bit_cast<float>(a);
    // Units of the last place: 2^-24 for denormals.
    const int exponent = std::max(static_cast<int>(magnitude >> 23U) - 127, -14);
    const double units = std::ldexp(value, 10 - exponent);
    const int64_t rounded = RoundedOnHost(rounding, units);
    uint32_t fpscr = static_cast<uint32_t>(rounding) << kRoundingShift;
    const uint32_t half = FloatToHalf(a, fpscr);
    uint32_t unused = 0;
    const auto result = std::bit_cast<float>(FloatFromHalf(static_cast<uint16_t>(half), unused));
    SCOPED_TRACE(testing::Message() << value << ", mode " << (i & 3));
    EXPECT_EQ(double{result}, std::ldexp(static_cast<double>(rounded), exponent - 10));
    EXPECT_EQ(std::signbit(result), (a >> 31U) != 0);
    EXPECT_EQ((fpscr & kInexact) != 0, static_cast<double>(rounded) != units);
  }
}

}  // namespace
}  // namespace percuss::rehost
