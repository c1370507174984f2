// SPDX-License-Identifier: Apache-2.0
//
// Floating point and exceptions: DDI 0403E, B1.5.7.
#include "emulation/rehost/core/processor_fixture.h"

namespace percuss::rehost {
namespace {

constexpr uint32_t kCpacr = 0xe000ed88;
constexpr uint32_t kFpccr = 0xe000ef34;
constexpr uint32_t kFpcar = 0xe000ef38;
constexpr uint32_t kFpdscr = 0xe000ef3c;
constexpr uint32_t kShcsr = 0xe000ed24;
constexpr uint32_t kControl = 20;
constexpr uint32_t kFull = 0xf00000;
constexpr uint32_t kPrivilegedOnly = 0x500000;

class FloatContextTest : public ProcessorTest {
 protected:
  void UseFloat() {
    SetRegister(kCpacr, kFull);
    ASSERT_TRUE(system_.PrepareFloatingPoint(core_));
    for (uint32_t i = 0; i < 32; ++i) core_.s[i] = 0x1000 + i;
    core_.fpscr = 0x90000001;
  }
};

TEST_F(FloatContextTest, IsForbiddenUntilCpacrAllowsIt) {
  EXPECT_FALSE(core_.float_ready);
  EXPECT_FALSE(system_.PrepareFloatingPoint(core_));
  EXPECT_EQ(core_.fault, uint32_t{kNoCoprocessor});
  SetRegister(kCpacr, 0xffffffff);
  EXPECT_EQ(Register(kCpacr), kFull);
  EXPECT_FALSE(core_.float_ready) << "a context must be begun first";
  SetRegister(kFpdscr, 0xffffffff);
  EXPECT_EQ(Register(kFpdscr), 0x07c00000U);
  core_.fpscr = 0x90000001;
  EXPECT_TRUE(system_.PrepareFloatingPoint(core_));
  EXPECT_TRUE(core_.float_ready);
  EXPECT_EQ(core_.fpscr, 0x07c00000U);
  EXPECT_EQ(Special(kControl), 4U);
}

TEST_F(FloatContextTest, UsersMayBeKeptOut) {
  SetRegister(kCpacr, kPrivilegedOnly);
  ASSERT_TRUE(system_.PrepareFloatingPoint(core_));
  SetSpecial(kControl, 5);
  EXPECT_FALSE(core_.float_ready);
  EXPECT_FALSE(system_.PrepareFloatingPoint(core_));
}

TEST_F(FloatContextTest, LeavesRoomAndStacksWhenTheHandlerWantsThem) {
  UseFloat();
  Take(kPendSv);
  EXPECT_EQ(core_.r[kLr], 0xffffffe9U);
  EXPECT_EQ(core_.r[kSp], kStackTop - 0x68);
  EXPECT_EQ(Special(kControl), 0U);
  EXPECT_EQ(Register(kFpccr), 0xc0000019U) << "LSPACT, THREAD, HFRDY";
  EXPECT_EQ(Register(kFpcar), core_.r[kSp] + 0x20);
  EXPECT_EQ(Load(core_.r[kSp] + 0x20), 0U);
  EXPECT_FALSE(core_.float_ready);
  ASSERT_TRUE(system_.PrepareFloatingPoint(core_));
  EXPECT_TRUE(core_.float_ready);
  EXPECT_EQ(Load(core_.r[kSp] + 0x20), 0x1000U);
  EXPECT_EQ(Load(core_.r[kSp] + 0x5c), 0x100fU);
  EXPECT_EQ(Load(core_.r[kSp] + 0x60), 0x90000001U);
  EXPECT_EQ(Register(kFpccr) & 1U, 0U);
  EXPECT_EQ(Special(kControl), 4U);
  core_.s[0] = 5;
  Store(core_.r[kSp] + 0x60, 0x9836ff01);  // some of FPSCR's bits do not exist
  ASSERT_TRUE(system_.Return(core_, core_.r[kLr]));
  EXPECT_EQ(core_.s[0], 0x1000U);
  EXPECT_EQ(core_.fpscr, 0x90000001U);
  EXPECT_EQ(core_.r[kSp], kStackTop);
  EXPECT_EQ(Special(kControl), 4U);
  EXPECT_TRUE(core_.float_ready);
}

TEST_F(FloatContextTest, NothingIsStackedForHandlersThatDoWithout) {
  UseFloat();
  Take(kPendSv);
  ASSERT_TRUE(system_.Return(core_, core_.r[kLr]));
  EXPECT_EQ(Load(kStackTop - 0x48), 0U);
  EXPECT_EQ(core_.s[3], 0x1003U);
  EXPECT_EQ(Register(kFpccr) & 1U, 0U);
  EXPECT_TRUE(core_.float_ready);
}

TEST_F(FloatContextTest, WithoutLazinessAllIsStackedAtOnce) {
  SetRegister(kFpccr, 0x80000000);
  UseFloat();
  Take(kPendSv);
  EXPECT_EQ(Load(core_.r[kSp] + 0x24), 0x1001U);
  EXPECT_EQ(Load(core_.r[kSp] + 0x60), 0x90000001U);
  EXPECT_EQ(core_.s[1], 0U);
  EXPECT_EQ(core_.s[16], 0x1010U);
  ASSERT_TRUE(system_.Return(core_, core_.r[kLr]));
  EXPECT_EQ(core_.s[1], 0x1001U);
}

TEST_F(FloatContextTest, WithoutAutomaticContextsThereIsNoFrame) {
  SetRegister(kFpccr, 0);
  SetRegister(kCpacr, kFull);
  EXPECT_TRUE(core_.float_ready);
  Take(kPendSv);
  EXPECT_EQ(core_.r[kLr], 0xfffffff9U);
  EXPECT_EQ(core_.r[kSp], kStackTop - 0x20);
}

TEST_F(FloatContextTest, LazyStackingThatFailsIsAFault) {
  SetRegister(kShcsr, 7U << 16U);
  UseFloat();
  SetPriority(kPendSv, 0x80);
  Take(kPendSv);
  SetRegister(kFpcar, 0x30000007);
  EXPECT_EQ(Register(kFpcar), 0x30000000U);
  EXPECT_FALSE(system_.PrepareFloatingPoint(core_));
  EXPECT_EQ(core_.fault, uint32_t{kLazyBus});
  ASSERT_TRUE(system_.TakeFault(core_, 0x1234));
  EXPECT_EQ(core_.exception, kBusFault);
  EXPECT_EQ(system_.Faults().cfsr, uint32_t{kLazyBus});
  EXPECT_EQ(Load(core_.r[kSp] + 24), 0x1234U);
  EXPECT_EQ(Register(kFpccr) & 1U, 1U) << "still to be done";
}

TEST_F(FloatContextTest, LazyStackingThatMayNotInterruptIsLeftPending) {
  SetRegister(kShcsr, 7U << 16U);
  UseFloat();
  Take(kPendSv);  // of the faults' own priority
  SetRegister(kFpcar, 0x30000000);
  EXPECT_TRUE(system_.PrepareFloatingPoint(core_));
  EXPECT_EQ(core_.fault, uint32_t{kNoFault});
  EXPECT_NE(Register(kShcsr) & 1U << 14U, 0U);
  EXPECT_EQ(Register(kFpccr) & 1U, 0U);
}

TEST_F(FloatContextTest, LazyStackingOfAFaultHandlersContextLocksUp) {
  UseFloat();
  Take(kNmi);
  ASSERT_TRUE(system_.PrepareFloatingPoint(core_));
  SetRegister(kFpccr, Register(kFpccr) | 1U);
  SetRegister(kFpccr, 0xc0000001);  // as if left at a negative priority
  SetRegister(kFpcar, 0x30000000);
  EXPECT_FALSE(system_.PrepareFloatingPoint(core_));
  EXPECT_FALSE(system_.TakeFault(core_, 0x1234));
}

TEST_F(FloatContextTest, FramesThatMayNotBeReadBackAreUsageFaults) {
  SetRegister(kShcsr, 7U << 16U);
  UseFloat();
  SetPriority(kPendSv, 0x80);
  Take(kPendSv);
  ASSERT_TRUE(system_.PrepareFloatingPoint(core_));
  SetRegister(kCpacr, 0);
  ASSERT_TRUE(system_.Return(core_, core_.r[kLr]));
  EXPECT_EQ(core_.exception, kUsageFault);
  EXPECT_EQ(system_.Faults().cfsr, uint32_t{kNoCoprocessor});
}

TEST_F(FloatContextTest, RegistersAreReadAsTheyAre) {
  EXPECT_EQ(Register(kFpccr), 0xc0000000U);
  SetRegister(kFpccr, 0xffffffff);
  EXPECT_EQ(Register(kFpccr), 0xc000017bU);
  EXPECT_EQ(Register(0xe000ef40), 0x10110021U);
  EXPECT_EQ(Register(0xe000ef44), 0x11000011U);
}

class WithoutFloat : public ProcessorTest {
 protected:
  WithoutFloat() : ProcessorTest(Architecture::kV7M) {}
};

TEST_F(WithoutFloat, ThereIsNone) {
  SetRegister(kCpacr, kFull);
  EXPECT_EQ(Register(kCpacr), 0U);
  EXPECT_EQ(Register(kFpccr), 0U);
  EXPECT_FALSE(system_.PrepareFloatingPoint(core_));
  SetSpecial(kControl, 4);
  EXPECT_EQ(Special(kControl), 0U);
  Take(kPendSv);
  ASSERT_TRUE(system_.Return(core_, 0xffffffe9)) << "unpredictable; taken as a basic frame";
  EXPECT_EQ(core_.r[kSp], kStackTop);
}

}  // namespace
}  // namespace percuss::rehost
