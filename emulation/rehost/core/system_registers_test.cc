// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/processor_fixture.h"

namespace percuss::rehost {
namespace {

constexpr uint32_t kStcsr = 0xe000e010;
constexpr uint32_t kIcsr = 0xe000ed04;
constexpr uint32_t kAircr = 0xe000ed0c;
constexpr uint32_t kCcr = 0xe000ed14;
constexpr uint32_t kCfsr = 0xe000ed28;
constexpr uint32_t kDemcr = 0xe000edfc;
constexpr uint32_t kStir = 0xe000ef00;
constexpr uint32_t kDwtCtrl = 0xe0001000;
constexpr uint32_t kCyccnt = 0xe0001004;

class SystemRegisters : public ProcessorTest {};
class SmallSystemRegisters : public SmallProcessorTest {};

TEST_F(SystemRegisters, AccessesThatMayNotBeAreBusFaults) {
  uint32_t value = 0;
  EXPECT_FALSE(system_.Write(core_, 0, kStcsr, 1, 0)) << "SysTick has words alone";
  EXPECT_EQ(core_.fault, uint32_t{kPreciseBus});
  EXPECT_EQ(core_.fault_address, kStcsr);
  SetSpecial(20, 1);
  EXPECT_FALSE(system_.Read(core_, 0, kIcsr + 2, 4, value));
  EXPECT_EQ(core_.fault_address, kIcsr);
  EXPECT_FALSE(system_.Read(core_, 0, 0xe0000000, 4, value));
  EXPECT_FALSE(system_.Write(core_, 0, kStir, 4, 3));
}

TEST_F(SystemRegisters, UnalignedAccessesAreAsManyAlignedOnes) {
  SetRegister(0xe000e400, 0x44332211);
  SetRegister(0xe000e404, 0x88776655);
  uint32_t value = 0;
  ASSERT_TRUE(system_.Read(core_, 0, 0xe000e401, 4, value));
  EXPECT_EQ(value, 0x55443322U);
  ASSERT_TRUE(system_.Read(core_, 0, 0xe000e403, 2, value));
  EXPECT_EQ(value, 0x5544U);
  ASSERT_TRUE(system_.Write(core_, 0, 0xe000e402, 4, 0xddccbbaa));
  EXPECT_EQ(Register(0xe000e400), 0xbbaa2211U);
  EXPECT_EQ(Register(0xe000e404), 0x8877ddccU);
}

TEST_F(SystemRegisters, UsersMayTriggerInterruptsWhereCcrSaysSo) {
  SetRegister(kCcr, 2);
  EnableIrq(3);
  SetSpecial(20, 1);
  core_.stop = Core::Stop::kNone;
  SetRegister(kStir, 3);
  EXPECT_EQ(system_.Due(core_), 16 + 3);
  EXPECT_EQ(core_.stop, Core::Stop::kAttention);
  SetRegister(kStir, 0x1ff);  // no such interrupt
}

TEST_F(SystemRegisters, IcsrTellsWhatIsActiveAndPending) {
  EXPECT_EQ(Register(kIcsr), 0x800U);
  EnableIrq(3);
  SetPriority(kPendSv, 0x80);
  SetPriority(16 + 3, 0x40);
  Take(kPendSv);
  EXPECT_EQ(Register(kIcsr), 0x800U | kPendSv);
  Take(16 + 3);
  EXPECT_EQ(Register(kIcsr), 19U) << "two are active: not RETTOBASE";
  PendIrq(7);
  EXPECT_EQ(Register(kIcsr), 0x400000U | 19U) << "pending, but not enabled";
  EnableIrq(7);
  EXPECT_EQ(Register(kIcsr), 0x400000U | 23U << 12U | 19U);
}

TEST_F(SystemRegisters, IcsrSetsAndClears) {
  SetRegister(kIcsr, 1U << 28U);
  EXPECT_EQ(core_.stop, Core::Stop::kAttention);
  EXPECT_EQ(system_.Due(core_), kPendSv);
  SetRegister(kIcsr, 1U << 27U);
  SetRegister(kIcsr, 1U << 26U);
  EXPECT_EQ(system_.Due(core_), kSysTick);
  SetRegister(kIcsr, 1U << 25U);
  EXPECT_EQ(system_.Due(core_), 0);
  SetRegister(kIcsr, 1U << 31U);
  EXPECT_EQ(system_.Due(core_), kNmi);
}

TEST_F(SystemRegisters, AttentionIsForWhatIsDueAlone) {
  SetSpecial(16, 1);
  core_.stop = Core::Stop::kNone;
  SetRegister(kIcsr, 1U << 28U);
  EXPECT_EQ(core_.stop, Core::Stop::kNone);
  SetSpecial(16, 0);
  EXPECT_EQ(core_.stop, Core::Stop::kAttention);
}

TEST_F(SystemRegisters, AircrWantsItsKey) {
  SetRegister(kAircr, 0x00000304);
  EXPECT_EQ(Register(kAircr), 0xfa050000U);
  EXPECT_EQ(core_.stop, Core::Stop::kNone);
  SetRegister(kAircr, 0x05fa0300);
  EXPECT_EQ(Register(kAircr), 0xfa050300U);
  SetRegister(kAircr, 0x05fa0004);
  EXPECT_EQ(core_.stop, Core::Stop::kReset);
}

TEST_F(SystemRegisters, CcrTellsTheCoreWhatTraps) {
  EXPECT_FALSE(core_.divide_traps);
  EXPECT_EQ(core_.alignment_traps, 0);
  SetRegister(kCcr, 0xffffffff);
  EXPECT_EQ(Register(kCcr), 0x31bU);
  EXPECT_TRUE(core_.divide_traps);
  EXPECT_EQ(core_.alignment_traps, 3);
}

TEST_F(SystemRegisters, FaultRegistersAreClearedByWritingOnes) {
  ASSERT_TRUE(Fault(kDataAccess, 0x1234));
  ASSERT_TRUE(system_.Return(core_, core_.r[kLr]));
  ASSERT_TRUE(Fault(kUndefined));
  EXPECT_EQ(Register(kCfsr), 0x00010082U);
  uint32_t value = 0;
  ASSERT_TRUE(system_.Read(core_, 0, kCfsr + 2, 2, value));
  EXPECT_EQ(value, 1U);
  ASSERT_TRUE(system_.Write(core_, 0, kCfsr, 1, 0x80));
  EXPECT_EQ(Register(kCfsr), 0x00010002U);
  ASSERT_TRUE(system_.Write(core_, 0, kCfsr + 2, 2, 1));
  EXPECT_EQ(Register(kCfsr), 2U);
  EXPECT_EQ(Register(0xe000ed34), 0x1234U);
  SetRegister(0xe000ed34, 5);
  EXPECT_EQ(Register(0xe000ed34), 5U);
  SetRegister(0xe000ed2c, 0x40000000);
  EXPECT_EQ(Register(0xe000ed2c), 0U);
}

TEST_F(SystemRegisters, WhatIsNotThereIsZero) {
  SetRegister(0xe0000000, 'x');  // ITM
  EXPECT_EQ(Register(0xe0000e80), 0U);
  EXPECT_EQ(Register(0xe00ff000), 0U);
  EXPECT_EQ(Register(0xe000ed3c), 0U);
  SetRegister(0xe000ed00, 0);
  EXPECT_EQ(Register(0xe000ed00), 0x410fc240U);
  EXPECT_EQ(Register(0xe000e004), 7U);
  EXPECT_EQ(Register(0xe000efe4), 0xb0U);
}

TEST_F(SystemRegisters, SysTickInterruptsAtItsTime) {
  SetRegister(0xe000e014, 99);
  SetRegister(kStcsr, 3);
  EXPECT_EQ(core_.stop, Core::Stop::kAttention) << "the next event is another";
  EXPECT_EQ(system_.NextEvent(), 100U);
  system_.Advance(99);
  EXPECT_EQ(system_.Due(core_), 0);
  system_.Advance(100);
  EXPECT_EQ(system_.Due(core_), kSysTick);
  now_ = 250;
  EXPECT_EQ(Register(0xe000e018), 50U);
}

TEST_F(SystemRegisters, CyclesAreCountedWhereTraceIsOn) {
  SetRegister(kDwtCtrl, 1);
  now_ = 100;
  EXPECT_EQ(Register(kCyccnt), 0U);
  SetRegister(kDemcr, 1U << 24U);
  now_ = 150;
  EXPECT_EQ(Register(kCyccnt), 50U);
  SetRegister(kCyccnt, 0xfffffff0);
  now_ = 170;
  EXPECT_EQ(Register(kCyccnt), 4U);
  SetRegister(kDwtCtrl, 0);
  now_ = 200;
  EXPECT_EQ(Register(kCyccnt), 4U);
}

TEST_F(SystemRegisters, DemcrRunsTheMonitor) {
  SetRegister(kDemcr, 1U << 16U | 1U << 17U);
  EXPECT_EQ(Register(kDemcr), 3U << 16U);
  EXPECT_EQ(system_.Due(core_), kDebugMonitor);
  SetRegister(kDemcr, 0);
  EXPECT_EQ(system_.Due(core_), 0);
}

TEST_F(SystemRegisters, ScrKeepsWhatItHas) {
  SetRegister(0xe000ed10, 0xffffffff);
  EXPECT_EQ(Register(0xe000ed10), 0x16U);
}

TEST_F(SystemRegisters, ResetPutsAllBack) {
  Take(kPendSv);
  SetRegister(kCcr, 0x31b);
  SetRegister(kAircr, 0x05fa0300);
  SetRegister(0xe000e014, 99);
  SetRegister(kStcsr, 3);
  EnableIrq(3);
  system_.Reset(core_);
  EXPECT_EQ(core_.exception, 0);
  EXPECT_EQ(Register(kCcr), 0x200U);
  EXPECT_EQ(Register(kAircr), 0xfa050000U);
  EXPECT_EQ(system_.NextEvent(), kNever);
  EXPECT_TRUE(system_.EnabledIrqs().empty());
  EXPECT_EQ(Register(kIcsr), 0x800U);
}

TEST_F(SystemRegisters, ACopyIsASnapshot) {
  const SystemControl snapshot = system_;
  const Core core = core_;
  EnableIrq(3);
  Take(16 + 3);
  system_ = snapshot;
  core_ = core;
  EXPECT_EQ(Register(kIcsr), 0x800U);
  EXPECT_TRUE(system_.EnabledIrqs().empty());
  EXPECT_LE(sizeof(SystemControl), 2048U);
}

TEST_F(SmallSystemRegisters, HaveNeitherFaultsNorGroups) {
  EXPECT_EQ(Register(0xe000ed00), 0x410cc200U);
  EXPECT_EQ(Register(kCcr), 0x208U);
  SetRegister(kCcr, 0);
  EXPECT_EQ(Register(kCcr), 0x208U);
  EXPECT_EQ(core_.alignment_traps, 3);
  SetRegister(kAircr, 0x05fa0700);
  EXPECT_EQ(Register(kAircr), 0xfa050000U);
  SetRegister(kStir, 3);
  EXPECT_EQ(Register(0xe000e200), 0U);
  SetRegister(0xe000ed08, 0x20000000);
  EXPECT_EQ(Register(0xe000ed08), 0x20000000U);
  SetRegister(kDemcr, 1U << 24U);
  SetRegister(kDwtCtrl, 1);
  EXPECT_EQ(Register(kDwtCtrl), 0U);
}

}  // namespace
}  // namespace percuss::rehost
