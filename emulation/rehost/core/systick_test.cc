// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/systick.h"

#include <gtest/gtest.h>

namespace percuss::rehost {
namespace {

constexpr uint32_t kCsr = 0x10;
constexpr uint32_t kRvr = 0x14;
constexpr uint32_t kCvr = 0x18;
constexpr uint32_t kCountFlag = 1U << 16U;

TEST(SysTick, CountsDownAndReloadsAStepAfterZero) {
  SysTick timer;
  timer.Write(kRvr, 3, 0);
  timer.Write(kCsr, 1, 10);
  const uint32_t expected[] = {0, 3, 2, 1, 0, 3, 2, 1, 0, 3};
  for (uint32_t i = 0; i < 10; ++i) EXPECT_EQ(timer.Read(kCvr, 10 + i), expected[i]) << i;
  SysTick skipping = timer;
  EXPECT_EQ(skipping.Read(kCvr, 10 + 4 * 1000 + 2), 2U);
}

TEST(SysTick, CountflagIsClearedByReadingIt) {
  SysTick timer;
  timer.Write(kRvr, 3, 0);
  timer.Write(kCsr, 1, 0);
  EXPECT_EQ(timer.Read(kCsr, 3), 1U);
  EXPECT_EQ(timer.Read(kCsr, 4), 1U | kCountFlag);
  EXPECT_EQ(timer.Read(kCsr, 5), 1U);
  EXPECT_EQ(timer.Read(kCsr, 9), 1U | kCountFlag);
  timer.Write(kCvr, 77, 13);
  EXPECT_EQ(timer.Read(kCsr, 13), 1U) << "a write of CVR clears it too";
}

TEST(SysTick, TellsOfItsInterruptOnceAndForesees) {
  SysTick timer;
  timer.Write(kRvr, 99, 0);
  timer.Write(kCsr, 1, 0);
  EXPECT_EQ(timer.NextInterrupt(), kNever);
  timer.Write(kCsr, 3, 0);
  EXPECT_EQ(timer.NextInterrupt(), 100U);
  EXPECT_FALSE(timer.Advance(99));
  EXPECT_EQ(timer.NextInterrupt(), 100U);
  EXPECT_TRUE(timer.Advance(100));
  EXPECT_FALSE(timer.Advance(100));
  EXPECT_EQ(timer.NextInterrupt(), 200U);
  EXPECT_TRUE(timer.Advance(1000));
  EXPECT_EQ(timer.NextInterrupt(), 1100U);
}

TEST(SysTick, AnInterruptThatAReadCameUponIsNotLost) {
  SysTick timer;
  timer.Write(kRvr, 9, 0);
  timer.Write(kCsr, 3, 0);
  EXPECT_NE(timer.Read(kCsr, 12) & kCountFlag, 0U);
  EXPECT_TRUE(timer.TakeInterrupt());
  EXPECT_FALSE(timer.TakeInterrupt());
}

TEST(SysTick, ReloadCountsFromTheNextRoundOn) {
  SysTick timer;
  timer.Write(kRvr, 10, 0);
  timer.Write(kCsr, 1, 0);
  timer.Write(kRvr, 2, 5);
  EXPECT_EQ(timer.Read(kRvr, 5), 2U);
  EXPECT_EQ(timer.Read(kCvr, 5), 6U);
  EXPECT_EQ(timer.Read(kCvr, 11), 0U);
  EXPECT_EQ(timer.Read(kCvr, 12), 2U);
  timer.Write(kCvr, 1, 13);
  EXPECT_EQ(timer.Read(kCvr, 13), 0U);
  EXPECT_EQ(timer.Read(kCvr, 14), 2U);
}

TEST(SysTick, StopsWhereItIsDisabledAndAtAReloadOfZero) {
  SysTick timer;
  timer.Write(kRvr, 0xff000005, 0);
  EXPECT_EQ(timer.Read(kRvr, 0), 5U) << "24 bits";
  timer.Write(kCsr, 3, 0);
  timer.Write(kCsr, 2, 3);
  EXPECT_EQ(timer.Read(kCvr, 100), 3U);
  EXPECT_EQ(timer.NextInterrupt(), kNever);
  timer.Write(kCsr, 3, 100);
  timer.Write(kRvr, 0, 100);
  EXPECT_EQ(timer.NextInterrupt(), 103U);
  EXPECT_TRUE(timer.Advance(200));
  EXPECT_EQ(timer.Read(kCvr, 300), 0U);
  EXPECT_EQ(timer.NextInterrupt(), kNever);
}

TEST(SysTick, IsTheSameHoweverOftenItIsAsked) {
  for (const uint32_t reload : {0U, 1U, 5U, 100U}) {
    SysTick often;
    SysTick rarely;
    for (SysTick* timer : {&often, &rarely}) {
      timer->Write(kRvr, reload, 3);
      timer->Write(kCvr, 0, 3);
      timer->Write(kCsr, 3, 3);
    }
    int interrupts = 0;
    for (uint64_t now = 3; now < 1000; ++now) {
      const uint64_t foreseen = often.NextInterrupt();
      const bool due = often.Advance(now);
      EXPECT_EQ(due, now == foreseen) << reload;
      interrupts += due ? 1 : 0;
    }
    EXPECT_EQ(rarely.Advance(999), interrupts > 0);
    EXPECT_EQ(rarely.NextInterrupt(), often.NextInterrupt());
    EXPECT_EQ(rarely.Read(kCvr, 999), often.Read(kCvr, 999)) << reload;
    EXPECT_EQ(rarely.Read(kCsr, 999), often.Read(kCsr, 999)) << reload;
  }
}

}  // namespace
}  // namespace percuss::rehost
