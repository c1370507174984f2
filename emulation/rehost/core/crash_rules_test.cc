// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/crash_rules.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "emulation/rehost/core/failure_report.h"
#include "emulation/rehost/core/hostile_firmware.h"
#include "emulation/rehost/core/small_image.h"

namespace percuss::rehost {
namespace {

// Begins with r4 = 0x40000000 and r5 = 0x20000000, at an address that 4 divides.
MachineImage Firmware(const std::string& code,
                      const std::string& handler = Halfwords({0x4770 /* bx lr */})) {
  MachineImage image = SmallImage(Halfwords({0x2404, 0x0724, 0x2502, 0x072d}) + code, handler);
  image.symbols = {{kSmallCode, 0x100, "main"}, {kSmallHandler, 0x80, "on interrupt"}};
  return image;
}

CrashFacts Probed(const MachineImage& image, const std::string& input) {
  return ProbeCrash(image, reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

// The judgement in one text: "bug: reason; reason".
std::string Judged(const MachineImage& image, const std::string& input) {
  const CrashFacts facts = Probed(image, input);
  EXPECT_TRUE(IsFailure(facts.outcome.end)) << static_cast<int>(facts.outcome.end);
  const CrashJudgement judgement = JudgeCrash(image, facts);
  std::string text(NameOf(judgement.nature));
  for (const std::string& reason : judgement.reasons) text += ": " + reason;
  return text;
}

TEST(CrashRules, AnAddressThatADeviceGaveIsABug) {
  // ldr r0, [r4]; ldr r1, [r4]; ldr r2, [r1]
  const MachineImage image = Firmware(Halfwords({0x6820, 0x6821, 0x680a, 0xe7fe}));
  const std::string input = Words({7, 0x90000000});
  EXPECT_EQ(Judged(image, input),
            "bug: the address comes from 0x90000000, which 0x40000000 gave to main, unchanged or "
            "scaled, and nothing checks it on the way");
  const CrashFacts facts = Probed(image, input);
  ASSERT_EQ(facts.loads.size(), 2U);
  EXPECT_EQ(facts.loads[0].effect, Effect::kNone);
  EXPECT_EQ(facts.loads[1].effect, Effect::kFlows);
  EXPECT_EQ(facts.loads[1].input_at, 4U);
  EXPECT_TRUE(facts.probed_all);
}

TEST(CrashRules, AnIndexIsSeenThroughItsScale) {
  // ldr r0, [r4]; lsls r0, r0, #4; adds r0, r0, r5; ldr r1, [r0]
  const MachineImage image = Firmware(Halfwords({0x6820, 0x0100, 0x1940, 0x6801, 0xe7fe}));
  EXPECT_TRUE(Judged(image, Words({0x4000000})).starts_with("bug: the address comes from"));
}

TEST(CrashRules, AJumpToWhatADeviceGaveIsABug) {
  // ldr r0, [r4]; bx r0
  const MachineImage image = Firmware(Halfwords({0x6820, 0x4700}));
  EXPECT_TRUE(Judged(image, Words({0x60000001})).starts_with("bug: where it jumps to comes from"));
}

TEST(CrashRules, WhatTheCodeNamesAndTheMapLacksIsAnArtefact) {
  // ldr r1, [pc, #8]; ldr r0, [r4]; ldr r2, [r1]; b .
  const MachineImage image =
      Firmware(Halfwords({0x4902, 0x6820, 0x680a, 0xe7fe, 0xbf00, 0xbf00}) + Words({0x40005010}));
  EXPECT_EQ(Judged(image, Words({1})),
            "artefact: the access is to 0x40005010, in the area of peripherals, an address that "
            "stands in the code: the configuration knows nothing there, and the board has "
            "something");
}

TEST(CrashRules, APointerThatADeviceWouldHaveKeptIsAnArtefact) {
  // ldr r1, [pc, #12]; str r1, [r4, #8]; ldr r0, [r4]; ldr r0, [r4, #8]; ldr r2, [r0]; b .
  const std::string code =
      Halfwords({0x4903, 0x60a1, 0x6820, 0x68a0, 0x6802, 0xe7fe, 0xbf00, 0xbf00});
  EXPECT_TRUE(Judged(Firmware(code + Words({kSmallRam + 0x100})), Words({1, 0x90000000}))
                  .starts_with("artefact: the address is 0x90000000, which 0x40000008 gave to "
                               "main; the firmware had stored 0x20000100 there"));
  // What it has stored is no address of memory: it need not come back.
  EXPECT_TRUE(Judged(Firmware(code + Words({0x55})), Words({1, 0x90000000})).starts_with("bug: "));
}

MachineImage Interrupted(bool set_up, const std::string& handler) {
  // r3 = 0xe000e100; [r3] = 1; r3 = r4 + 0x400; [r3] = 1, or nop; ldr r0, [r4] for ever
  const std::string begin =
      Halfwords({0xf24e, 0x1300, 0xf2ce, 0x0300, 0x2201, 0x601a, 0xf240, 0x4300, 0x4423,
                 static_cast<uint16_t>(set_up ? 0x601a : 0xbf00), 0x6820, 0xe7fd});
  MachineImage image = Firmware(begin, handler);
  InterruptTrigger trigger;
  trigger.which = InterruptTrigger::Which::kFixed;
  trigger.period = 40;
  image.triggers = {trigger};
  return image;
}

// r3 = r4 + 0x400; ldr r1, [r3]; movs r2, #0; bx r2
std::string CallsNothing() { return Halfwords({0xf240, 0x4300, 0x4423, 0x6819, 0x2200, 0x4710}); }

TEST(CrashRules, AnInterruptOfADeviceThatNobodyTouchedIsAnArtefactOrUndecided) {
  const std::string input(4000, '\1');
  const std::string untouched = Judged(Interrupted(false, CallsNothing()), input);
  EXPECT_TRUE(
      untouched.starts_with("undecided: it fails in interrupt 0, and without it the input "
                            "does not; its device, at 0x40000400, had never been stored"))
      << untouched;
  const std::string touched = Judged(Interrupted(true, CallsNothing()), input);
  EXPECT_TRUE(
      touched.starts_with("undecided: it fails in interrupt 0, and without it the input "
                          "does not: interrupt 0 calls through a pointer that is 0x0"))
      << touched;
}

TEST(CrashRules, APointerThatHadBeenGoodIsABug) {
  // ldr r0, [pc, #24]; str r0, [r5, #16]; 40 nops' worth of loads; str zero; load; load through it
  const MachineImage image =
      Firmware(Halfwords({0x4807, 0x6820, 0x4806, 0x6128, 0x6820, 0x6820, 0x6820, 0x2100, 0x6129,
                          0x6820, 0x6928, 0x6801, 0xe7fe, 0xbf00, 0xbf00, 0xbf00}) +
               Words({kSmallRam + 0x100}));
  const std::string judged = Judged(image, Words({1, 2, 3, 4, 5}));
  EXPECT_TRUE(
      judged.starts_with("bug: the pointer at 0x20000010 had been set, to 0x20000100, "
                         "before it became 0x0 by main, at 0x08000218"))
      << judged;
}

TEST(CrashRules, ANullPointerThatNobodySetIsUndecided) {
  // ldr r0, [r4]; ldr r0, [r5, #16]; ldr r1, [r0]
  const MachineImage image = Firmware(Halfwords({0x6820, 0x6928, 0x6801, 0xe7fe}));
  EXPECT_EQ(Judged(image, Words({1})),
            "undecided: a null pointer is gone through; the pointer at 0x20000010 has not been set "
            "since the input began: no single answer of a peripheral has a part in it");
}

TEST(CrashRules, ChecksOfTheFirmwaresOwn) {
  // ldr r0, [r4]; cbz r0, done; nop; nop; done: b .
  MachineImage image = Firmware(Halfwords({0x6820, 0xb108, 0xbf00, 0xbf00, 0x6820, 0xe7fd}));
  image.assertions = {kSmallCode + 12};
  image.symbols = {{kSmallCode + 12, 8, "abort"}};
  EXPECT_TRUE(Judged(image, Words({1})).starts_with("undecided: a check of the firmware's own"));
  image.symbols = {{kSmallCode + 12, 8, "firmware_property_broken"}};
  EXPECT_EQ(Judged(image, Words({1})), "bug: a property that the firmware itself states is broken");
}

TEST(CrashRules, TheTextHasAllOfItAndIsTheSameAgain) {
  const MachineImage image = Firmware(Halfwords({0x6820, 0x6821, 0x680a, 0xe7fe}));
  const std::string input = Words({7, 0x90000000});
  const std::string text = DescribeCrash(image, Probed(image, input));
  EXPECT_TRUE(text.starts_with("percuss: judged bug\n  because the address comes from")) << text;
  EXPECT_NE(text.find("  answer 0x90000000 of 0x40000000, 4 bytes, at 0x0800020a in main: flows "
                      "into the address\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("percuss: the way there\n"), std::string::npos);
  EXPECT_NE(text.find("    0x0800020a reads 0x40000000, 4 bytes: 0x90000000\n"), std::string::npos)
      << text;
  EXPECT_TRUE(text.ends_with("percuss: end of the way\n"));
  EXPECT_EQ(text, DescribeCrash(image, Probed(image, input)));
}

TEST(CrashRules, AStoreThroughNullIntoFlashIsNoMatterOfFlash) {
  // ldr r0, [r4]; ldr r0, [r5, #16]; str r1, [r0], with the flash at 0.
  MachineImage image = Firmware(Halfwords({0x6820, 0x6928, 0x6001, 0xe7fe}));
  Region at_null = image.regions[0];
  at_null.name = "alias";
  at_null.begin = 0;
  image.regions.push_back(at_null);
  const std::string judged = Judged(image, Words({1}));
  EXPECT_TRUE(judged.starts_with("undecided: a null pointer is gone through; the pointer at"))
      << judged;
}

// Whatever the firmware is, the probe comes to an end with the failure that was there.
TEST(CrashRules, FirmwareThatMeansHarmIsJudgedToo) {
  int failures = 0;
  for (uint32_t seed = 0; seed < 40; ++seed) {
    HostileFirmware firmware(nullptr, 0, seed);
    const MachineImage image = firmware.Make();
    std::string why;
    const std::string input = firmware.SomeInput();
    const CrashFacts facts = Probed(image, input);
    Machine machine(image);
    const Outcome outcome =
        machine.Run(reinterpret_cast<const uint8_t*>(input.data()), input.size());
    EXPECT_EQ(facts.outcome.end, outcome.end) << seed;
    EXPECT_EQ(facts.outcome.pc, outcome.pc) << seed;
    if (!IsFailure(outcome.end)) continue;
    ++failures;
    EXPECT_FALSE(JudgeCrash(image, facts).reasons.empty()) << seed;
    EXPECT_EQ(DescribeCrash(image, facts), DescribeCrash(image, Probed(image, input))) << seed;
  }
  EXPECT_GT(failures, 2);
}

}  // namespace
}  // namespace percuss::rehost
