// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <tuple>

#include "emulation/rehost/core/float_arithmetic.h"
#include "emulation/rehost/core/one_op_testing.h"
#include "emulation/rehost/core/ops_groups.h"

namespace percuss::rehost {
namespace {

constexpr uint32_t kOne = 0x3f800000;
constexpr uint32_t kTwo = 0x40000000;
constexpr uint32_t kThree = 0x40400000;
constexpr uint32_t kFour = 0x40800000;
constexpr uint32_t kSix = 0x40c00000;
constexpr uint32_t kMinus = 0x80000000;
constexpr uint32_t kNan = 0x7fc01234;

Decoded Instruction(Operation operation, uint8_t variant = 0, uint32_t imm = 0) {
  Decoded decoded;
  decoded.operation = operation;
  decoded.rd = 0;
  decoded.rn = 1;
  decoded.rm = 31;
  decoded.variant = variant;
  decoded.imm = imm;
  return decoded;
}

// rd, rn and rm are s0, s1 and s31.
Core Registers(uint32_t rd, uint32_t rn, uint32_t rm, uint32_t fpscr = 0) {
  Core core;
  core.s[0] = rd;
  core.s[1] = rn;
  core.s[31] = rm;
  core.fpscr = fpscr;
  return core;
}

Core After(const Decoded& decoded, Core core) {
  EXPECT_TRUE(RunOne(core, FloatHandler(decoded), decoded));
  return core;
}

uint32_t Result(Operation operation, const Core& core) {
  return After(Instruction(operation), core).s[0];
}

TEST(OpsFloatTest, Arithmetic) {
  const Core core = Registers(kOne, kSix, kTwo);
  EXPECT_EQ(Result(Operation::kVadd, core), 0x41000000U);  // 8
  EXPECT_EQ(Result(Operation::kVsub, core), kFour);
  EXPECT_EQ(Result(Operation::kVmul, core), 0x41400000U);  // 12
  EXPECT_EQ(Result(Operation::kVnmul, core), 0x41400000U | kMinus);
  EXPECT_EQ(Result(Operation::kVdiv, core), kThree);
  EXPECT_EQ(Result(Operation::kVsqrt, Registers(0, 0, kFour)), kTwo);
  EXPECT_EQ(Result(Operation::kVabs, Registers(0, 0, kFour | kMinus)), kFour);
  EXPECT_EQ(Result(Operation::kVneg, Registers(0, 0, kNan)), kNan | kMinus);
  EXPECT_EQ(Result(Operation::kVmovRegister, core), kTwo);
  EXPECT_EQ(After(Instruction(Operation::kVmovImmediate, 0, kThree), core).s[0], kThree);
}

TEST(OpsFloatTest, AccumulatesWithEitherSign) {
  const Core core = Registers(kOne, kThree, kTwo);
  const uint32_t seven = 0x40e00000;
  const uint32_t five = 0x40a00000;
  for (const auto& [fused, rounded, expected] :
       {std::tuple(Operation::kVfma, Operation::kVmla, seven),
        std::tuple(Operation::kVfms, Operation::kVmls, five | kMinus),
        std::tuple(Operation::kVfnma, Operation::kVnmla, seven | kMinus),
        std::tuple(Operation::kVfnms, Operation::kVnmls, five)}) {
    EXPECT_EQ(Result(fused, core), expected);
    EXPECT_EQ(Result(rounded, core), expected);
  }
}

TEST(OpsFloatTest, OnlyFusedOnesRoundOnce) {
  const Core core = Registers(0xbf800002, kOne + 1, kOne + 1);
  EXPECT_EQ(Result(Operation::kVfma, core), 0x28800000U);
  EXPECT_EQ(Result(Operation::kVmla, core), 0U);
}

TEST(OpsFloatTest, WhatIsNegatedAreAlsoNans) {
  EXPECT_EQ(Result(Operation::kVnmul, Registers(0, kNan, kOne)), kNan | kMinus);
  EXPECT_EQ(Result(Operation::kVmls, Registers(kOne, kNan, kOne)), kNan | kMinus);
  EXPECT_EQ(Result(Operation::kVfms, Registers(kOne, kNan, kOne)), kNan | kMinus);
  EXPECT_EQ(Result(Operation::kVfms, Registers(kOne, kOne, kNan)), kNan);
  EXPECT_EQ(Result(Operation::kVfnma, Registers(kNan, kOne, kOne)), kNan | kMinus);
}

TEST(OpsFloatTest, TheAddendsNanGoesFirst) {
  const uint32_t other = 0x7fc05678;
  for (const Operation operation : {Operation::kVmla, Operation::kVmls, Operation::kVfma}) {
    EXPECT_EQ(Result(operation, Registers(kNan, other, kOne)), kNan);
    EXPECT_EQ(Result(operation, Registers(kNan, kOne, other)), kNan);
  }
}

TEST(OpsFloatTest, DoesTheSameOnceIxcIsSet) {
  for (const auto operation :
       {Operation::kVadd, Operation::kVsub, Operation::kVmul, Operation::kVnmul, Operation::kVdiv,
        Operation::kVsqrt, Operation::kVfma, Operation::kVfms, Operation::kVfnma, Operation::kVfnms,
        Operation::kVmla, Operation::kVmls, Operation::kVnmla, Operation::kVnmls}) {
    const Core first = After(Instruction(operation), Registers(0x3eaaaaab, 0xc0490fdb, 0x402df854));
    const Core second =
        After(Instruction(operation), Registers(0x3eaaaaab, 0xc0490fdb, 0x402df854, kInexact));
    EXPECT_EQ(first.s[0], second.s[0]);
    EXPECT_EQ(second.fpscr, uint32_t{kInexact});
  }
}

TEST(OpsFloatTest, CompareSetsFlagsOfFpscrAlone) {
  const uint32_t modes = kDefaultNan | kInexact;
  const Core core =
      After(Instruction(Operation::kVcmp), Registers(kOne, 0, kTwo, modes | 0x70000000U));
  EXPECT_EQ(core.fpscr, modes | 0x80000000U);
  EXPECT_EQ(core.Apsr(), Core().Apsr());
  EXPECT_EQ(After(Instruction(Operation::kVcmpZero), Registers(kOne, 0, kTwo)).fpscr, 0x20000000U);
  EXPECT_EQ(After(Instruction(Operation::kVcmp), Registers(kNan, 0, kTwo)).fpscr, 0x30000000U);
  EXPECT_EQ(After(Instruction(Operation::kVcmpe), Registers(kNan, 0, kTwo)).fpscr,
            0x30000000U | kInvalidOperation);
  EXPECT_EQ(After(Instruction(Operation::kVcmpeZero), Registers(kNan, 0, kTwo)).fpscr,
            0x30000000U | kInvalidOperation);
  EXPECT_EQ(After(Instruction(Operation::kVcmpeZero), Registers(kMinus, 0, kTwo)).fpscr,
            0x60000000U);
}

TEST(OpsFloatTest, ConvertsByVariant) {
  const uint32_t up = static_cast<uint32_t>(Rounding::kUp) << kRoundingShift;
  const Core core = Registers(0, 0, 0x40200000, up);  // 2.5
  EXPECT_EQ(After(Instruction(Operation::kVcvtToInteger, 0), core).s[0], 3U);
  EXPECT_EQ(After(Instruction(Operation::kVcvtToInteger, 2), core).s[0], 2U);
  const Core minus = Registers(0, 0, 0xbf800000);
  EXPECT_EQ(After(Instruction(Operation::kVcvtToInteger, 2), minus).s[0], 0xffffffffU);
  EXPECT_EQ(After(Instruction(Operation::kVcvtToInteger, 3), minus).s[0], 0U);
  const Core ones = Registers(0, 0, 0xffffffff);
  EXPECT_EQ(After(Instruction(Operation::kVcvtFromInteger, 0), ones).s[0], 0xbf800000U);
  EXPECT_EQ(After(Instruction(Operation::kVcvtFromInteger, 1), ones).s[0], 0x4f800000U);
  // Fixed point: rd itself, and never as FPSCR says.
  const Core fixed = Registers(0x40200000, 0, 0, up);
  EXPECT_EQ(After(Instruction(Operation::kVcvtToFixed, 2, 0), fixed).s[0], 2U);
  EXPECT_EQ(After(Instruction(Operation::kVcvtToFixed, 2, 4), fixed).s[0], 40U);
  EXPECT_EQ(After(Instruction(Operation::kVcvtToFixed, 6, 15), fixed).s[0], 0x7fffU);
  EXPECT_EQ(After(Instruction(Operation::kVcvtToFixed, 7, 15), fixed).s[0], 0xffffU);
  EXPECT_EQ(After(Instruction(Operation::kVcvtFromFixed, 4, 1), Registers(0x5fffd, 0, 0)).s[0],
            0xbfc00000U);  // -1.5
  EXPECT_EQ(After(Instruction(Operation::kVcvtFromFixed, 1, 32), Registers(kMinus, 0, 0)).s[0],
            0x3f000000U);
  EXPECT_EQ(After(Instruction(Operation::kVcvtFromFixed, 0), Registers(0x01000001, 0, 0, up)).s[0],
            0x4b800000U);
}

TEST(OpsFloatTest, HalvesKeepTheOtherHalf) {
  const Core core = Registers(0x11112222, 0, kOne);
  EXPECT_EQ(After(Instruction(Operation::kVcvtToHalf, 0), core).s[0], 0x11113c00U);
  EXPECT_EQ(After(Instruction(Operation::kVcvtToHalf, 1), core).s[0], 0x3c002222U);
  const Core halves = Registers(0, 0, 0x40003c00);
  EXPECT_EQ(After(Instruction(Operation::kVcvtFromHalf, 0), halves).s[0], kOne);
  EXPECT_EQ(After(Instruction(Operation::kVcvtFromHalf, 1), halves).s[0], kTwo);
}

TEST(OpsFloatTest, MovesBetweenRegisterFiles) {
  Decoded decoded;
  decoded.rd = 30;
  decoded.ra = 4;
  decoded.rn = 5;
  Core core;
  core.r[4] = 44;
  core.r[5] = 55;
  decoded.operation = Operation::kVmovCoreToSingle;
  EXPECT_EQ(After(decoded, core).s[30], 44U);
  EXPECT_EQ(After(decoded, core).s[31], 0U);
  decoded.operation = Operation::kVmovCoreToPair;
  EXPECT_EQ(After(decoded, core).s[30], 44U);
  EXPECT_EQ(After(decoded, core).s[31], 55U);
  core.s[30] = 300;
  core.s[31] = 310;
  decoded.operation = Operation::kVmovPairToCore;
  EXPECT_EQ(After(decoded, core).r[4], 300U);
  EXPECT_EQ(After(decoded, core).r[5], 310U);
  decoded.operation = Operation::kVmovScalarToCore;
  decoded.rd = 31;
  decoded.variant = 1;
  EXPECT_EQ(After(decoded, core).r[4], 310U);
  decoded.operation = Operation::kVmovPairToCore;
  EXPECT_EQ(FloatHandler(decoded), nullptr) << "there is no s32";
}

TEST(OpsFloatTest, FpscrHasOnlyTheBitsThatThereAre) {
  Decoded decoded;
  decoded.operation = Operation::kVmsr;
  decoded.ra = 1;
  Core core;
  core.r[1] = 0xffffffff;
  core = After(decoded, core);
  EXPECT_EQ(core.fpscr, 0xf7c0009fU);
  decoded.operation = Operation::kVmrs;
  EXPECT_EQ(After(decoded, core).r[1], 0xf7c0009fU);
  decoded.ra = kSp;
  EXPECT_EQ(After(decoded, core).r[kSp], 0xf7c0009cU);
  core.fpscr = 0x9000001f;
  decoded.ra = kPc;
  EXPECT_EQ(After(decoded, core).Apsr(), 0x90000000U);
}

TEST(OpsFloatTest, EveryOperationHasAHandler) {
  for (auto number = static_cast<unsigned>(Operation::kVabs);
       number <= static_cast<unsigned>(Operation::kVmsr); ++number) {
    EXPECT_NE(FloatHandler(Instruction(static_cast<Operation>(number))), nullptr) << number;
  }
  EXPECT_EQ(FloatHandler(Instruction(Operation::kVldr)), nullptr);
  EXPECT_EQ(FloatHandler(Instruction(Operation::kUsada8)), nullptr);
  Decoded decoded = Instruction(Operation::kVadd);
  decoded.rm = 32;
  EXPECT_EQ(FloatHandler(decoded), nullptr);
}

}  // namespace
}  // namespace percuss::rehost
