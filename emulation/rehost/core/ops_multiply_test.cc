// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "emulation/rehost/core/one_op_testing.h"
#include "emulation/rehost/core/ops_groups.h"

namespace percuss::rehost {
namespace {

Decoded Instruction(Operation operation, uint8_t variant = 0) {
  Decoded decoded;
  decoded.operation = operation;
  decoded.rn = 0;
  decoded.rm = 1;
  decoded.rd = 2;
  decoded.ra = 3;
  decoded.variant = variant;
  return decoded;
}

// rn, rm, rd and ra are 0, 1, 2 and 3.
Core Registers(uint32_t rn, uint32_t rm, uint32_t ra = 0, uint32_t rd = 0) {
  Core core;
  core.r[0] = rn;
  core.r[1] = rm;
  core.r[2] = rd;
  core.r[3] = ra;
  return core;
}

Core After(const Decoded& decoded, Core core) {
  EXPECT_TRUE(RunOne(core, MultiplyHandler(decoded), decoded));
  return core;
}

// rd, with Q above it.
uint64_t Result(const Decoded& decoded, const Core& before) {
  const Core core = After(decoded, before);
  return uint64_t{core.saturated} << 32U | core.r[2];
}

uint64_t LongResult(const Decoded& decoded, const Core& before) {
  const Core core = After(decoded, before);
  EXPECT_EQ(core.Apsr(), before.Apsr());
  return uint64_t{core.r[2]} << 32U | core.r[3];
}

constexpr uint64_t kQ = uint64_t{1} << 32U;

TEST(OpsMultiplyTest, SetsNAndZOnlyWhereAsked) {
  Decoded decoded = Instruction(Operation::kMul);
  Core before = Registers(0x80000001, 3);
  before.carry = 1;
  before.overflow = 1;
  Core core = After(decoded, before);
  EXPECT_EQ(core.r[2], 0x80000003U);
  EXPECT_EQ(core.Apsr(), 0x30000000U);
  decoded.set_flags = true;
  EXPECT_EQ(After(decoded, before).Apsr(), 0xb0000000U);
  before.r[0] = 0x80000000;
  before.r[1] = 2;
  core = After(decoded, before);
  EXPECT_EQ(core.r[2], 0U);
  EXPECT_EQ(core.Apsr(), 0x70000000U);
}

TEST(OpsMultiplyTest, Accumulates) {
  EXPECT_EQ(Result(Instruction(Operation::kMla), Registers(7, 0xffffffff, 10)), 3U);
  EXPECT_EQ(Result(Instruction(Operation::kMls), Registers(7, 3, 10)), 0xfffffff5U);
}

TEST(OpsMultiplyTest, Divides) {
  const Decoded sdiv = Instruction(Operation::kSdiv);
  const Decoded udiv = Instruction(Operation::kUdiv);
  EXPECT_EQ(Result(sdiv, Registers(0xfffffff9, 2)), 0xfffffffdU);
  EXPECT_EQ(Result(udiv, Registers(0xfffffff9, 2)), 0x7ffffffcU);
  EXPECT_EQ(Result(sdiv, Registers(0x80000000, 0xffffffff)), 0x80000000U);
  EXPECT_EQ(Result(udiv, Registers(0x80000000, 0xffffffff)), 0U);
}

TEST(OpsMultiplyTest, DividesByZeroToZeroOrFaults) {
  for (const Operation operation : {Operation::kSdiv, Operation::kUdiv}) {
    const Decoded decoded = Instruction(operation);
    Core core = Registers(5, 0, 0, 77);
    core.divide_traps = true;
    EXPECT_FALSE(RunOne(core, MultiplyHandler(decoded), decoded));
    EXPECT_EQ(core.fault, uint32_t{kDivideByZero});
    EXPECT_EQ(core.r[2], 77U);
    core.divide_traps = false;
    EXPECT_TRUE(RunOne(core, MultiplyHandler(decoded), decoded));
    EXPECT_EQ(core.r[2], 0U);
  }
}

TEST(OpsMultiplyTest, LongProducts) {
  const Core core = Registers(0xffffffff, 0xfffffffe, 5, 1);
  EXPECT_EQ(LongResult(Instruction(Operation::kUmull), core), 0xfffffffd00000002U);
  EXPECT_EQ(LongResult(Instruction(Operation::kSmull), core), 2U);
  EXPECT_EQ(LongResult(Instruction(Operation::kUmlal), core), 0xfffffffe00000007U);
  EXPECT_EQ(LongResult(Instruction(Operation::kSmlal), core), 0x100000007U);
  EXPECT_EQ(LongResult(Instruction(Operation::kUmaal), core), 0xfffffffd00000008U);
  EXPECT_EQ(LongResult(Instruction(Operation::kUmaal),
                       Registers(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff)),
            0xffffffffffffffffU);
}

TEST(OpsMultiplyTest, Halves) {
  const Core core = Registers(0x0003fffe, 0xfffb0007, 100, 0);  // 3, -2 and -5, 7
  EXPECT_EQ(Result(Instruction(Operation::kSmulbb, 0), core), 0xfffffff2U);
  EXPECT_EQ(Result(Instruction(Operation::kSmulbb, 1), core), 10U);
  EXPECT_EQ(Result(Instruction(Operation::kSmulbb, 2), core), 21U);
  EXPECT_EQ(Result(Instruction(Operation::kSmulbb, 3), core), 0xfffffff1U);
  EXPECT_EQ(Result(Instruction(Operation::kSmlabb, 1), core), 110U);
  EXPECT_EQ(LongResult(Instruction(Operation::kSmlalbb, 0), Registers(0xfffe, 7, 0, 0)),
            0xfffffffffffffff2U);
  EXPECT_EQ(Result(Instruction(Operation::kSmulwb, 0), core), 27U);          // 262142 * 7 / 65536
  EXPECT_EQ(Result(Instruction(Operation::kSmulwb, 1), core), 0xffffffecU);  // * -5, down
  EXPECT_EQ(Result(Instruction(Operation::kSmlawb, 0), core), 127U);
}

TEST(OpsMultiplyTest, SetsQWhereAnAccumulationOverflows) {
  EXPECT_EQ(Result(Instruction(Operation::kSmlabb), Registers(2, 3, 0x7ffffffa)), kQ | 0x80000000U);
  EXPECT_EQ(Result(Instruction(Operation::kSmlabb), Registers(2, 3, 0x7ffffff9)), 0x7fffffffU);
  EXPECT_EQ(Result(Instruction(Operation::kSmlawb), Registers(0x80000000, 1, 0x80000000)),
            kQ | 0x7fff8000U);
  // The only sum of two products of halves that does not fit.
  const Core least = Registers(0x80008000, 0x80008000, 0xffffffff);
  EXPECT_EQ(Result(Instruction(Operation::kSmuad), least), kQ | 0x80000000U);
  // With what is accumulated it fits again.
  EXPECT_EQ(Result(Instruction(Operation::kSmlad), least), 0x7fffffffU);
  EXPECT_EQ(Result(Instruction(Operation::kSmlsd), Registers(2, 1, 0x7fffffff)), kQ | 0x80000001U);
  Core core = least;
  core.saturated = 1;
  EXPECT_EQ(Result(Instruction(Operation::kSmulbb), core), kQ | 0x40000000U) << "Q is sticky";
}

TEST(OpsMultiplyTest, TwoProducts) {
  const Core core = Registers(0x0003fffe, 0xfffb0007, 100, 0);              // 3, -2 and -5, 7
  EXPECT_EQ(Result(Instruction(Operation::kSmuad, 0), core), 0xffffffe3U);  // -14 - 15
  EXPECT_EQ(Result(Instruction(Operation::kSmuad, 1), core), 31U);          // 10 + 21
  EXPECT_EQ(Result(Instruction(Operation::kSmusd, 0), core), 1U);           // -14 + 15
  EXPECT_EQ(Result(Instruction(Operation::kSmusd, 1), core), 0xfffffff5U);  // 10 - 21
  EXPECT_EQ(Result(Instruction(Operation::kSmlad, 0), core), 71U);
  EXPECT_EQ(Result(Instruction(Operation::kSmlsd, 1), core), 89U);
  EXPECT_EQ(LongResult(Instruction(Operation::kSmlald, 0), core), 71U);
  EXPECT_EQ(LongResult(Instruction(Operation::kSmlsld, 1), Registers(0x0003fffe, 0xfffb0007)),
            0xfffffffffffffff5U);
}

TEST(OpsMultiplyTest, HighWords) {
  const Core core = Registers(0x40000000, 6, 10);  // 1.5 * 2^32
  EXPECT_EQ(Result(Instruction(Operation::kSmmul, 0), core), 1U);
  EXPECT_EQ(Result(Instruction(Operation::kSmmul, 1), core), 2U);
  EXPECT_EQ(Result(Instruction(Operation::kSmmla, 0), core), 11U);
  EXPECT_EQ(Result(Instruction(Operation::kSmmla, 1), core), 12U);
  EXPECT_EQ(Result(Instruction(Operation::kSmmls, 0), core), 8U);
  EXPECT_EQ(Result(Instruction(Operation::kSmmls, 1), core), 9U);
}

TEST(OpsMultiplyTest, EveryOperationHasAHandler) {
  for (auto number = static_cast<unsigned>(Operation::kMul);
       number <= static_cast<unsigned>(Operation::kSmusd); ++number) {
    EXPECT_NE(MultiplyHandler(Instruction(static_cast<Operation>(number))), nullptr) << number;
  }
  EXPECT_EQ(MultiplyHandler(Instruction(Operation::kQadd)), nullptr);
  EXPECT_EQ(MultiplyHandler(Instruction(Operation::kUxth)), nullptr);
}

}  // namespace
}  // namespace percuss::rehost
