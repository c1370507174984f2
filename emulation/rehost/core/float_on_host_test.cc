// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/float_on_host.h"

#include <gtest/gtest.h>

#include <random>

namespace percuss::rehost {
namespace {

constexpr int kRounds = 200'000;
constexpr uint32_t kOne = 0x3f800000;

// Numbers whose exponents are often alike, at the ends of the range, or with few bits set, so that
// sums cancel and are half-way between two numbers.
class Operands {
 public:
  uint32_t Next() {
    const auto bits = static_cast<uint32_t>(random_());
    const auto pick = static_cast<uint32_t>(random_());
    switch (pick & 7U) {
      case 0:
        return bits;
      case 1:
        return (bits & 0x81ffffffU) | 0x01000000U;
      case 2:
        return bits | 0x7e000000U;
      case 3:
        return (bits & 0x80000000U) | (120 + (pick >> 8U & 15U)) << 23U |
               1U << (pick >> 16U & 31U) >> 9U;
      case 4:
        return (bits & 0x80000003U) | (100 + (pick >> 8U & 31U)) << 23U;
      default:
        return (bits & 0x807fffffU) | (115 + (pick >> 8U & 31U)) << 23U;
    }
  }

 private:
  std::mt19937 random_{754};
};

// How many answers there were; each is that of integers, which leaves FPSCR as it was.
template <typename OnHost, typename InIntegers>
int CountSame(OnHost on_host, InIntegers in_integers) {
  Operands operands;
  int answers = 0;
  for (int i = 0; i < kRounds; ++i) {
    const uint32_t a = operands.Next();
    const uint32_t b = operands.Next();
    const uint32_t c = operands.Next();
    const uint32_t modes = (i & 1) != 0 ? kFlushToZero | kDefaultNan : 0U;
    const auto answer = on_host(a, b, c, modes | kInexact);
    if (!answer) continue;
    ++answers;
    uint32_t fpscr = modes;
    EXPECT_EQ(*answer, in_integers(a, b, c, fpscr)) << std::hex << a << ' ' << b << ' ' << c;
    EXPECT_EQ(fpscr & ~uint32_t{kInexact}, modes) << std::hex << a << ' ' << b << ' ' << c;
    if (testing::Test::HasFailure()) break;
  }
  return answers;
}

TEST(FloatOnHostTest, AnswersAreThoseOfIntegers) {
  EXPECT_GT(
      CountSame([](uint32_t a, uint32_t b, uint32_t, uint32_t f) { return AddOnHost(a, b, f); },
                [](uint32_t a, uint32_t b, uint32_t, uint32_t& f) { return FloatAdd(a, b, f); }),
      kRounds / 2);
  EXPECT_GT(
      CountSame(
          [](uint32_t a, uint32_t b, uint32_t, uint32_t f) { return MultiplyOnHost(a, b, f); },
          [](uint32_t a, uint32_t b, uint32_t, uint32_t& f) { return FloatMultiply(a, b, f); }),
      kRounds / 2);
  EXPECT_GT(
      CountSame([](uint32_t a, uint32_t b, uint32_t, uint32_t f) { return DivideOnHost(a, b, f); },
                [](uint32_t a, uint32_t b, uint32_t, uint32_t& f) { return FloatDivide(a, b, f); }),
      kRounds / 2);
  EXPECT_GT(
      CountSame([](uint32_t a, uint32_t, uint32_t, uint32_t f) { return SquareRootOnHost(a, f); },
                [](uint32_t a, uint32_t, uint32_t, uint32_t& f) { return FloatSquareRoot(a, f); }),
      kRounds / 3);
  EXPECT_GT(CountSame([](uint32_t a, uint32_t b, uint32_t c,
                         uint32_t f) { return MultiplyAddOnHost(c, a, b, f); },
                      [](uint32_t a, uint32_t b, uint32_t c, uint32_t& f) {
                        return FloatMultiplyAdd(c, a, b, f);
                      }),
            kRounds / 3);
}

TEST(FloatOnHostTest, ConvertsLikeIntegers) {
  for (const bool is_unsigned : {false, true}) {
    const FixedPoint format{32, 0, is_unsigned};
    EXPECT_EQ(
        CountSame([=](uint32_t a, uint32_t b, uint32_t,
                      uint32_t f) { return FromIntegerOnHost(a >> (b & 31U), is_unsigned, f); },
                  [=](uint32_t a, uint32_t b, uint32_t, uint32_t& f) {
                    return FloatFromFixed(a >> (b & 31U), format, Rounding::kNearest, f);
                  }),
        kRounds);
    EXPECT_GT(CountSame([=](uint32_t a, uint32_t, uint32_t,
                            uint32_t f) { return ToIntegerOnHost(a, is_unsigned, f); },
                        [=](uint32_t a, uint32_t, uint32_t, uint32_t& f) {
                          return FloatToFixed(a, format, Rounding::kToZero, f);
                        }),
              kRounds / 4);
  }
}

TEST(FloatOnHostTest, HasNoAnswerWhereItCouldBeAnotherOne) {
  EXPECT_TRUE(AddOnHost(kOne, kOne, kInexact));
  EXPECT_FALSE(AddOnHost(kOne, kOne, 0)) << "whether it is inexact is not known";
  for (uint32_t mode = 1; mode < 4; ++mode) {
    EXPECT_FALSE(AddOnHost(kOne, kOne, kInexact | mode << kRoundingShift));
  }
  for (const uint32_t other : {0U, 0x80000000U, 1U, 0x007fffffU, 0x7f800000U, 0x7fc00000U}) {
    EXPECT_FALSE(AddOnHost(kOne, other, kInexact));
    EXPECT_FALSE(MultiplyOnHost(other, kOne, kInexact));
    EXPECT_FALSE(DivideOnHost(kOne, other, kInexact));
    EXPECT_FALSE(SquareRootOnHost(other, kInexact));
    EXPECT_FALSE(MultiplyAddOnHost(other, kOne, kOne, kInexact));
  }
  EXPECT_FALSE(SquareRootOnHost(kOne | 0x80000000U, kInexact));
  EXPECT_FALSE(ToIntegerOnHost(0x4f000000, false, kInexact));
  EXPECT_FALSE(ToIntegerOnHost(kOne | 0x80000000U, true, kInexact));
  EXPECT_FALSE(FromIntegerOnHost(1, false, 0));
  // Tiny before it is rounded, too large after it is.
  EXPECT_FALSE(MultiplyOnHost(0x00800000, kOne - 1, kInexact));
  EXPECT_FALSE(AddOnHost(0x7f7fffff, 0x73000000, kInexact));
  EXPECT_FALSE(AddOnHost(kOne, kOne | 0x80000000U, kInexact));
  // 1 + 2^-24 + 2^-70 is rounded up, though in double precision it is half-way.
  const auto factor = std::bit_cast<uint32_t>(std::ldexp(8392705.0F, -35));
  const auto other_factor = std::bit_cast<uint32_t>(std::ldexp(8384513.0F, -35));
  EXPECT_FALSE(MultiplyAddOnHost(kOne, factor, other_factor, kInexact));
  uint32_t fpscr = kInexact;
  EXPECT_EQ(FloatMultiplyAdd(kOne, factor, other_factor, fpscr), kOne + 1);
}

}  // namespace
}  // namespace percuss::rehost
