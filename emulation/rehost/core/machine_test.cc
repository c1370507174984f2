// SPDX-License-Identifier: Apache-2.0
//
// Small programs, written as halfwords, on the whole machine.
#include "emulation/rehost/core/machine.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "emulation/rehost/core/small_image.h"

namespace percuss::rehost {
namespace {

// r4 is the device's address when the program begins.
MachineImage ImageOf(std::initializer_list<uint16_t> program,
                     std::initializer_list<uint16_t> handler = {0x4770}) {
  // movs r4,#4; lsls r4,r4,#28
  MachineImage image =
      SmallImage(Halfwords({0x2404, 0x0724}) + Halfwords(program), Halfwords(handler));
  image.limits.instructions = 100'000;
  image.limits.instructions_without_input = 0;
  return image;
}

Outcome RunOn(Machine& machine, const std::string& input) {
  return machine.Run(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

TEST(MachineTest, InputIsWhatTheDeviceIsReadFrom) {
  // loop: ldrb r0,[r4]; adds r5,r5,r0; b loop
  Machine machine(ImageOf({0x7820, 0x182d, 0xe7fc}));
  EXPECT_EQ(machine.Boot().end, End::kInputUsed);
  EXPECT_EQ(machine.Boot().instructions, 2U);
  const Outcome outcome = RunOn(machine, "\x01\x02\x03");
  EXPECT_EQ(outcome.end, End::kInputUsed);
  EXPECT_EQ(outcome.input_used, 3U);
  EXPECT_EQ(outcome.pc, kSmallCode + 4);
  EXPECT_EQ(machine.core().r[5], 6U);
  EXPECT_EQ(outcome.instructions, 2U + 3 * 3);
}

TEST(MachineTest, EveryInputBeginsAlike) {
  // sp-relative counter in RAM: ldrb r0,[r4]; ldr r1,[r6]; adds r1,r1,r0; str r1,[r6]; b
  // with r6 = ram (movs r6,#2; lsls r6,r6,#28)
  Machine machine(ImageOf({0x2602, 0x0736, 0x7820, 0x6831, 0x1809, 0x6031, 0xe7fa}));
  (void)RunOn(machine, std::string(100, '\x05'));
  uint32_t word = 0;
  ASSERT_TRUE(machine.memory().Peek(kSmallRam, &word, 4));
  EXPECT_EQ(word, 500U);
  (void)RunOn(machine, "\x07");
  ASSERT_TRUE(machine.memory().Peek(kSmallRam, &word, 4));
  EXPECT_EQ(word, 7U);
}

TEST(MachineTest, FaultsNameTheInstructionAndTheAddress) {
  // ldr r0,[r4] from the device gives the address to load from: ldr r1,[r0]
  Machine machine(ImageOf({0x6820, 0x6801}));
  const Outcome outcome = RunOn(machine, std::string("\x00\x00\x00\x60", 4));
  EXPECT_EQ(outcome.end, End::kFault);
  EXPECT_EQ(outcome.cause, static_cast<uint32_t>(kPreciseBus));
  EXPECT_EQ(outcome.address, 0x60000000U);
  EXPECT_EQ(outcome.pc, kSmallCode + 6);
}

TEST(MachineTest, FlagsAreThereWhereFloatingPointFaults) {
  // ldrb r0,[r4]; subs r0,r0,#2; vmov s0,r0 without access; adds r0,#1
  MachineImage image = ImageOf({0x7820, 0x3802, 0xee00, 0x0a10, 0x3001});
  image.architecture = Architecture::kV7EM;
  image.floating_point = true;
  Machine machine(image);
  const Outcome outcome = RunOn(machine, "\x01");
  EXPECT_EQ(outcome.end, End::kFault);
  EXPECT_EQ(outcome.cause, static_cast<uint32_t>(kNoCoprocessor));
  EXPECT_TRUE(machine.core().Negative());
}

TEST(MachineTest, TheStackPointerIsAlignedWhateverLoadsIt) {
  // ldr r0,[r4]; movs r1,#2; lsls r1,r1,#28; str r0,[r1]; ldrt sp,[r1]; ldrb r0,[r4]
  Machine machine(ImageOf({0x6820, 0x2102, 0x0709, 0x6008, 0xf851, 0xde00, 0x7820}));
  EXPECT_EQ(RunOn(machine, std::string("\x07\x08\x00\x20", 4)).end, End::kInputUsed);
  EXPECT_EQ(machine.core().r[kSp], kSmallRam + 0x804);
}

TEST(MachineTest, FlashIsNotWritten) {
  // ldr r0,[r4]; str r0,[r0]
  Machine machine(ImageOf({0x6820, 0x6000}));
  EXPECT_EQ(RunOn(machine, std::string("\x00\x01\x00\x08", 4)).end, End::kFault);
  EXPECT_EQ(RunOn(machine, std::string("\x00\x01\x00\x20", 4)).end, End::kFault) << "runs into 0s";
}

TEST(MachineTest, JumpsToNowhereFault) {
  // ldr r0,[r4]; bx r0
  Machine machine(ImageOf({0x6820, 0x4700}));
  const Outcome nowhere = RunOn(machine, std::string("\x01\x00\x00\x90", 4));
  EXPECT_EQ(nowhere.end, End::kFault);
  EXPECT_EQ(nowhere.cause, static_cast<uint32_t>(kInstructionBus));
  EXPECT_EQ(nowhere.pc, 0x90000000U);
  const Outcome arm = RunOn(machine, std::string("\x00\x04\x00\x08", 4));
  EXPECT_EQ(arm.cause, static_cast<uint32_t>(kInvalidState));
  EXPECT_EQ(RunOn(machine, std::string("\x01\x00\x00\xff", 4)).end, End::kFault);
}

TEST(MachineTest, TriggersRaiseInterruptsInTurn) {
  // Enables interrupt 0 (r1 = 0xe000e100), then loop: ldrb r0,[r4]; b loop. The handler counts.
  MachineImage image = ImageOf({0x210e, 0x0709, 0x220e, 0x0312, 0x1889, 0x22ff, 0x3201, 0x1889,
                                0x2001, 0x6008, 0x7820, 0xe7fd},
                               {0x3701, 0x4770});
  InterruptTrigger trigger;
  trigger.period = 50;
  image.triggers = {trigger};
  Machine machine(image);
  std::vector<uint16_t> taken;
  machine.OnException([&taken](uint16_t exception) { taken.push_back(exception); });
  const Outcome outcome = RunOn(machine, std::string(200, '\0'));
  EXPECT_EQ(outcome.end, End::kInputUsed);
  EXPECT_GE(outcome.interrupts, 7U);
  EXPECT_EQ(machine.core().r[7], outcome.interrupts);
  ASSERT_FALSE(taken.empty());
  EXPECT_EQ(taken.front(), static_cast<uint16_t>(kFirstInterrupt));
}

TEST(MachineTest, SleepEndsWhereNothingWakes) {
  Machine machine(ImageOf({0x7820, 0xbf30, 0xe7fc}));
  EXPECT_EQ(RunOn(machine, "a").end, End::kSleep);
}

TEST(MachineTest, LimitsEndEndlessLoops) {
  Machine machine(ImageOf({0x7820, 0xe7fe}));
  const Outcome outcome = RunOn(machine, "a");
  EXPECT_EQ(outcome.end, End::kInstructions);
  EXPECT_GE(outcome.instructions, 100'000U);
  EXPECT_LE(outcome.instructions, 100'010U);
  MachineImage image = ImageOf({0x7820, 0xe7fe});
  image.limits.instructions_without_input = 500;
  Machine impatient(image);
  EXPECT_EQ(RunOn(impatient, "a").end, End::kWithoutInput);
}

TEST(MachineTest, ExitsAndAssertionsAreAddresses) {
  MachineImage image = ImageOf({0x7820, 0x2101, 0xe7fc});
  image.exits = {kSmallCode + 6};
  Machine exits(image);
  const Outcome outcome = RunOn(exits, "abc");
  EXPECT_EQ(outcome.end, End::kExit);
  EXPECT_EQ(outcome.input_used, 1U);
  EXPECT_EQ(outcome.pc, kSmallCode + 6);
  image.exits.clear();
  image.assertions = {kSmallCode + 6};
  Machine asserts(image);
  EXPECT_EQ(RunOn(asserts, "abc").end, End::kAssertion);
}

TEST(MachineTest, CodeThatChangesItselfRunsAsItIsNow) {
  // r6 = ram; stores movs r3,#input (0x2300 | byte) and bx lr there, calls it: twice.
  // movs r6,#2; lsls r6,#28; loop: ldrb r0,[r4]; movs r1,#0x23; lsls r1,#8; adds r0,r0,r1;
  // strh r0,[r6]; ldr r1,=0x4770 as movs r1,#0x47; lsls r1,#8; adds r1,#0x70; strh r1,[r6,#2];
  // adds r2,r6,#1; blx r2; adds r5,r5,r3; b loop
  Machine machine(ImageOf({0x2602, 0x0736, 0x7820, 0x2123, 0x0209, 0x1840, 0x8030, 0x2147, 0x0209,
                           0x3170, 0x8071, 0x1c72, 0x4790, 0x18ed, 0xe7f2}));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(RunOn(machine, "\x01\x02\x03\x04").end, End::kInputUsed);
    EXPECT_EQ(machine.core().r[5], 10U);
  }
}

TEST(MachineTest, WatchesAndStepsChangeNothing) {
  const auto program = {uint16_t{0x7820}, uint16_t{0x182d}, uint16_t{0x2800},
                        uint16_t{0xd1fb}, uint16_t{0x3501}, uint16_t{0xe7f9}};
  const std::string input("\x01\x00\x02\x00\x03", 5);
  Machine plain(ImageOf(program));
  const Outcome expected = RunOn(plain, input);
  Machine watched(ImageOf(program));
  watched.Watch(kSmallCode + 6);
  watched.Begin(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  int stops = 0;
  Outcome outcome = watched.Continue();
  for (; outcome.end == End::kStopped && stops < 100; ++stops) outcome = watched.Continue();
  EXPECT_EQ(stops, 5);
  EXPECT_EQ(outcome.instructions, expected.instructions);
  Machine stepped(ImageOf(program));
  stepped.Begin(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  int steps = 0;
  while (!stepped.Ended() && steps < 1000) {
    outcome = stepped.Step();
    ++steps;
  }
  EXPECT_EQ(outcome.end, End::kInputUsed);
  EXPECT_EQ(outcome.instructions, expected.instructions);
  EXPECT_EQ(stepped.core().r[5], plain.core().r[5]);
}

TEST(MachineTest, EdgesAreThoseOfTheInput) {
  std::vector<uint8_t> edges(1024);
  const MachineImage image = ImageOf({0x7820, 0x2861, 0xd100, 0x3501, 0xe7fa});
  Machine machine(image, {true, edges.data(), edges.size()});
  const auto count = [&edges, &machine](const std::string& input) {
    std::fill(edges.begin(), edges.end(), uint8_t{0});
    (void)RunOn(machine, input);
    return edges;
  };
  const auto first = count("aab");
  EXPECT_NE(first, count("bbb"));
  EXPECT_EQ(first, count("aab"));
}

TEST(MachineTest, BreakpointsAreAskedAbout) {
  Machine machine(ImageOf({0x7820, 0xbeab, 0xe7fc}));
  EXPECT_EQ(RunOn(machine, "ab").end, End::kBreakpoint);
  int asked = 0;
  machine.OnBreakpoint([&asked](Machine& /*own*/, uint8_t number) {
    ++asked;
    return number == 0xab;
  });
  EXPECT_EQ(RunOn(machine, "ab").end, End::kInputUsed);
  EXPECT_EQ(asked, 2);
}

TEST(MachineTest, WhatTheBootHasComeToIsWhatInputsComeTo) {
  Machine machine(ImageOf({0xde00}));  // udf
  EXPECT_EQ(machine.Boot().end, End::kFault);
  const Outcome outcome = RunOn(machine, "ab");
  EXPECT_EQ(outcome.end, End::kFault);
  EXPECT_EQ(outcome.cause, static_cast<uint32_t>(kUndefined));
  EXPECT_EQ(outcome.input_used, 0U);
}

TEST(MachineTest, LimitsMayBeAsHighAsThereAreNumbers) {
  MachineImage image = ImageOf({0x7820 /* ldrb r0,[r4] */, 0xe7fd});
  image.limits.instructions = kNever;
  image.limits.instructions_without_input = kNever;
  Machine machine(std::move(image));
  const Outcome outcome = RunOn(machine, "abc");
  EXPECT_EQ(outcome.end, End::kInputUsed);
  EXPECT_EQ(outcome.input_used, 3U);
}

TEST(MachineTest, SleepEndsWhateverThePeriods) {
  for (const uint64_t period : {kNever, kNever - 1, uint64_t{1} << 63U, uint64_t{1} << 62U}) {
    MachineImage image = ImageOf({0xbf30 /* wfi */, 0xe7fd});
    image.limits = {0, 0, 0};
    InterruptTrigger trigger;
    trigger.period = period;
    image.triggers = {trigger};
    Machine machine(std::move(image));
    EXPECT_EQ(machine.Boot().end, End::kSleep) << period;
  }
}

TEST(MachineTest, BlocksInManyPagesAreForgotten) {
  constexpr uint32_t kWide = 0x60000000;
  constexpr uint32_t kManyPages = 9000;
  MachineImage image = ImageOf({});
  std::string wide(size_t{kManyPages} * kPageBytes, '\0');
  const std::string branch = Halfwords({0xf000, 0xbffe /* b.w .+0x1000 */});
  for (size_t page = 0; page < kManyPages; ++page) {
    wide.replace(page * kPageBytes, branch.size(), branch);
  }
  image.regions.push_back({"wide", kWide, wide.size(), {true, false, true}, wide});
  image.entry = kWide | 1U;
  Machine machine(std::move(image));
  const uint64_t before = machine.blocks().Flushes();
  const Outcome outcome = machine.Boot();
  EXPECT_EQ(outcome.end, End::kFault);
  EXPECT_EQ(outcome.address, kWide + kManyPages * kPageBytes);
  EXPECT_GT(machine.blocks().Flushes(), before);
}

TEST(MachineTest, DecodingLeavesNoAddressBehind) {
  // ldrb r0,[r4]; cpsid f; svc
  Machine machine(ImageOf({0x7820, 0xb671, 0xdf00}), {.faults_end = false});
  for (int i = 0; i < 2; ++i) {
    const Outcome outcome = RunOn(machine, "a");
    EXPECT_EQ(outcome.end, End::kLockup);
    EXPECT_EQ(outcome.cause, kMaskedCall);
    EXPECT_EQ(outcome.address, 0U);
  }
}

// ldrb r0,[r4]; cpsid i; svc 0; adds r5,#1; b to the load
constexpr std::initializer_list<uint16_t> kMaskedCalls = {0x7820, 0xb672, 0xdf00, 0x3501, 0xe7fa};

TEST(MachineTest, MaskedCallsAreHardFaultsThatMayReturn) {
  Machine machine(ImageOf(kMaskedCalls));
  const Outcome outcome = RunOn(machine, "abc");
  EXPECT_EQ(outcome.end, End::kInputUsed);
  EXPECT_EQ(machine.core().r[5], 3U);
  EXPECT_EQ(machine.core().exception, 0U);
}

TEST(MachineTest, MaskedCallsWhoseHandlerDoesNotReturnAreFailures) {
  for (const bool sleeps : {false, true}) {
    for (const bool skips : {false, true}) {
      const uint16_t waiting = sleeps ? 0xbf30 /* wfi */ : 0xe7fe /* b . */;
      MachineImage image = ImageOf(kMaskedCalls, {waiting, 0xe7fd});
      image.limits.instructions = 1'000'000;
      Machine machine(std::move(image), {.skips_waiting = skips});
      for (int i = 0; i < 2; ++i) {
        const Outcome outcome = RunOn(machine, "abc");
        EXPECT_EQ(outcome.end, End::kFault);
        EXPECT_EQ(outcome.cause, kMaskedCall);
        EXPECT_EQ(outcome.pc & ~2U, kSmallHandler);
        EXPECT_EQ(machine.core().exception, kHardFault);
        EXPECT_EQ(outcome.input_used, 1U);
        EXPECT_GE(outcome.instructions, 100'000U);
        EXPECT_LT(outcome.instructions, 101'000U);
      }
    }
  }
}

TEST(MachineTest, ALimitEndsAMaskedCallAsItEndsAll) {
  Machine machine(ImageOf(kMaskedCalls, {0xe7fe}));
  EXPECT_EQ(RunOn(machine, "a").end, End::kInstructions);
}

TEST(MachineTest, KnownCodeIsNotRunWhereItMayNoLongerBe) {
  // ldrb r0,[r4]; r5: the function in RAM; blx r5; once more
  MachineImage image = ImageOf({0x7820, 0x2501, 0x076d, 0x3501, 0x47a8, 0xe7f9});
  image.regions[1].bytes = Halfwords({0x4770});
  Machine machine(std::move(image));
  EXPECT_EQ(RunOn(machine, "aa").end, End::kInputUsed);
  const uint8_t byte = 0;
  machine.Begin(&byte, 1);
  const uint32_t writes[][2] = {{0xe000ed98, 0},
                                {0xe000ed9c, kSmallRam},
                                {0xe000eda0, 0x13000017},  // 4 KiB, never executed
                                {0xe000ed94, 5}};
  for (const auto& [address, value] : writes) {
    Core& core = machine.core();
    EXPECT_TRUE(machine.system_control().Write(core, machine.Now(), address, 4, value));
  }
  const Outcome outcome = machine.Continue();
  EXPECT_EQ(outcome.end, End::kFault);
  EXPECT_EQ(outcome.cause, kInstructionAccess);
  EXPECT_EQ(outcome.address, kSmallRam);
}

// Flash without its last eighth, and the handler, may be executed without privileges.
TEST(MachineTest, PagesThatAreExecutableInPartsAreNotDecodedAnew) {
  const auto run = [](uint32_t handlers_permission) {
    // r0 = 1: CONTROL.nPRIV; isb; loop: ldrb r0,[r4]; svc; adds r6,#1; b loop
    Machine machine(
        ImageOf({0x7820, 0x2001, 0xf380, 0x8814, 0xf3bf, 0x8f6f, 0x7820, 0xdf00, 0x3601, 0xe7fb}));
    (void)machine.Boot();
    const uint8_t bytes[33] = {};
    machine.Begin(bytes, sizeof(bytes));
    const uint32_t writes[][2] = {{0xe000ed98, 0},
                                  {0xe000ed9c, kSmallFlash},
                                  {0xe000eda0, 0x06008017},
                                  {0xe000ed98, 1},
                                  {0xe000ed9c, kSmallRam},
                                  {0xe000eda0, 0x13000017},
                                  {0xe000ed98, 2},
                                  {0xe000ed9c, kSmallDevice},
                                  {0xe000eda0, 0x13000017},
                                  {0xe000ed98, 3},
                                  {0xe000ed9c, kSmallHandler},
                                  {0xe000eda0, handlers_permission << 24U | 0xf},
                                  {0xe000ed94, 5}};
    for (const auto& [address, value] : writes) {
      Core& core = machine.core();
      EXPECT_TRUE(machine.system_control().Write(core, machine.Now(), address, 4, value));
    }
    const uint64_t before = machine.blocks().Flushes();
    EXPECT_EQ(machine.Continue().end, End::kInputUsed);
    EXPECT_EQ(machine.core().r[6], 32U);
    return machine.blocks().Flushes() - before;
  };
  EXPECT_LE(run(6), 1U);
  EXPECT_GE(run(5), 32U) << "what privileged code has there, others may not run";
}

TEST(MachineTest, StackPointersAreMultiplesOf4WhateverSetsThem) {
  // ldrb r0,[r4]; ldr r5,=0x20000103 by mov.w and adds; what is written to sp; ldrb r0,[r4]
  const auto sp_after = [](std::initializer_list<uint16_t> program) {
    Machine machine(ImageOf(program));
    (void)RunOn(machine, "a");
    return machine.core().r[kSp];
  };
  // movs r5,#2; lsls r5,r5,#28; adds r5,#0x83
  EXPECT_EQ(sp_after({0x7820, 0x2502, 0x072d, 0x3583, 0xea4f, 0x0d45 /* lsl.w sp,r5,#1 */, 0x7820}),
            0x40000104U);
  // str r5,[r6] at ram + 0x40; ldmia.w r6,{r0,sp}: with sp from the second word
  EXPECT_EQ(sp_after({0x7820, 0x2602, 0x0736, 0x2507, 0x6075, 0xe896, 0x2001, 0x7820}), 4U);
}

TEST(MachineTest, LoopsThatChangeNothingButFloatingPointAreRun) {
  // With CP10 and CP11 on: s0 = 1; loop: s0 += 1; vcmp s0, 1000; blt loop; r5 = s0; reads twice.
  Machine machine(ImageOf({0x7820, 0xf64e, 0x5188, 0xf2ce, 0x0100, 0xf44f, 0x0270, 0x600a, 0xf3bf,
                           0x8f4f, 0xf3bf, 0x8f6f, 0xeeb7, 0x0a00, 0xeef7, 0x0a00, 0xf240, 0x33e8,
                           0xee01, 0x3a10, 0xeeb8, 0x1ac1, 0xee30, 0x0a20, 0xeeb4, 0x0a41, 0xeef1,
                           0xfa10, 0xdbf8, 0xeebd, 0x0ac0, 0xee10, 0x5a10, 0x7820, 0x7820}));
  const Outcome outcome = RunOn(machine, "ab");
  EXPECT_EQ(outcome.end, End::kInputUsed);
  EXPECT_EQ(outcome.input_used, 2U);
  EXPECT_EQ(machine.core().r[5], 1000U);
}

}  // namespace
}  // namespace percuss::rehost
