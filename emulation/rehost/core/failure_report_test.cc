// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/failure_report.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <initializer_list>
#include <string>
#include <vector>

#include "emulation/rehost/core/attached_machine.h"
#include "emulation/rehost/core/call_stack.h"
#include "emulation/rehost/core/small_image.h"

namespace percuss::rehost {
namespace {

constexpr uint32_t kMain = 0x100;
constexpr uint32_t kOuter = kMain + 0x8;
constexpr uint32_t kInner = kMain + 0x16;
constexpr uint32_t kRam = 0x20000000;

// main loads r0 and calls outer, which loads r1 and calls inner, which calls r1 unless it is 0, and
// loads from r0.
constexpr std::initializer_list<uint16_t> kProgram = {
    0x6820, 0xf000, 0xf801, 0xe7fe,                          // main: ldr; bl outer; b .
    0xb510, 0xb082, 0x6821, 0xf000, 0xf802, 0xb002, 0xbd10,  // outer: push {r4, lr}; sub sp; ldr...
    0xb520, 0xb101, 0x4788, 0x6802, 0xbd20};                 // inner: push; cbz; blx r1; ldr; pop

MachineImage Calling() {
  std::string flash(0x400, '\0');
  const auto put = [&flash](size_t offset, const std::string& bytes) {
    flash.replace(offset, bytes.size(), bytes);
  };
  put(0, Words({kRam + 0x1000}));
  // The program's own entry, behind which nothing of the vector table is needed: r4 = 0x40000000;
  // b main.
  put(4, Halfwords({0x2404, 0x0724, 0xe07a}));
  put(kMain, Halfwords(kProgram));
  MachineImage image;
  image.initial_sp = kRam + 0x1000;
  image.entry = 0x5;
  image.regions = {{"flash", 0x0, flash.size(), {true, false, true}, flash},
                   {"ram", kRam, 0x1000, {true, true, false}, ""}};
  image.peripherals = {{0x40000000, 0x1000}};
  image.symbols = {{kMain, 8, "main"}, {kOuter, 14, "outer"}, {kInner, 10, "in\nner"}};
  return image;
}

Outcome RunOn(Machine& machine, const std::string& input) {
  return machine.Run(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

TEST(FailureReport, SaysWhatWhereAndByWhom) {
  Machine machine(Calling());
  const Outcome outcome = RunOn(machine, Words({0x30000000, 0}));
  ASSERT_EQ(outcome.end, End::kFault);
  ASSERT_TRUE(IsFailure(outcome.end));
  const std::string text = DescribeFailure(machine, outcome);
  EXPECT_TRUE(
      text.starts_with("percuss: firmware segv: precise data bus error at 0x30000000 in "
                       "in?ner\n"
                       "    #0 0x11c in in?ner (image+0x11c)\n"
                       "    #1 0x10e in outer (image+0x10e)\n"
                       "    #2 0x102 in main (image+0x102)\n\n"))
      << text;
  EXPECT_NE(text.find("r0=0x30000000"), std::string::npos) << text;
  EXPECT_NE(text.find("r15=0x0000011c"), std::string::npos) << text;
  EXPECT_NE(text.find("bfar=0x30000000 cfsr=0x00008200 hfsr=0x40000000"), std::string::npos)
      << text;
  EXPECT_NE(text.find("    0x30000000 at 0x40000000, 4 bytes, in main\n"), std::string::npos);
  EXPECT_NE(text.find("0 bytes unread"), std::string::npos);
}

TEST(FailureReport, NamesNullAndPlacesWithoutSymbols) {
  MachineImage image = Calling();
  image.symbols.clear();
  // What is at 0 there is memory: nothing is behind the first KiB.
  Machine machine(image);
  const Outcome outcome = RunOn(machine, Words({0x3ff, 0}));
  EXPECT_EQ(outcome.end, End::kFault);
  const std::string text = DescribeFailure(machine, outcome);
  EXPECT_TRUE(text.starts_with("percuss: firmware null-dereference: precise data bus error"))
      << text;
  EXPECT_NE(text.find("    #0 0x11c  (image+0x11c)\n    #1 0x10e  (image+0x10e)\n"
                      "    #2 0x102  (image+0x102)\n\n"),
            std::string::npos)
      << text;
}

TEST(FailureReport, TellsWhoHasJumpedToNowhere) {
  Machine machine(Calling());
  const Outcome outcome = RunOn(machine, Words({0x20000000, 0x60000001}));
  ASSERT_EQ(outcome.end, End::kFault);
  const std::vector<uint32_t> stack =
      CallStack(machine.core(), machine.memory(), machine.image(), outcome.pc);
  EXPECT_EQ(stack, (std::vector<uint32_t>{0x60000000, 0x11a, 0x10e, 0x102}));
  EXPECT_NE(DescribeFailure(machine, outcome).find("    #0 0x60000000  (no code of the image)\n"),
            std::string::npos);
}

std::string FirstLine(const std::string& assertion, uint32_t r0) {
  MachineImage image = Calling();
  image.regions[0].bytes.replace(0x300, 10, "DOSE-LIMIT");
  image.regions[0].bytes[0x320] = '\x07';
  image.assertions = {kInner};
  image.symbols[2].name = assertion;
  Machine machine(image);
  const Outcome outcome = RunOn(machine, Words({r0, 0}));
  EXPECT_EQ(outcome.end, End::kAssertion);
  const std::string text = DescribeFailure(machine, outcome);
  return text.substr(0, text.find('\n'));
}

TEST(FailureReport, ABrokenPropertyIsNoAssertion) {
  EXPECT_EQ(FirstLine("firmware_property_broken", 0x300), "percuss: property violated: DOSE-LIMIT");
  EXPECT_EQ(FirstLine("firmware_property_broken", 0x70000000),
            "percuss: property violated: firmware_property_broken");
}

TEST(FailureReport, AnAssertionSaysWhatHasFailed) {
  EXPECT_EQ(FirstLine("firmware_assert_failed", 0x300),
            "percuss: firmware assertion-failure: DOSE-LIMIT");
  // r1 is the second word of the input.
  EXPECT_EQ(FirstLine("assert_failed", 0x300), "percuss: firmware assertion-failure: DOSE-LIMIT:0");
  EXPECT_EQ(FirstLine("abort", 0x320),
            "percuss: firmware assertion-failure: came to a place that says so in abort");
}

TEST(FailureReport, KnowsTheCallerOfWhatIsReachedByAJump) {
  MachineImage image = Calling();
  // inner, in two: what calls r1 is reached from the load without a call.
  image.symbols[2] = {kInner, 6, "inner"};
  image.symbols.push_back({kInner + 6, 4, "tail"});
  Machine machine(image);
  const Outcome outcome = RunOn(machine, Words({0x30000000, 0}));
  EXPECT_EQ(CallStack(machine.core(), machine.memory(), machine.image(), outcome.pc),
            (std::vector<uint32_t>{0x11c, 0x10e, 0x102}));
}

// Triage takes no frame whose address lacks it.
TEST(FailureReport, AddressNullHasItsPrefix) {
  Machine machine(Calling());
  Outcome outcome;
  outcome.end = End::kFault;
  outcome.cause = kInstructionBus;
  const std::string text = DescribeFailure(machine, outcome);
  EXPECT_NE(text.find(" in 0x0\n    #0 0x0  (image+0x0)\n"), std::string::npos) << text;
}

TEST(FailureReport, KeyTellsFailuresApartAndNotInputs) {
  Machine machine(Calling());
  const auto key = [&](uint32_t first, uint32_t second) {
    const Outcome outcome = RunOn(machine, Words({first, second}));
    EXPECT_TRUE(IsFailure(outcome.end));
    return FailureKey(machine, outcome);
  };
  EXPECT_EQ(key(0x30000000, 0), key(0x31000000, 0));
  EXPECT_NE(key(0x30000000, 0), key(0x30000000, 0x60000001));
}

TEST(FailureReport, WhatNoFirmwareHasDoneIsNoFailure) {
  Machine machine(Calling());
  EXPECT_FALSE(IsFailure(RunOn(machine, "abc").end));
  for (const End end : {End::kInputUsed, End::kInstructions, End::kWithoutInput, End::kInterrupts,
                        End::kExit, End::kSleep, End::kReset, End::kStopped}) {
    EXPECT_FALSE(IsFailure(end));
  }
  for (const End end : {End::kFault, End::kLockup, End::kAssertion, End::kBreakpoint}) {
    EXPECT_TRUE(IsFailure(end));
  }
}

class AttachedMachineTest : public testing::Test {
 protected:
  Attached Read(const std::string& bytes) {
    const std::string path = testing::TempDir() + "attached_machine_test." +
                             testing::UnitTest::GetInstance()->current_test_info()->name();
    std::ofstream(path, std::ios::binary) << bytes;
    const Attached attached = ReadAttachedMachine(path, image_, why_);
    std::remove(path.c_str());
    return attached;
  }
  MachineImage image_;
  std::string why_;
};

TEST_F(AttachedMachineTest, IsFoundBehindAProgram) {
  EXPECT_EQ(Read("program" + AttachedMachine(Calling())), Attached::kRead);
  EXPECT_EQ(WriteMachine(image_), WriteMachine(Calling()));
  EXPECT_EQ(Read(AttachedMachine(Calling())), Attached::kRead);
}

TEST_F(AttachedMachineTest, IsNotTakenForOneWhereNoneIs) {
  EXPECT_EQ(Read(""), Attached::kNone);
  EXPECT_EQ(Read("program, and nothing behind it"), Attached::kNone);
  EXPECT_EQ(ReadAttachedMachine("/nowhere", image_, why_), Attached::kUnreadable);
  EXPECT_EQ(why_, "cannot be read");
}

TEST_F(AttachedMachineTest, DamageIsTold) {
  std::string bytes = "program" + AttachedMachine(Calling());
  bytes[30] = static_cast<char>(bytes[30] ^ 1);
  EXPECT_EQ(Read(bytes), Attached::kUnreadable);
  EXPECT_EQ(why_, "is damaged or cut off: its checksum is wrong");
  for (const size_t at : {size_t{24}, size_t{17}}) {
    std::string longer = "program" + AttachedMachine(Calling());
    longer[longer.size() - at] = '\xff';
    EXPECT_EQ(Read(longer), Attached::kUnreadable) << at;
  }
}

}  // namespace
}  // namespace percuss::rehost
