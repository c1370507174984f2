// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/nvic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <random>
#include <vector>

namespace percuss::rehost {
namespace {

class NvicTest : public testing::Test {
 protected:
  void Enable(uint32_t irq) { nvic_.WriteRegister(0x100 + 4 * (irq / 32), 4, 1U << (irq % 32)); }
  void SetPriority(uint32_t irq, uint32_t priority) {
    nvic_.WriteRegister(0x400 + irq, 1, priority);
  }
  std::vector<uint16_t> Enabled() const {
    return {nvic_.EnabledIrqs().begin(), nvic_.EnabledIrqs().end()};
  }

  Nvic nvic_{Architecture::kV7M, {5, 1000}};
  Core core_;
};

TEST_F(NvicTest, TheLeastPriorityNumberGoesFirstAndThenTheLeastException) {
  for (const uint32_t irq : {7U, 40U, 239U}) {
    Enable(irq);
    nvic_.SetPending(16 + irq, true);
  }
  SetPriority(7, 0x20);
  SetPriority(40, 0x10);
  SetPriority(239, 0x10);
  EXPECT_EQ(nvic_.FirstPending(), 16 + 40);
  nvic_.SetPending(kSysTick, true);
  EXPECT_EQ(nvic_.FirstPending(), kSysTick);
  nvic_.SetPending(kHardFault, true);
  EXPECT_EQ(nvic_.PendingPriority(), -1);
  nvic_.SetPending(kNmi, true);
  EXPECT_EQ(nvic_.FirstPending(), kNmi);
}

TEST_F(NvicTest, WhatIsNotEnabledStaysPending) {
  nvic_.WriteRegister(0x204, 4, 1U << 8U);
  EXPECT_EQ(nvic_.FirstPending(), 0);
  EXPECT_TRUE(nvic_.HasPendingInterrupt());
  Enable(40);
  EXPECT_EQ(nvic_.FirstPending(), 16 + 40);
  nvic_.WriteRegister(0x184, 4, 1U << 8U);
  EXPECT_EQ(nvic_.FirstPending(), 0);
  EXPECT_EQ(nvic_.ReadRegister(0x284, 4), 1U << 8U);
  nvic_.WriteRegister(0x284, 4, 1U << 8U);
  EXPECT_FALSE(nvic_.HasPendingInterrupt());
}

TEST_F(NvicTest, OnlyTheGroupPreempts) {
  nvic_.SetPriorityGroup(4);  // bits 7 to 5 are the group
  Enable(1);
  Enable(2);
  SetPriority(1, 0x58);
  SetPriority(2, 0x47);
  nvic_.SetActive(16 + 1, true);
  nvic_.SetPending(16 + 2, true);
  EXPECT_EQ(nvic_.ActivePriority(), 0x40);
  EXPECT_FALSE(nvic_.Preempts(core_));
  SetPriority(2, 0x3f);
  EXPECT_TRUE(nvic_.Preempts(core_));
  nvic_.SetPriorityGroup(7);
  EXPECT_FALSE(nvic_.Preempts(core_));
}

TEST_F(NvicTest, SubprioritiesOrderWhatIsPending) {
  nvic_.SetPriorityGroup(4);
  Enable(1);
  Enable(2);
  SetPriority(1, 0x5f);
  SetPriority(2, 0x41);
  nvic_.SetPending(16 + 1, true);
  nvic_.SetPending(16 + 2, true);
  EXPECT_EQ(nvic_.FirstPending(), 16 + 2);
}

TEST_F(NvicTest, MasksRaiseThePriorityOfExecution) {
  EXPECT_EQ(nvic_.ExecutionPriority(core_), Nvic::kIdle);
  core_.basepri = 0x43;
  EXPECT_EQ(nvic_.ExecutionPriority(core_), 0x42) << "PRIGROUP 0 has a subpriority bit";
  core_.primask = 1;
  EXPECT_EQ(nvic_.ExecutionPriority(core_), 0);
  core_.faultmask = 1;
  EXPECT_EQ(nvic_.ExecutionPriority(core_), -1);
  nvic_.SetActive(kNmi, true);
  EXPECT_EQ(nvic_.ExecutionPriority(core_), -2);
}

TEST_F(NvicTest, EnabledIrqsAreListedAscendingWithoutThoseThatMayNot) {
  nvic_.WriteRegister(0x11c, 4, 0xffffffff);  // 224 to 255, of which 240 and on are not there
  nvic_.WriteRegister(0x100, 4, 0x61);        // 5 may not be
  EXPECT_EQ(Enabled().size(), 2U + 16U);
  EXPECT_EQ(Enabled()[1], 6);
  EXPECT_EQ(Enabled().back(), 239);
  nvic_.WriteRegister(0x19c, 4, 0xffffffff);
  EXPECT_EQ(Enabled(), (std::vector<uint16_t>{0, 6}));
  EXPECT_EQ(nvic_.ReadRegister(0x100, 4), 0x41U);
  EXPECT_EQ(nvic_.ReadRegister(0x180, 4), 0x41U);
}

TEST_F(NvicTest, RegistersAreReachedByParts) {
  nvic_.WriteRegister(0x101, 1, 0x180);  // the second byte alone
  EXPECT_EQ(nvic_.ReadRegister(0x100, 4), 0x8000U);
  EXPECT_EQ(nvic_.ReadRegister(0x100, 2), 0x8000U);
  EXPECT_EQ(nvic_.ReadRegister(0x101, 1), 0x80U);
  nvic_.WriteRegister(0x404, 4, 0x44332211);
  EXPECT_EQ(nvic_.ReadRegister(0x406, 1), 0x33U);
  EXPECT_EQ(nvic_.ReadRegister(0x404, 4), 0x44332211U);
  EXPECT_EQ(nvic_.ReadRegister(0x5ec, 4), 0U);
}

TEST_F(NvicTest, ActiveBitsAreShownAndReadOnly) {
  nvic_.SetActive(16 + 33, true);
  EXPECT_EQ(nvic_.ReadRegister(0x304, 4), 2U);
  nvic_.WriteRegister(0x304, 4, 0);
  EXPECT_TRUE(nvic_.IsActive(16 + 33));
}

TEST_F(NvicTest, SystemHandlersHavePrioritiesWhereTheyExist) {
  nvic_.WriteSystemPriorities(0xd18, 4, 0xff605040);
  EXPECT_EQ(nvic_.ReadSystemPriorities(0xd18, 4), 0x00605040U);
  nvic_.WriteSystemPriorities(0xd1f, 1, 0x70);  // SVCall
  EXPECT_EQ(nvic_.ReadSystemPriorities(0xd1c, 4), 0x70000000U);
  nvic_.WriteSystemPriorities(0xd20, 4, 0xf0e0d0c0);
  EXPECT_EQ(nvic_.ReadSystemPriorities(0xd20, 4), 0xf0e000c0U);
}

TEST_F(NvicTest, ShcsrShowsAndSetsWhatItHas) {
  nvic_.SetSystemHandlers(0xffffffff);
  EXPECT_EQ(nvic_.SystemHandlers(), 0x0007fd8bU);
  EXPECT_TRUE(nvic_.IsActive(kSvCall));
  EXPECT_TRUE(nvic_.IsPending(kUsageFault));
  EXPECT_FALSE(nvic_.IsActive(kHardFault));
  nvic_.SetSystemHandlers(0);
  EXPECT_EQ(nvic_.SystemHandlers(), 0U);
  EXPECT_TRUE(nvic_.IsEnabled(kSvCall));
}

TEST_F(NvicTest, WhatCannotBeTakenEscalatesAndThenLocksUp) {
  EXPECT_EQ(nvic_.Raise(kUsageFault, Nvic::kIdle, false), Nvic::Raised::kEscalated);
  EXPECT_TRUE(nvic_.IsPending(kHardFault));
  EXPECT_FALSE(nvic_.IsPending(kUsageFault));
  nvic_.SetPending(kHardFault, false);
  nvic_.SetEnabled(kUsageFault, true);
  EXPECT_EQ(nvic_.Raise(kUsageFault, 0, false), Nvic::Raised::kEscalated);
  nvic_.SetPending(kHardFault, false);
  EXPECT_EQ(nvic_.Raise(kUsageFault, 1, false), Nvic::Raised::kPended);
  EXPECT_EQ(nvic_.Raise(kUsageFault, -1, false), Nvic::Raised::kLockup);
  EXPECT_EQ(nvic_.Raise(kHardFault, 0, true), Nvic::Raised::kPended);
  EXPECT_EQ(nvic_.Raise(kHardFault, 0, true), Nvic::Raised::kLockup) << "entering HardFault itself";
}

TEST_F(NvicTest, NumbersThatNoExceptionHasAreNever) {
  nvic_.SetActive(511, true);
  EXPECT_FALSE(nvic_.IsActive(511));
  EXPECT_EQ(nvic_.ActivePriority(), Nvic::kIdle);
}

TEST(NvicOfArmv6M, HasTwoBitsOfPriorityAndThirtyTwoLines) {
  Nvic nvic(Architecture::kV6M, {});
  nvic.WriteRegister(0x400, 4, 0xff7f3fc0);
  EXPECT_EQ(nvic.ReadRegister(0x400, 4), 0xc04000c0U);
  nvic.WriteRegister(0x104, 4, 1);
  EXPECT_TRUE(nvic.EnabledIrqs().empty());
  nvic.WriteSystemPriorities(0xd18, 4, 0xffffffff);
  EXPECT_EQ(nvic.ReadSystemPriorities(0xd18, 4), 0U);
  nvic.SetActive(16, true);
  EXPECT_EQ(nvic.ReadRegister(0x300, 4), 0U) << "no IABR";
}

// What is first is kept from change to change; here it is sought anew after each.
TEST_F(NvicTest, WhatIsFirstIsSoWhateverCameBefore) {
  std::mt19937 random(7);
  constexpr uint32_t kSome[] = {kNmi,    kHardFault, kMemManage, kSvCall,
                                kPendSv, kSysTick,   16 + 1,     16 + 40};
  std::array<int, 64> priority{};
  uint32_t group = 0;
  const auto grouped = [&group](int of) { return of < 0 ? of : of & ~((2 << group) - 1); };
  for (int step = 0; step < 20'000; ++step) {
    const uint32_t exception = kSome[random() % std::size(kSome)];
    const bool on = random() % 2 == 0;
    const uint32_t value = random() % 4 * 0x40;
    switch (random() % 8) {
      case 0:
        nvic_.SetEnabled(exception, on);
        break;
      case 1:
        if (exception >= 16) {
          SetPriority(exception - 16, value);
        } else if (exception >= kSvCall) {
          nvic_.WriteSystemPriorities(0xd14 + exception, 1, value);
        } else {
          break;
        }
        priority.at(exception) = static_cast<int>(value);
        break;
      case 2:
        nvic_.SetPriorityGroup(group = random() % 8);
        break;
      case 3:
      case 4:
        nvic_.SetActive(exception, on);
        break;
      default:
        nvic_.SetPending(exception, on);
    }
    int first = Nvic::kIdle;
    uint32_t which = 0;
    int active = Nvic::kIdle;
    int count = 0;
    for (const uint32_t each : kSome) {
      const int own = each <= kHardFault ? static_cast<int>(each) - 4 : priority.at(each);
      if (nvic_.IsPending(each) && nvic_.IsEnabled(each) && own < first) {
        first = own;
        which = each;
      }
      if (!nvic_.IsActive(each)) continue;
      active = std::min(active, own);
      ++count;
    }
    ASSERT_EQ(nvic_.FirstPending(), which) << step;
    ASSERT_EQ(nvic_.PendingPriority(), which == 0 ? Nvic::kIdle : grouped(first)) << step;
    ASSERT_EQ(nvic_.ActivePriority(), count == 0 ? Nvic::kIdle : grouped(active)) << step;
    ASSERT_EQ(nvic_.HasOneActive(), count <= 1) << step;
  }
}

}  // namespace
}  // namespace percuss::rehost
