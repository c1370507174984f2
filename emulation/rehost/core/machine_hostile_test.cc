// SPDX-License-Identifier: Apache-2.0
//
// Firmware that means harm, made by chance: whatever it does, a run ends within its limits, and an
// input has the same outcome again after another one. Sanitizers see to the rest.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "emulation/rehost/core/hostile_firmware.h"
#include "emulation/rehost/core/hostile_runs.h"
#include "emulation/rehost/core/small_image.h"

namespace percuss::rehost {
namespace {

Outcome RunOn(Machine& machine, const std::string& input) {
  return machine.Run(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

// Every interrupt is enabled (r5 = 0xe000e100), and one comes with each instruction. Then: loop.
MachineImage Storm(const std::string& handler) {
  std::string code = Halfwords({0x2404, 0x0724, 0x7820, 0xf24e, 0x1500, 0xf2ce, 0x0500, 0x43c0});
  code += Halfwords({0x60a8, 0x6068, 0x6028, 0x3601, 0xe7fd});
  MachineImage image = SmallImage(code, handler);
  InterruptTrigger trigger;
  trigger.period = 1;
  image.triggers.assign(8, trigger);
  image.limits.instructions = 200'000;
  return image;
}

TEST(MachineHostileTest, StormsOfInterruptsEndByALimit) {
  // Handlers that return, that pend everything anew (ISPR), that never return, and that sleep.
  const std::initializer_list<uint16_t> handlers[] = {
      {0x4770}, {0xf8c5, 0x0100, 0x4770}, {0xe7fe}, {0xbf30, 0xe7fd}};
  for (const auto& handler : handlers) {
    for (const uint64_t interrupts : {uint64_t{0}, uint64_t{1000}}) {
      MachineImage image = Storm(Halfwords(handler));
      image.limits.interrupts = interrupts;
      Machine machine(image);
      const Outcome first = RunOn(machine, "a");
      EXPECT_TRUE(first.end == End::kInstructions || first.end == End::kInterrupts ||
                  first.end == End::kSleep || first.end == End::kFault)  // of no vector
          << static_cast<int>(first.end);
      EXPECT_EQ(WordsOf(RunOn(machine, "a"), machine), WordsOf(RunOn(machine, "a"), machine));
    }
  }
}

TEST(MachineHostileTest, NestsNoDeeperThanThereIsStack) {
  // SVC in the handler of SVC, with faults to be handled: HardFault, then a lockup.
  Machine svc(SmallImage(Halfwords({0x2404, 0x0724, 0x7820, 0xdf00}), Halfwords({0xdf00})),
              {.faults_end = false});
  EXPECT_EQ(RunOn(svc, "a").end, End::kLockup);
  // A stack that leads out of memory: mov sp,r0 of what the device says; svc
  Machine nowhere(SmallImage(Halfwords({0x2404, 0x0724, 0x6820, 0x4685, 0xdf00})),
                  {.faults_end = false});
  for (const uint32_t sp : {0U, 4U, 0x20000010U, 0xe0000020U, 0xfffffffcU, 0x40000010U}) {
    const Outcome outcome = RunOn(nowhere, Words({sp, 0, 0, 0}));
    EXPECT_TRUE(outcome.end == End::kLockup || outcome.end == End::kInputUsed ||
                outcome.end == End::kInstructions || outcome.end == End::kWithoutInput)
        << std::hex << sp << " " << static_cast<int>(outcome.end);
  }
}

TEST(MachineHostileTest, JumpsToNowhereEndWhereverTheyComeFrom) {
  // ldr r0,[r4]; then one of: bx r0; blx r0; mov pc,r0; push {r0}, pop {pc}; VTOR = r0 and svc
  const std::initializer_list<uint16_t> ways[] = {
      {0x4700},
      {0x4780},
      {0x4687},
      {0xb401, 0xbd00},
      {0xf24e, 0x5508, 0xf2ce, 0x0500, 0xf845, 0x0c00, 0xdf00}};
  for (const auto& way : ways) {
    Machine machine(SmallImage(Halfwords({0x2404, 0x0724, 0x6820}) + Halfwords(way)));
    for (const uint32_t to : {1U, 0x30000001U, 0xe000e001U, 0xfffffff9U, 0xffffffffU, 0x40000001U,
                              0x22000001U, kSmallFlash + 0xfffU, kSmallRam + 0x1001U}) {
      const Outcome outcome = RunOn(machine, Words({to}));
      EXPECT_TRUE(outcome.end == End::kFault || outcome.end == End::kInputUsed ||
                  outcome.end == End::kLockup || outcome.end == End::kInstructions)
          << std::hex << to << " " << static_cast<int>(outcome.end);
    }
  }
}

TEST(MachineHostileTest, EndsTheSameAgain) {
  size_t ran = 0;
  for (uint32_t seed = 0; seed < 300; ++seed) {
    HostileFirmware firmware(nullptr, 0, seed);
    const std::string wrong = WhatGoesWrong(firmware, ran);
    ASSERT_EQ(wrong, "") << "seed " << seed;
  }
  EXPECT_EQ(ran, 300U);
}

}  // namespace
}  // namespace percuss::rehost
