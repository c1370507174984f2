// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/processor_fixture.h"

namespace percuss::rehost {
namespace {

enum : uint32_t {
  kApsr = 0,
  kIapsr = 1,
  kXpsr = 3,
  kIpsr = 5,
  kMsp = 8,
  kPsp = 9,
  kPrimask = 16,
  kBasepri = 17,
  kBasepriMax = 18,
  kFaultmask = 19,
  kControl = 20
};

class SpecialRegisters : public ProcessorTest {};
class SmallSpecialRegisters : public SmallProcessorTest {};

TEST_F(SpecialRegisters, ApsrIsWrittenByMask) {
  system_.WriteSpecial(core_, kApsr, 2, 0xf80f0000);
  EXPECT_EQ(Special(kApsr), 0xf8000000U);
  system_.WriteSpecial(core_, kApsr, 1, 0x00050000);
  EXPECT_EQ(Special(kApsr), 0xf8050000U);
  system_.WriteSpecial(core_, kXpsr, 3, 0x50000000);
  EXPECT_EQ(Special(kApsr), 0x50000000U);
  system_.WriteSpecial(core_, kIpsr, 3, 0xffffffff);
  EXPECT_EQ(Special(kXpsr), 0x50000000U);
}

TEST_F(SpecialRegisters, IpsrIsShownToThePrivileged) {
  Take(kPendSv);
  EXPECT_EQ(Special(kIpsr), uint32_t{kPendSv});
  EXPECT_EQ(Special(kIapsr) & 0x1ffU, uint32_t{kPendSv});
  EXPECT_EQ(Special(kApsr) & 0x1ffU, 0U);
  EXPECT_EQ(Special(6), 0U) << "EPSR reads as 0";
}

TEST_F(SpecialRegisters, StackPointersAreWordsAndChangePlaces) {
  SetSpecial(kPsp, kRam + 0x103);
  EXPECT_EQ(Special(kPsp), kRam + 0x100);
  SetSpecial(kControl, 2);
  EXPECT_EQ(core_.r[kSp], kRam + 0x100);
  EXPECT_EQ(Special(kMsp), kStackTop);
  SetSpecial(kMsp, kRam + 0x207);
  EXPECT_EQ(core_.other_sp, kRam + 0x204);
  SetSpecial(kPsp, kRam + 0x300);
  EXPECT_EQ(core_.r[kSp], kRam + 0x300);
  SetSpecial(kControl, 0);
  EXPECT_EQ(core_.r[kSp], kRam + 0x204);
  EXPECT_EQ(Special(kPsp), kRam + 0x300);
}

TEST_F(SpecialRegisters, HandlersDoNotChooseTheirStack) {
  Take(kPendSv);
  SetSpecial(kControl, 3);
  EXPECT_EQ(Special(kControl), 1U);
  EXPECT_TRUE(core_.Privileged());
  ASSERT_TRUE(system_.Return(core_, 0xfffffff9));
  EXPECT_FALSE(core_.Privileged());
}

TEST_F(SpecialRegisters, UnprivilegedCodeReadsAndWritesNextToNothing) {
  SetSpecial(kBasepri, 0x40);
  SetSpecial(kControl, 1);
  EXPECT_EQ(Special(kMsp), 0U);
  EXPECT_EQ(Special(kBasepri), 0U);
  EXPECT_EQ(Special(kControl), 1U);
  SetSpecial(kControl, 0);
  EXPECT_EQ(Special(kControl), 1U);
  SetSpecial(kPrimask, 1);
  EXPECT_EQ(core_.primask, 0);
  SetSpecial(kApsr, 0x80000000);
  EXPECT_EQ(Special(kApsr), 0x80000000U);
}

TEST_F(SpecialRegisters, BasepriMaxOnlyRaises) {
  SetSpecial(kBasepriMax, 0x40);
  EXPECT_EQ(core_.basepri, 0x40);
  SetSpecial(kBasepriMax, 0x50);
  EXPECT_EQ(core_.basepri, 0x40);
  SetSpecial(kBasepriMax, 0);
  EXPECT_EQ(core_.basepri, 0x40);
  SetSpecial(kBasepriMax, 0x130);
  EXPECT_EQ(core_.basepri, 0x30);
  EXPECT_EQ(Special(kBasepriMax), 0x30U);
  SetSpecial(kBasepri, 0);
  EXPECT_EQ(core_.basepri, 0);
}

TEST_F(SpecialRegisters, FaultmaskIsNotForFaultHandlers) {
  SetSpecial(kFaultmask, 1);
  EXPECT_EQ(core_.faultmask, 1);
  SetSpecial(kFaultmask, 0);
  EXPECT_EQ(core_.faultmask, 0);
  Take(kNmi);
  SetSpecial(kFaultmask, 1);
  EXPECT_EQ(core_.faultmask, 0);
  system_.SetFaultmask(core_, true);
  EXPECT_EQ(core_.faultmask, 0);
}

TEST_F(SpecialRegisters, LiftingAMaskCallsForAttention) {
  SetSpecial(kBasepri, 0x40);
  EnableIrq(1);
  SetPriority(17, 0x40);
  PendIrq(1);
  EXPECT_EQ(system_.Due(core_), 0);
  EXPECT_EQ(core_.stop, Core::Stop::kNone);
  SetSpecial(kBasepri, 0x50);
  EXPECT_EQ(system_.Due(core_), 17);
  EXPECT_EQ(core_.stop, Core::Stop::kAttention);
}

TEST_F(SpecialRegisters, SleepEndsByWhatPrimaskAloneHoldsBack) {
  EnableIrq(1);
  SetPriority(17, 0x40);
  SetSpecial(kPrimask, 1);
  EXPECT_FALSE(system_.WakesFromSleep(core_));
  PendIrq(1);
  EXPECT_EQ(system_.Due(core_), 0);
  EXPECT_TRUE(system_.WakesFromSleep(core_));
  SetSpecial(kBasepri, 0x40);
  EXPECT_FALSE(system_.WakesFromSleep(core_));
}

TEST_F(SmallSpecialRegisters, HaveNoLevelsAndNoUsers) {
  SetSpecial(kBasepri, 0x40);
  SetSpecial(kFaultmask, 1);
  SetSpecial(kControl, 7);
  EXPECT_EQ(core_.basepri, 0);
  EXPECT_EQ(core_.faultmask, 0);
  EXPECT_EQ(Special(kControl), 2U);
  EXPECT_TRUE(core_.Privileged());
  system_.WriteSpecial(core_, kApsr, 3, 0xf00f0000);
  EXPECT_EQ(Special(kApsr), 0xf0000000U);
}

}  // namespace
}  // namespace percuss::rehost
