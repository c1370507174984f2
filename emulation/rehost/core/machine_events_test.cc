// SPDX-License-Identifier: Apache-2.0
//
// Sleep, triggers, and power-on again.
#include <gtest/gtest.h>

#include <vector>

#include "emulation/rehost/core/machine.h"
#include "emulation/rehost/core/small_image.h"

namespace percuss::rehost {
namespace {

Outcome RunOn(Machine& machine, const std::string& input) {
  return machine.Run(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

// r4: the device; r5: 0xe000e000, which has SCR at 0xd10, ISER at 0x100 and ISPR at 0x200. The
// handler counts in r7.
MachineImage Sleeper(std::initializer_list<uint16_t> program) {
  MachineImage image = SmallImage(
      Halfwords({0x2404, 0x0724, 0x7820, 0xf24e, 0x0500, 0xf2ce, 0x0500}) + Halfwords(program),
      Halfwords({0x3701, 0x4770}));
  image.limits.instructions = 10'000;
  return image;
}

TEST(SleepTest, ReturnsToSleepWhereTheFirmwareWantsIt) {
  // movs r0,#2; str r0,[r5,#0xd10]; movs r0,#1; str [r5,#0x100], [r5,#0x200]; r6 = 1
  const auto program = {uint16_t{0x2002}, uint16_t{0xf8c5}, uint16_t{0x0d10}, uint16_t{0x2001},
                        uint16_t{0xf8c5}, uint16_t{0x0100}, uint16_t{0xf8c5}, uint16_t{0x0200},
                        uint16_t{0x2601}, uint16_t{0x7820}};
  Machine machine(Sleeper(program));
  EXPECT_EQ(RunOn(machine, "a").end, End::kSleep);
  EXPECT_EQ(machine.core().r[7], 1U);
  EXPECT_EQ(machine.core().r[6], 0U) << "Thread mode does not go on";
  MachineImage image = Sleeper(program);
  InterruptTrigger trigger;
  trigger.period = 100;
  trigger.which = InterruptTrigger::Which::kFixed;
  image.triggers = {trigger};
  image.limits.interrupts = 5;
  Machine woken(image);
  EXPECT_EQ(RunOn(woken, "a").end, End::kInterrupts);
  EXPECT_EQ(woken.core().r[6], 0U);
}

TEST(SleepTest, PendingIsAnEventWhereTheFirmwareWantsIt) {
  // str r0 to SCR; pend interrupt 0, which is not enabled; wfe; wfe
  const auto with = [](uint16_t scr) {
    return Sleeper({scr, 0xf8c5, 0x0d10, 0x2001, 0xf8c5, 0x0200, 0xbf20, 0x2601, 0x7820});
  };
  Machine deaf(with(0x2000));
  EXPECT_EQ(RunOn(deaf, "a").end, End::kSleep);
  Machine machine(with(0x2010));
  EXPECT_EQ(RunOn(machine, "a").end, End::kInputUsed);
  EXPECT_EQ(machine.core().r[6], 1U);
  // What was pending before that is none, nor is what is pended again.
  Machine before(Sleeper(
      {0x2001, 0xf8c5, 0x0200, 0x2010, 0xf8c5, 0x0d10, 0x2001, 0xf8c5, 0x0200, 0xbf20, 0x7820}));
  EXPECT_EQ(RunOn(before, "a").end, End::kSleep);
  MachineImage image = with(0x2010);
  InterruptTrigger trigger;
  trigger.when = InterruptTrigger::When::kOnSleep;
  trigger.which = InterruptTrigger::Which::kFixed;
  trigger.irq = 3;
  image.triggers = {trigger};
  image.regions[0].bytes.replace(kSmallCode - kSmallFlash + 22, 4, Halfwords({0xbf00, 0xbf00}));
  Machine asleep(image);
  EXPECT_EQ(RunOn(asleep, "a").end, End::kInputUsed) << "while it sleeps too";
}

TEST(SleepTest, WhatPrimaskHoldsBackEndsWfiAndNotWfe) {
  // cpsid i; enable and pend interrupt 0; sleep; r6 = 1
  const auto with = [](uint16_t sleep) {
    return Sleeper({0xb672, 0x2001, 0xf8c5, 0x0100, 0xf8c5, 0x0200, sleep, 0x2601, 0x7820});
  };
  Machine wfi(with(0xbf30));
  EXPECT_EQ(RunOn(wfi, "a").end, End::kInputUsed);
  EXPECT_EQ(wfi.core().r[6], 1U);
  Machine wfe(with(0xbf20));
  EXPECT_EQ(RunOn(wfe, "a").end, End::kSleep);
}

// A loop at `kSmallCode + 14`, with interrupt 0 and 1 enabled: what is taken when, by passes.
MachineImage Looping(const InterruptTrigger& trigger, uint16_t first = 0xbf00) {
  // movs r0,#3; str r0,[r5,#0x100]; loop: adds r6,#1; ldrb r0,[r4]; b loop
  MachineImage image = Sleeper({first, 0x2003, 0xf8c5, 0x0100, 0x3601, 0x7820, 0xe7fc});
  image.triggers = {trigger};
  return image;
}
constexpr uint32_t kLoop = kSmallCode + 22;

std::vector<std::pair<uint32_t, uint16_t>> TakenBy(const MachineImage& image, size_t bytes) {
  Machine machine(image);
  std::vector<std::pair<uint32_t, uint16_t>> taken;
  machine.OnException([&](uint16_t exception) {
    taken.emplace_back(machine.core().r[6], static_cast<uint16_t>(exception - kFirstInterrupt));
  });
  EXPECT_EQ(RunOn(machine, std::string(bytes, '\0')).end, End::kInputUsed);
  return taken;
}
using Taken = std::vector<std::pair<uint32_t, uint16_t>>;

TEST(TriggerTest, TheFirstTimeIsNotSkipped) {
  InterruptTrigger trigger;
  trigger.when = InterruptTrigger::When::kAtAddress;
  trigger.which = InterruptTrigger::Which::kFixed;
  trigger.address = kLoop;
  trigger.skips = 2;
  EXPECT_EQ(TakenBy(Looping(trigger), 8), (Taken{{0, 0}, {3, 0}, {6, 0}}));
}

TEST(TriggerTest, InARowItIsOneInterruptBeforeThePlaceIsLeft) {
  InterruptTrigger trigger;
  trigger.when = InterruptTrigger::When::kAtAddress;
  trigger.address = kLoop;
  trigger.pends = 3;
  trigger.skips = 1;
  EXPECT_EQ(TakenBy(Looping(trigger), 4), (Taken{{0, 0}, {0, 0}, {0, 0}, {2, 1}, {2, 1}, {2, 1}}));
}

TEST(TriggerTest, MaskedItIsOncePerPass) {
  InterruptTrigger trigger;
  trigger.when = InterruptTrigger::When::kAtAddress;
  trigger.which = InterruptTrigger::Which::kFixed;
  trigger.address = kLoop;
  trigger.pends = 3;
  EXPECT_EQ(TakenBy(Looping(trigger, 0xb672 /* cpsid i */), 4), Taken{});
}

TEST(TriggerTest, APlaceWhereInputChoosesIsNotPassedBeforeThereIsAny) {
  InterruptTrigger trigger;
  trigger.when = InterruptTrigger::When::kAtAddress;
  trigger.which = InterruptTrigger::Which::kByInput;
  trigger.address = kLoop;
  MachineImage image = Looping(trigger);
  // Without the load before, so that the boot ends at the trigger.
  image.regions[0].bytes.replace(kSmallCode - kSmallFlash + 4, 2, Halfwords({0xbf00}));
  Machine machine(image);
  ASSERT_EQ(machine.Boot().end, End::kInputUsed);
  ASSERT_EQ(machine.Boot().pc, kLoop);
  int taken = 0;
  machine.OnException([&taken](uint16_t) { ++taken; });
  EXPECT_EQ(RunOn(machine, std::string("\1", 1)).end, End::kInputUsed);
  EXPECT_EQ(taken, 1);
}

TEST(TriggerTest, TheInterruptIsChosenBeforeThePeriod) {
  InterruptTrigger trigger;
  trigger.when = InterruptTrigger::When::kEveryByInput;
  trigger.which = InterruptTrigger::Which::kByInput;
  trigger.period = 64;
  MachineImage image = Looping(trigger);
  image.regions[0].bytes.replace(kSmallCode - kSmallFlash + 24, 2, Halfwords({0xbf00}));
  Machine machine(image);
  std::vector<std::pair<uint64_t, uint16_t>> taken;
  machine.OnException([&](uint16_t exception) { taken.emplace_back(machine.Now(), exception); });
  // The load of the beginning; interrupt 1, after which the next is 16 times as far; interrupt 0.
  EXPECT_EQ(RunOn(machine, std::string("x\1\6\0\0", 5)).end, End::kInputUsed);
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[0].second, kFirstInterrupt + 1);
  EXPECT_EQ(taken[1].second, kFirstInterrupt);
  EXPECT_NEAR(static_cast<double>(taken[1].first - taken[0].first), 64 * 16, 4);
}

TEST(PowerOnTest, MemoryAndDevicesAreAsTheImageHasThem) {
  // r6 = ram: adds 1 to the word there, which is 5, and to the device's register before any input.
  MachineImage image = SmallImage(Halfwords({0x2404, 0x0724, 0x2602, 0x0736, 0x6830, 0x3001, 0x6030,
                                             0x6921, 0x3101, 0x6121, 0x7822, 0x60b0, 0x7822}));
  image.regions[1].bytes = Words({5});
  AccessModel kept;
  kept.kind = AccessModel::Kind::kPassthrough;
  kept.address = kSmallDevice + 16;
  kept.values = {7};
  image.models = {kept};
  Machine machine(image);
  for (int i = 0; i < 3; ++i) {
    const Outcome& boot = machine.Boot();
    EXPECT_EQ(boot.end, End::kInputUsed);
    EXPECT_EQ(boot.instructions, 10U);
    EXPECT_EQ(machine.core().r[0], 6U) << i;
    EXPECT_EQ(machine.core().r[1], 8U) << i;
    EXPECT_EQ(RunOn(machine, "a").end, End::kInputUsed);
    uint32_t word = 0;
    ASSERT_TRUE(machine.memory().Peek(kSmallRam + 8, &word, 4));
    EXPECT_EQ(word, 6U);
  }
  EXPECT_EQ(machine.Boot().end, End::kInputUsed);
  uint32_t word = 1;
  ASSERT_TRUE(machine.memory().Peek(kSmallRam + 8, &word, 4));
  EXPECT_EQ(word, 0U) << "of an input before";
}

TEST(PowerOnTest, WithoutSysTickItsRegistersAreMemory) {
  // CSR = 7, RVR = 3; r6 = CSR; r7 = CVR behind some instructions
  MachineImage image = Sleeper({0x2007, 0x6128, 0x2003, 0x6168, 0x61a8, 0xbf00, 0xbf00, 0xbf00,
                                0xbf00, 0xe7ff, 0xbf00, 0x692e, 0x69aa, 0x7820});
  Machine with(image);
  EXPECT_EQ(RunOn(with, "a").end, End::kInputUsed);
  EXPECT_NE(with.core().r[7], 0U) << "its interrupt came";
  image.systick = false;
  Machine without(image);
  EXPECT_EQ(RunOn(without, "a").end, End::kInputUsed);
  EXPECT_EQ(without.core().r[6], 7U);
  EXPECT_EQ(without.core().r[2], 3U);
  EXPECT_EQ(without.core().r[7], 0U);
}

}  // namespace
}  // namespace percuss::rehost
