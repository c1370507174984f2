// SPDX-License-Identifier: Apache-2.0
//
// How exceptions begin and end: DDI 0403E, B1.5.
#include "emulation/rehost/core/processor_fixture.h"

namespace percuss::rehost {
namespace {

constexpr uint32_t kCcr = 0xe000ed14;
constexpr uint32_t kShcsr = 0xe000ed24;
constexpr uint32_t kVtor = 0xe000ed08;
constexpr uint32_t kAllFaults = 7U << 16U;
constexpr uint32_t kControl = 20;

TEST_F(ProcessorTest, ResetBeginsAtTheEntryOnTheMainStack) {
  EXPECT_EQ(core_.r[kSp], kStackTop);
  EXPECT_EQ(core_.r[kPc], kEntry);
  EXPECT_EQ(core_.r[kLr], 0xffffffffU);
  EXPECT_TRUE(core_.thumb);
  EXPECT_TRUE(core_.Privileged());
  EXPECT_FALSE(core_.InHandlerMode());
}

TEST_F(ProcessorTest, EntryStacksWhatTheHandlerMayChange) {
  for (uint32_t i = 0; i < 13; ++i) core_.r[i] = 0x100 + i;
  core_.r[kLr] = 0x4321;
  core_.SetNzcv(0xa0000000);
  core_.saturated = 1;
  core_.greater_equal = 5;
  core_.it_state = 0xa5;
  Take(kPendSv, 0x1234);
  const uint32_t frame = kStackTop - 0x20;
  EXPECT_EQ(core_.r[kSp], frame);
  EXPECT_EQ(Load(frame), 0x100U);
  EXPECT_EQ(Load(frame + 12), 0x103U);
  EXPECT_EQ(Load(frame + 16), 0x10cU);
  EXPECT_EQ(Load(frame + 20), 0x4321U);
  EXPECT_EQ(Load(frame + 24), 0x1234U);
  // N, C, Q, IT[1:0], T, GE, IT[7:2] and no exception number.
  EXPECT_EQ(Load(frame + 28), 0xab05a400U);
  EXPECT_EQ(core_.r[kLr], 0xfffffff9U);
  EXPECT_EQ(core_.r[kPc], HandlerOf(kPendSv));
  EXPECT_EQ(core_.it_state, 0);
  EXPECT_TRUE(core_.thumb);
}

TEST_F(ProcessorTest, ReturnPutsBackWhatWasStacked) {
  core_.r[0] = 7;
  core_.it_state = 0xa5;
  core_.SetNzcv(0x90000000);
  Take(kPendSv, 0x1234);
  core_.r[0] = 8;
  core_.SetNzcv(0);
  core_.exclusive = true;
  ASSERT_TRUE(system_.Return(core_, core_.r[kLr]));
  EXPECT_EQ(core_.r[0], 7U);
  EXPECT_EQ(core_.r[kPc], 0x1234U);
  EXPECT_EQ(core_.r[kSp], kStackTop);
  EXPECT_EQ(core_.Apsr(), 0x90000000U);
  EXPECT_EQ(core_.it_state, 0xa5);
  EXPECT_EQ(core_.exception, 0);
  EXPECT_FALSE(core_.exclusive);
  EXPECT_EQ(system_.Due(core_), 0);
}

TEST_F(ProcessorTest, AStackThatIsOffByAWordIsAlignedAndPutBack) {
  core_.r[kSp] = kStackTop - 4;
  Take(kPendSv);
  EXPECT_EQ(core_.r[kSp], kStackTop - 8 - 0x20);
  EXPECT_NE(Load(core_.r[kSp] + 28) & 0x200U, 0U);
  ASSERT_TRUE(system_.Return(core_, core_.r[kLr]));
  EXPECT_EQ(core_.r[kSp], kStackTop - 4);
}

TEST_F(ProcessorTest, WithoutStkalignTheStackStaysOff) {
  SetRegister(kCcr, 0);
  core_.r[kSp] = kStackTop - 4;
  Take(kPendSv);
  EXPECT_EQ(core_.r[kSp], kStackTop - 4 - 0x20);
  EXPECT_EQ(Load(core_.r[kSp] + 28) & 0x200U, 0U);
}

TEST_F(ProcessorTest, ThreadsOnTheProcessStackHaveTheirFrameThere) {
  SetSpecial(9, kRam + 0x4000);
  SetSpecial(kControl, 3);
  EXPECT_EQ(core_.r[kSp], kRam + 0x4000);
  EXPECT_FALSE(core_.Privileged());
  Take(kSvCall);
  EXPECT_EQ(core_.r[kLr], 0xfffffffdU);
  EXPECT_EQ(core_.r[kSp], kStackTop);
  EXPECT_EQ(Special(9), kRam + 0x4000 - 0x20);
  EXPECT_TRUE(core_.Privileged());
  EXPECT_EQ(Special(kControl), 1U);
  ASSERT_TRUE(system_.Return(core_, core_.r[kLr]));
  EXPECT_EQ(core_.r[kSp], kRam + 0x4000);
  EXPECT_EQ(Special(kControl), 3U);
  EXPECT_FALSE(core_.Privileged());
}

TEST_F(ProcessorTest, AHandlerIsPreemptedOnItsOwnStack) {
  EnableIrq(3);
  SetPriority(kPendSv, 0x80);
  SetPriority(16 + 3, 0x40);
  Take(kPendSv);
  const uint32_t sp = core_.r[kSp];
  Take(16 + 3, 0x2222);
  EXPECT_EQ(core_.r[kLr], 0xfffffff1U);
  EXPECT_EQ(core_.r[kSp], sp - 0x20);
  ASSERT_TRUE(system_.Return(core_, core_.r[kLr]));
  EXPECT_EQ(core_.exception, kPendSv);
  EXPECT_EQ(core_.r[kPc], 0x2222U);
  ASSERT_TRUE(system_.Return(core_, 0xfffffff9));
  EXPECT_EQ(core_.exception, 0);
}

TEST_F(ProcessorTest, WhatIsPendingIsChainedWithoutUnstacking) {
  EnableIrq(3);
  SetPriority(16 + 3, 0x80);
  Take(kPendSv, 0x1234);
  system_.Pend(16 + 3);
  EXPECT_EQ(system_.Due(core_), 0);
  const uint32_t sp = core_.r[kSp];
  core_.r[0] = 99;
  ASSERT_TRUE(system_.Return(core_, core_.r[kLr]));
  EXPECT_EQ(core_.exception, 16 + 3);
  EXPECT_EQ(core_.r[kSp], sp);
  EXPECT_EQ(core_.r[0], 99U);
  EXPECT_EQ(core_.r[kLr], 0xfffffff9U);
  ASSERT_TRUE(system_.Return(core_, core_.r[kLr]));
  EXPECT_EQ(core_.r[kPc], 0x1234U);
}

TEST_F(ProcessorTest, AVectorWithoutThumbBitLeavesThumbState) {
  Store(4 * kPendSv, HandlerOf(kPendSv));
  Take(kPendSv);
  EXPECT_FALSE(core_.thumb);
}

TEST_F(ProcessorTest, VectorsAreReadFromVtor) {
  SetRegister(kVtor, kRam + 0x17f);
  EXPECT_EQ(Register(kVtor), kRam + 0x100);
  Store(kRam + 0x100 + 4 * kPendSv, 0x3001);
  Take(kPendSv);
  EXPECT_EQ(core_.r[kPc], 0x3000U);
}

TEST_F(ProcessorTest, FaultsThatAreEnabledHaveTheirOwnHandlers) {
  SetRegister(kShcsr, kAllFaults);
  ASSERT_TRUE(Fault(kDataAccess, 0x1111));
  EXPECT_EQ(core_.exception, kMemManage);
  EXPECT_EQ(system_.Faults().mmfar, 0x1111U);
  EXPECT_EQ(system_.Faults().cfsr, kDataAccess | 0x80U);
  ASSERT_TRUE(system_.Return(core_, core_.r[kLr]));
  ASSERT_TRUE(Fault(kPreciseBus, 0x2222));
  EXPECT_EQ(core_.exception, kBusFault);
  EXPECT_EQ(system_.Faults().bfar, 0x2222U);
  EXPECT_NE(system_.Faults().cfsr & 0x8000U, 0U);
  ASSERT_TRUE(system_.Return(core_, core_.r[kLr]));
  ASSERT_TRUE(Fault(kDivideByZero));
  EXPECT_EQ(core_.exception, kUsageFault);
  EXPECT_EQ(system_.Faults().hfsr, 0U);
}

TEST_F(ProcessorTest, FaultsThatAreNotEnabledAreHardFaults) {
  ASSERT_TRUE(Fault(kUndefined, 0, 0x1236));
  EXPECT_EQ(core_.exception, kHardFault);
  EXPECT_EQ(system_.Faults().hfsr, 0x40000000U);
  EXPECT_EQ(system_.Faults().cfsr, uint32_t{kUndefined});
  EXPECT_EQ(Load(core_.r[kSp] + 24), 0x1236U);
}

TEST_F(ProcessorTest, AFaultOfTheHandlerOfAsGreatPriorityIsAHardFault) {
  SetRegister(kShcsr, kAllFaults);
  ASSERT_TRUE(Fault(kUndefined));
  ASSERT_TRUE(Fault(kDataAccess));
  EXPECT_EQ(core_.exception, kHardFault);
  EXPECT_NE(system_.Faults().hfsr & 0x40000000U, 0U);
}

TEST_F(ProcessorTest, AFaultOfHardFaultsHandlerLocksUp) {
  ASSERT_TRUE(Fault(kUndefined));
  EXPECT_FALSE(Fault(kUndefined));
}

TEST_F(ProcessorTest, SupervisorCallsAreHardFaultsWhereTheyAreMasked) {
  ASSERT_TRUE(system_.CallSupervisor(core_, 0x1002));
  EXPECT_EQ(core_.exception, kSvCall);
  ASSERT_TRUE(system_.Return(core_, core_.r[kLr]));
  EXPECT_EQ(core_.r[kPc], 0x1002U);
  SetSpecial(16, 1);
  ASSERT_TRUE(system_.CallSupervisor(core_, 0x1002));
  EXPECT_EQ(core_.exception, kHardFault);
  EXPECT_EQ(system_.Faults().hfsr, 0x40000000U);
  EXPECT_FALSE(system_.CallSupervisor(core_, 0x1002));
}

TEST_F(ProcessorTest, BreakpointsAreHardFaultsOrTheMonitors) {
  core_.stop = Core::Stop::kBreakpoint;
  ASSERT_TRUE(system_.CallSupervisor(core_, 0x1000));
  EXPECT_EQ(core_.exception, kHardFault);
  EXPECT_EQ(system_.Faults().hfsr, 0x80000000U);
  EXPECT_EQ(Register(0xe000ed30), 2U);
  ASSERT_TRUE(system_.Return(core_, core_.r[kLr]));
  SetRegister(0xe000edfc, 1U << 16U);
  ASSERT_TRUE(system_.BreakPoint(core_, 0x1000));
  EXPECT_EQ(core_.exception, kDebugMonitor);
}

TEST_F(ProcessorTest, AStackThatCannotBeWrittenIsAFaultOfItsOwn) {
  core_.r[kSp] = kRam + 0x10;  // the frame begins below memory
  SetRegister(kShcsr, kAllFaults);
  SetPriority(kPendSv, 0x80);
  system_.Pend(kPendSv);
  ASSERT_TRUE(system_.Enter(core_, kPendSv, kEntry));
  EXPECT_EQ(core_.exception, kBusFault);
  EXPECT_EQ(system_.Faults().cfsr, uint32_t{kStackBus});
  EXPECT_EQ(core_.r[kSp], kRam - 0x10);
  EXPECT_NE(Register(0xe000ed04) & 1U << 28U, 0U) << "PendSV is still pending";
}

TEST_F(ProcessorTest, HardFaultIsTakenThoughItCannotBeStacked) {
  core_.r[kSp] = 0x30000000;
  ASSERT_TRUE(Fault(kUndefined));
  EXPECT_EQ(core_.exception, kHardFault);
  EXPECT_EQ(system_.Faults().cfsr, kUndefined | kStackBus);
}

TEST_F(ProcessorTest, AVectorThatCannotBeReadIsAHardFault) {
  SetRegister(kVtor, kRam + kRamBytes - 0x80);
  Store(kRam + kRamBytes - 0x80 + 4 * kHardFault, 0x3331);
  EnableIrq(100);
  system_.Pend(16 + 100);
  ASSERT_TRUE(system_.Enter(core_, 16 + 100, kEntry));
  EXPECT_EQ(core_.exception, kHardFault);
  EXPECT_EQ(core_.r[kPc], 0x3330U);
  EXPECT_EQ(system_.Faults().hfsr, 0x40000002U);
}

TEST_F(ProcessorTest, WithoutAVectorOfHardFaultItLocksUp) {
  SetRegister(kVtor, 0x50000000);
  EXPECT_FALSE(Fault(kUndefined));
}

TEST_F(ProcessorTest, ReturnsThatMakeNoSenseAreUsageFaultsOnTheSameFrame) {
  SetRegister(kShcsr, kAllFaults);
  SetPriority(kPendSv, 0x80);
  for (const uint32_t bad : {0xfffffff0U, 0xfffffff3U, 0xfffffff5U, 0xffffffffU}) {
    Take(kPendSv);
    const uint32_t sp = core_.r[kSp];
    ASSERT_TRUE(system_.Return(core_, bad));
    EXPECT_EQ(core_.exception, kUsageFault);
    EXPECT_EQ(core_.r[kLr], bad);
    EXPECT_EQ(core_.r[kSp], sp);
    EXPECT_EQ(system_.Faults().cfsr, uint32_t{kInvalidPc});
    SetRegister(0xe000ed28, 0xffffffff);
    ASSERT_TRUE(system_.Return(core_, 0xfffffff9));
    ASSERT_EQ(core_.exception, 0);
  }
}

TEST_F(ProcessorTest, ReturnToThreadNeedsTheLastActiveException) {
  SetRegister(kShcsr, kAllFaults);
  EnableIrq(3);
  SetPriority(kPendSv, 0x80);
  SetPriority(16 + 3, 0x40);
  Take(kPendSv);
  Take(16 + 3);
  ASSERT_TRUE(system_.Return(core_, 0xfffffff9));
  EXPECT_EQ(core_.exception, kUsageFault);
  EXPECT_EQ(system_.Faults().cfsr, uint32_t{kInvalidPc});
}

TEST_F(ProcessorTest, NonbasethrdenaAllowsThatReturn) {
  SetRegister(kCcr, 0x201);
  EnableIrq(3);
  SetPriority(kPendSv, 0x80);
  SetPriority(16 + 3, 0x40);
  Take(kPendSv);
  Take(16 + 3);
  Store(core_.r[kSp] + 28, 0x01000000);
  ASSERT_TRUE(system_.Return(core_, 0xfffffff9));
  EXPECT_EQ(core_.exception, 0);
}

TEST_F(ProcessorTest, AFrameOfTheWrongModeIsAUsageFaultOnANewFrame) {
  SetRegister(kShcsr, kAllFaults);
  SetPriority(kPendSv, 0x80);
  Take(kPendSv, 0x1234);
  const uint32_t sp = core_.r[kSp];
  Store(sp + 28, 0x01000000 | kSysTick);  // handler mode, where EXC_RETURN says thread
  ASSERT_TRUE(system_.Return(core_, 0xfffffff9));
  EXPECT_EQ(core_.exception, kUsageFault);
  EXPECT_EQ(core_.r[kSp], sp) << "popped and pushed again";
  EXPECT_EQ(Load(sp + 28) & 0x1ffU, uint32_t{kSysTick});
  EXPECT_EQ(Load(sp + 24), 0x1234U);
  EXPECT_EQ(core_.r[kLr], 0xfffffff9U);
}

TEST_F(ProcessorTest, AnExceptionNumberThatNoneHasEndsInAUsageFault) {
  SetRegister(kShcsr, kAllFaults);
  SetPriority(kPendSv, 0x80);
  SetRegister(kCcr, 0x201);
  Take(kPendSv);
  EnableIrq(0);
  Take(16);
  Store(core_.r[kSp] + 28, 0x01000000 | 0x1ff);
  ASSERT_TRUE(system_.Return(core_, 0xfffffff1));
  EXPECT_EQ(core_.exception, 0x1ff);
  ASSERT_TRUE(system_.Return(core_, 0xfffffff1));
  EXPECT_EQ(core_.exception, kUsageFault);
}

TEST_F(ProcessorTest, AFrameThatCannotBeReadIsAFaultOnTheSameFrame) {
  SetRegister(kShcsr, kAllFaults);
  SetPriority(kPendSv, 0x80);
  SetSpecial(9, kRam + kRamBytes - 8);
  Take(kPendSv);
  Store(kRam + kRamBytes - 8, 0xabcd);
  ASSERT_TRUE(system_.Return(core_, 0xfffffffd));
  EXPECT_EQ(core_.exception, kBusFault);
  EXPECT_EQ(system_.Faults().cfsr, uint32_t{kUnstackBus});
  EXPECT_EQ(core_.r[kLr], 0xfffffffdU);
  EXPECT_EQ(core_.r[0], 0xabcdU) << "what was popped stays, as in QEMU";
}

TEST_F(ProcessorTest, FaultmaskEndsWithTheExceptionButNotWithNmi) {
  Take(kPendSv);
  SetSpecial(19, 1);
  EXPECT_EQ(core_.faultmask, 1);
  ASSERT_TRUE(system_.Return(core_, 0xfffffff9));
  EXPECT_EQ(core_.faultmask, 0);
  SetSpecial(19, 1);
  Take(kNmi);
  ASSERT_TRUE(system_.Return(core_, 0xfffffff9));
  EXPECT_EQ(core_.faultmask, 1);
}

TEST_F(ProcessorTest, BusFaultsAreIgnoredInHandlersThatAskForIt) {
  SetRegister(kCcr, 0x300);
  Take(kNmi);
  ASSERT_TRUE(Fault(kPreciseBus, 0x5555, 0x1234));
  EXPECT_EQ(core_.exception, kNmi);
  EXPECT_EQ(core_.r[kPc], 0x1236U);
  EXPECT_EQ(system_.Faults().bfar, 0x5555U);
  ASSERT_TRUE(system_.Return(core_, core_.r[kLr]));
  ASSERT_TRUE(Fault(kPreciseBus, 0x5555, 0x1234));
  EXPECT_EQ(core_.exception, kHardFault) << "of thread mode they are not";
}

TEST_F(ProcessorTest, AFrameNeverWritesSystemRegisters) {
  core_.r[kSp] = 0xe000ed40;
  ASSERT_TRUE(Fault(kUndefined));
  EXPECT_EQ(core_.exception, kHardFault);
  EXPECT_NE(system_.Faults().cfsr & kStackBus, 0U);
  EXPECT_EQ(Register(kVtor), 0U);
}

TEST_F(SmallProcessorTest, AllFaultsAreHardFaults) {
  SetRegister(kShcsr, kAllFaults);
  ASSERT_TRUE(Fault(kUnaligned));
  EXPECT_EQ(core_.exception, kHardFault);
  EXPECT_EQ(core_.r[kLr], 0xfffffff9U);
  EXPECT_EQ(Register(0xe000ed28), 0U) << "no CFSR to read";
  EXPECT_EQ(system_.Faults().cfsr, uint32_t{kUnaligned}) << "but in reports";
  EXPECT_FALSE(Fault(kUnaligned));
}

// Within a page that is known, across two, and where somebody is told of each word.
TEST_F(ProcessorTest, FramesAreTheSameWhereverTheyLie) {
  int told = 0;
  for (const bool listens : {false, true}) {
    if (listens) memory_.OnAccess([&told](const Memory::Happened& /*word*/) { ++told; });
    for (const uint32_t top : {kRam + 0x7800, kRam + 0x7800, kRam + 0x7014, kRam + 0x7014}) {
      core_.r[kSp] = top;
      for (uint32_t i = 0; i < 13; ++i) core_.r[i] = top + i;
      core_.r[kLr] = 0x4321;
      Take(kPendSv, 0x1234);
      const uint32_t frame = (top & ~7U) - 0x20;
      EXPECT_EQ(core_.r[kSp], frame);
      const uint32_t expected[] = {top,      top + 1, top + 2, top + 3,
                                   top + 12, 0x4321,  0x1234,  (top & 4U) << 7U | 0x41000000U};
      for (uint32_t i = 0; i < 8; ++i) EXPECT_EQ(Load(frame + 4 * i), expected[i]) << i;
      for (uint32_t i = 0; i < 13; ++i) core_.r[i] = 0;
      ASSERT_TRUE(system_.Return(core_, core_.r[kLr]));
      for (const uint32_t i : {0U, 1U, 2U, 3U, 12U}) EXPECT_EQ(core_.r[i], top + i);
      EXPECT_EQ(core_.r[kLr], 0x4321U);
      EXPECT_EQ(core_.r[kPc], 0x1234U);
      EXPECT_EQ(core_.r[kSp], top);
    }
  }
  EXPECT_EQ(told, 4 * 8);
}

}  // namespace
}  // namespace percuss::rehost
