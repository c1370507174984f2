// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "emulation/rehost/core/one_op_testing.h"
#include "emulation/rehost/core/ops_groups.h"

namespace percuss::rehost {
namespace {

// r2 after an instruction whose rn, rm and rd are 0, 1 and 2.
uint32_t Result(Operation operation, Core core, uint8_t amount = 0, uint32_t imm = 0) {
  Decoded decoded;
  decoded.operation = operation;
  decoded.rd = 2;
  decoded.rn = 0;
  decoded.rm = 1;
  decoded.amount = amount;
  decoded.imm = imm;
  const uint32_t flags = core.Apsr();
  EXPECT_TRUE(RunOne(core, BitsHandler(decoded), decoded));
  EXPECT_EQ(core.Apsr(), flags);
  return core.r[2];
}

Core Registers(uint32_t rn, uint32_t rm, uint32_t rd = 0) {
  Core core;
  core.r[0] = rn;
  core.r[1] = rm;
  core.r[2] = rd;
  return core;
}

TEST(OpsBitsTest, BitFields) {
  const Core core = Registers(0xffffff96, 0, 0x12345678);
  EXPECT_EQ(Result(Operation::kBfc, core, 4, 8), 0x12345008U);
  EXPECT_EQ(Result(Operation::kBfc, core, 0, 32), 0U);
  EXPECT_EQ(Result(Operation::kBfi, core, 8, 8), 0x12349678U);
  EXPECT_EQ(Result(Operation::kBfi, core, 0, 32), 0xffffff96U);
  EXPECT_EQ(Result(Operation::kBfi, core, 31, 1), 0x12345678U);
  EXPECT_EQ(Result(Operation::kUbfx, core, 4, 5), 0x19U);
  EXPECT_EQ(Result(Operation::kSbfx, core, 4, 5), 0xfffffff9U);
  EXPECT_EQ(Result(Operation::kSbfx, core, 4, 4), 0xfffffff9U);
  EXPECT_EQ(Result(Operation::kSbfx, core, 5, 2), 0U);
  EXPECT_EQ(Result(Operation::kUbfx, core, 0, 32), 0xffffff96U);
  EXPECT_EQ(Result(Operation::kSbfx, core, 31, 1), 0xffffffffU);
}

TEST(OpsBitsTest, CountsAndReverses) {
  const Core core = Registers(0, 0x00f18081);
  EXPECT_EQ(Result(Operation::kClz, core), 8U);
  EXPECT_EQ(Result(Operation::kClz, Registers(0, 0)), 32U);
  EXPECT_EQ(Result(Operation::kRbit, core), 0x81018f00U);
  EXPECT_EQ(Result(Operation::kRev, core), 0x8180f100U);
  EXPECT_EQ(Result(Operation::kRev16, core), 0xf1008180U);
  EXPECT_EQ(Result(Operation::kRevsh, core), 0xffff8180U);
}

TEST(OpsBitsTest, Extends) {
  const Core core = Registers(0x7fff0001, 0x80917fb2);
  EXPECT_EQ(Result(Operation::kSxtb, core), 0xffffffb2U);
  EXPECT_EQ(Result(Operation::kUxtb, core, 24), 0x80U);
  EXPECT_EQ(Result(Operation::kSxth, core), 0x7fb2U);
  EXPECT_EQ(Result(Operation::kSxth, core, 8), 0xffff917fU);
  EXPECT_EQ(Result(Operation::kUxth, core, 24), 0xb280U);
  EXPECT_EQ(Result(Operation::kSxtb16, core), 0xff91ffb2U);
  EXPECT_EQ(Result(Operation::kUxtb16, core, 8), 0x0080007fU);
  EXPECT_EQ(Result(Operation::kSxtab, core), 0x7ffeffb3U);
  EXPECT_EQ(Result(Operation::kUxtab, core, 8), 0x7fff0080U);
  EXPECT_EQ(Result(Operation::kSxtah, core, 16), 0x7ffe8092U);
  EXPECT_EQ(Result(Operation::kUxtah, core), 0x7fff7fb3U);
  // Halves do not carry into each other.
  EXPECT_EQ(Result(Operation::kSxtab16, core), 0x7f90ffb3U);
  EXPECT_EQ(Result(Operation::kUxtab16, Registers(0xffffffff, 0x00020003)), 0x00010002U);
}

TEST(OpsBitsTest, TheStackPointersLowestBitsStayZero) {
  Core core = Registers(0, 0xff);
  Decoded decoded;
  decoded.operation = Operation::kUxtb;
  decoded.rd = kSp;
  decoded.rm = 1;
  ASSERT_TRUE(RunOne(core, BitsHandler(decoded), decoded));
  EXPECT_EQ(core.r[kSp], 0xfcU);
}

TEST(OpsBitsTest, OtherOperationsAreNotOfThisGroup) {
  Decoded decoded;
  for (const Operation operation : {Operation::kRrx, Operation::kMul, Operation::kUndefined}) {
    decoded.operation = operation;
    EXPECT_EQ(BitsHandler(decoded), nullptr);
  }
  decoded.operation = Operation::kClz;
  decoded.rd = 16;
  EXPECT_EQ(BitsHandler(decoded), nullptr);
}

}  // namespace
}  // namespace percuss::rehost
