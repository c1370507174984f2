// SPDX-License-Identifier: Apache-2.0
//
// Small programs that receive messages on a line, on the whole machine.
#include "emulation/rehost/core/input_lines.h"

#include <gtest/gtest.h>

#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "emulation/rehost/core/input_streams.h"
#include "emulation/rehost/core/line_input.h"
#include "emulation/rehost/core/machine.h"
#include "emulation/rehost/core/machine_file.h"
#include "emulation/rehost/core/small_image.h"

namespace percuss::rehost {
namespace {

// r4 is the device, r7 the first of the interrupts' enables, when the program begins.
MachineImage ImageOf(std::initializer_list<uint16_t> program,
                     std::initializer_list<uint16_t> handler = {0x4770}) {
  // movs r4,#4; lsls r4,r4,#28; movw r7,#0xe100; movt r7,#0xe000
  MachineImage image =
      SmallImage(Halfwords({0x2404, 0x0724, 0xf24e, 0x1700, 0xf2ce, 0x0700}) + Halfwords(program),
                 Halfwords(handler));
  image.limits.instructions = 10'000'000;
  return image;
}

// Data at the device's begin, status behind it: 80 always, 2 a byte is there, 10 none is.
InputLine Uart() {
  InputLine line;
  line.data = kSmallDevice;
  line.statuses = {{kSmallDevice + 4, 0x80, 0x02, 0x10}};
  return line;
}

Outcome RunOn(Machine& machine, const std::string& input) {
  return machine.Run(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

// wait: ldr r0,[r4,#4]; lsls r0,r0,#30; bpl wait; ldrb r1,[r4]; adds r5,r5,r1; adds r6,#1; b wait
constexpr std::initializer_list<uint16_t> kPolls = {0x6860, 0x0780, 0xd5fc, 0x7821,
                                                    0x186d, 0x3601, 0xe7f8};

TEST(InputLines, ADriverThatLooksAtTheStatusGetsTheMessageByteByByte) {
  MachineImage image = ImageOf(kPolls);
  image.lines = {Uart()};
  ASSERT_EQ(MistakeIn(image), "");
  Machine machine(image);
  EXPECT_EQ(machine.Boot().end, End::kInputUsed);
  EXPECT_EQ(machine.Boot().pc, kSmallCode + 12);
  const Outcome outcome = RunOn(machine, "\x01\x02\x04");
  EXPECT_EQ(outcome.end, End::kInputUsed);
  EXPECT_EQ(outcome.input_used, 3U);
  EXPECT_EQ(machine.core().r[5], 7U);
  EXPECT_EQ(machine.core().r[6], 3U);
  // It waits on for the silence behind the last byte, and no longer.
  EXPECT_GT(outcome.instructions, image.lines[0].silence);
  EXPECT_LT(outcome.instructions, image.lines[0].silence + 100);
}

TEST(InputLines, WaitingTakesNoTimeAndChangesNothing) {
  for (const uint32_t gap : {0U, 1U, 7U, 500U, 100'000U}) {
    MachineImage image = ImageOf(kPolls);
    image.lines = {Uart()};
    image.lines[0].gap = gap;
    Machine quick(image);
    Machine slow(image, {true, nullptr, 0, false});
    const std::string input = "some message";
    const Outcome one = RunOn(quick, input);
    const Outcome other = RunOn(slow, input);
    EXPECT_EQ(one.instructions, other.instructions) << gap;
    EXPECT_EQ(one.blocks, other.blocks) << gap;
    EXPECT_EQ(quick.core().r[5], slow.core().r[5]);
    EXPECT_EQ(quick.core().r[6], input.size());
    EXPECT_GE(one.instructions, uint64_t{gap} * (input.size() - 1));
  }
}

TEST(InputLines, StatusSaysWhatIsThereAndPartsOfItToo) {
  // ldr r0,[r4,#4]; ldrb r1,[r4,#4]; ldrb r2,[r4,#5]; ldrb r3,[r4]; ldr r6,[r4,#4]; b .
  MachineImage image = ImageOf({0x6860, 0x7921, 0x7962, 0x7823, 0x6866, 0xe7fe});
  image.lines = {Uart()};
  image.lines[0].statuses[0].always = 0x4180;
  Machine machine(image);
  (void)RunOn(machine, "Z");
  EXPECT_EQ(machine.core().r[0], 0x4182U);
  EXPECT_EQ(machine.core().r[1], 0x82U);
  EXPECT_EQ(machine.core().r[2], 0x41U);
  EXPECT_EQ(machine.core().r[3], uint32_t{'Z'});
  EXPECT_EQ(machine.core().r[6], 0x4190U);
}

TEST(InputLines, ARegisterThatIsEmptiedBeforehandHoldsNoByteOfTheMessage) {
  // ldrb r0,[r4]; ldr r1,[r4,#4]; ldrb r2,[r4]; b .
  MachineImage image = ImageOf({0x7820, 0x6861, 0x7822, 0xe7fe});
  image.lines = {Uart()};
  Machine machine(image);
  EXPECT_EQ(machine.Boot().pc, kSmallCode + 14);
  (void)RunOn(machine, "ab");
  EXPECT_EQ(machine.core().r[0], 0U);
  EXPECT_EQ(machine.core().r[2], uint32_t{'a'});
}

TEST(InputLines, WithoutStatusAndInterruptEachLoadTakesWords) {
  // loop: ldr r0,[r4]; adds r5,r5,r0; b loop
  MachineImage image = ImageOf({0x6820, 0x182d, 0xe7fc});
  InputLine line;
  line.kind = InputLine::Kind::kSpi;
  line.data = kSmallDevice;
  line.bytes = 2;
  image.lines = {line};
  Machine machine(image);
  const Outcome outcome = RunOn(machine, std::string("\x01\x10\x02\x20\x04", 5));
  EXPECT_EQ(machine.core().r[5], 0x1001U + 0x2002U + 0x4U);
  EXPECT_EQ(outcome.input_used, 5U);
  EXPECT_EQ(outcome.end, End::kInputUsed);
}

// movs r0,#1; str r0,[r7]; loop: wfi; b loop, and a handler that takes one byte.
constexpr std::initializer_list<uint16_t> kSleeps = {0x2001, 0x6038, 0xbf30, 0xe7fd};
// ldrb r1,[r4]; adds r5,r5,r1; adds r6,#1; bx lr
constexpr std::initializer_list<uint16_t> kTakesOne = {0x7821, 0x186d, 0x3601, 0x4770};

TEST(InputLines, TheInterruptComesAsLongAsThereAreBytes) {
  MachineImage image = ImageOf(kSleeps, kTakesOne);
  image.lines = {Uart()};
  image.lines[0].irq = 0;
  image.lines[0].gap = 1000;
  Machine machine(image);
  EXPECT_EQ(machine.Boot().end, End::kInputUsed);
  const Outcome outcome = RunOn(machine, "\x01\x02\x04\x08");
  EXPECT_EQ(outcome.end, End::kInputUsed);
  EXPECT_EQ(outcome.interrupts, 4U);
  EXPECT_EQ(machine.core().r[5], 15U);
  EXPECT_GE(outcome.instructions, 3 * 1000 + image.lines[0].silence);
}

TEST(InputLines, TheInterruptWaitsForThePeripheralsOwnEnable) {
  // movs r0,#1; str r0,[r7]; movs r1,#100; wait: subs r1,#1; bne wait; movs r0,#0x20;
  // str r0,[r4,#8]; loop: wfi; b loop
  MachineImage image =
      ImageOf({0x2001, 0x6038, 0x2164, 0x3901, 0xd1fd, 0x2020, 0x60a0, 0xbf30, 0xe7fd}, kTakesOne);
  image.lines = {Uart()};
  image.lines[0].irq = 0;
  image.lines[0].enable = kSmallDevice + 8;
  image.lines[0].enable_bits = 0x20;
  Machine machine(image);
  EXPECT_GT(machine.Boot().instructions, 200U);
  EXPECT_EQ(RunOn(machine, "\x01\x02").interrupts, 2U);
  // The same again, though the enable was stored before there was an input.
  EXPECT_EQ(RunOn(machine, "\x01\x02\x03").interrupts, 3U);
  EXPECT_EQ(machine.core().r[5], 6U);
}

TEST(InputLines, TheEnableMayBeSetByItsBitAlias) {
  // movs r0,#1; str r0,[r7]; movw r1,#0x114; movt r1,#0x4200; str r0,[r1]; loop: wfi; b loop
  MachineImage image =
      ImageOf({0x2001, 0x6038, 0xf240, 0x1114, 0xf2c4, 0x2100, 0x6008, 0xbf30, 0xe7fd}, kTakesOne);
  image.peripherals.push_back({0x42000000, 0x20000});
  image.lines = {Uart()};
  image.lines[0].irq = 0;
  image.lines[0].enable = kSmallDevice + 8;
  image.lines[0].enable_bits = 0x20;
  Machine without(image);
  EXPECT_EQ(RunOn(without, "\x01\x02").interrupts, 0U);
  image.bit_band = BitBand::kAll;
  Machine machine(image);
  EXPECT_EQ(RunOn(machine, "\x01\x02").interrupts, 2U);
  EXPECT_EQ(machine.core().r[5], 3U);
}

TEST(InputLines, TriggersLeaveInterruptsOfLinesAlone) {
  MachineImage image = ImageOf(kSleeps, kTakesOne);
  image.lines = {Uart()};
  image.lines[0].irq = 0;
  InterruptTrigger trigger;
  trigger.period = 10;
  image.triggers = {trigger};
  Machine machine(image);
  EXPECT_EQ(RunOn(machine, "abc").interrupts, 3U);
}

TEST(InputLines, OthersAnswerFromTheirPartOfTheInput) {
  // ldrb r0,[r4]; ldrb r1,[r4,#16]; ldrb r2,[r4]; ldrb r3,[r4,#16]; b .
  MachineImage image = ImageOf({0x7820, 0x7c21, 0x7822, 0x7c23, 0xe7fe});
  InputLine line;
  line.data = kSmallDevice;
  image.lines = {line};
  Machine machine(image);
  const std::string input = WriteStreams({{{{kSmallDevice}, "ab"}}, "xy"});
  const Outcome outcome = RunOn(machine, input);
  EXPECT_EQ(machine.core().r[0], uint32_t{'a'});
  EXPECT_EQ(machine.core().r[1], uint32_t{'x'});
  EXPECT_EQ(machine.core().r[2], uint32_t{'b'});
  EXPECT_EQ(machine.core().r[3], uint32_t{'y'});
  EXPECT_EQ(outcome.input_used, 4U);
  // Others may have streams as well.
  const std::string sorted =
      WriteStreams({{{{kSmallDevice}, "ab"}, {{kSmallDevice + 16}, "vw"}}, "xy"});
  RunOn(machine, sorted);
  EXPECT_EQ(machine.core().r[1], uint32_t{'v'});
  EXPECT_EQ(machine.core().r[3], uint32_t{'w'});
  // A message alone: what others are asked for ends it.
  const Outcome alone = RunOn(machine, "ab");
  EXPECT_EQ(alone.end, End::kInputUsed);
  EXPECT_EQ(alone.input_used, 1U);
}

TEST(InputLines, EachLineHasAMessageOfItsOwn) {
  // ldrb r0,[r4]; ldrb r1,[r4,#1]; ldrb r2,[r4,#1]; ldrb r3,[r4]; b .
  MachineImage image = ImageOf({0x7820, 0x7861, 0x7862, 0x7823, 0xe7fe});
  InputLine line;
  line.data = kSmallDevice;
  image.lines = {line, line};
  image.lines[1].data = kSmallDevice + 1;
  Machine machine(image);
  (void)RunOn(machine, WriteStreams({{{{kSmallDevice}, "ab"}, {{kSmallDevice + 1}, "12"}}, ""}));
  EXPECT_EQ(machine.core().r[0], uint32_t{'a'});
  EXPECT_EQ(machine.core().r[1], uint32_t{'1'});
  EXPECT_EQ(machine.core().r[2], uint32_t{'2'});
  EXPECT_EQ(machine.core().r[3], uint32_t{'b'});
}

TEST(InputLines, FramesOfCanStayUntilTheyAreReleased) {
  // ldr r0,[r4,#8]; ldr r1,[r4,#12]; ldr r2,[r4]; ldr r3,[r4,#4]; movs r6,#0x20; str r6,[r4,#16];
  // ldr r5,[r4,#8]; b .
  MachineImage image = ImageOf({0x68a0, 0x68e1, 0x6822, 0x6863, 0x2620, 0x6126, 0x68a5, 0xe7fe});
  InputLine line;
  line.kind = InputLine::Kind::kCan;
  line.data = kSmallDevice;
  line.id = kSmallDevice + 8;
  line.id_shift = 21;
  line.length = kSmallDevice + 12;
  line.release = kSmallDevice + 16;
  line.release_bits = 0x20;
  image.lines = {line};
  ASSERT_EQ(MistakeIn(image), "");
  Machine machine(image);
  const Outcome outcome = RunOn(machine, std::string("\0\0\x06\x01\x05\0\0\0ABCDE"
                                                     "\0\0\x05\x82\x01\0\0\0Z",
                                                     22));
  EXPECT_EQ(machine.core().r[0], 0x601U << 21U);
  EXPECT_EQ(machine.core().r[1], 5U);
  EXPECT_EQ(machine.core().r[2], 0x44434241U);
  EXPECT_EQ(machine.core().r[3], 0x45U);
  EXPECT_EQ(machine.core().r[5], 0x582U << 21U);
  EXPECT_EQ(outcome.input_used, 22U);
}

TEST(InputLines, WhateverWasWrittenIsSplit) {
  MachineImage image = ImageOf(kPolls);
  image.lines = {Uart()};
  const std::string whole =
      WriteStreams({{{{kSmallDevice}, "ab"}, {{kSmallDevice + 64}, "cd"}}, "ef"});
  for (size_t size = 0; size <= whole.size(); ++size) {
    for (const int flipped : {-1, 8, 9, 18, 21}) {
      std::string input = whole.substr(0, size);
      if (flipped >= 0 && static_cast<size_t>(flipped) < size) {
        input[static_cast<size_t>(flipped)] = '\xff';
      }
      const std::span bytes(reinterpret_cast<const uint8_t*>(input.data()), input.size());
      const LineInput split = SplitLineInput(bytes, image.lines);
      EXPECT_LE(split.messages.at(0).size(), size);
      EXPECT_TRUE(split.others.empty() || split.others.size() == size);
    }
  }
}

TEST(InputLines, MistakesAreTold) {
  const auto mistake = [](const std::function<void(InputLine&)>& change) {
    MachineImage image = ImageOf(kPolls);
    image.lines = {Uart()};
    change(image.lines[0]);
    return MistakeIn(image);
  };
  EXPECT_EQ(mistake([](InputLine&) {}), "");
  EXPECT_NE(mistake([](InputLine& line) { line.data = kSmallRam; }), "");
  EXPECT_NE(mistake([](InputLine& line) { line.bytes = 5; }), "");
  EXPECT_NE(mistake([](InputLine& line) { line.irq = 240; }), "");
  EXPECT_NE(mistake([](InputLine& line) { line.statuses[0].address = kSmallDevice; }), "");
  EXPECT_NE(mistake([](InputLine& line) { line.statuses[0].address = kSmallDevice + 0xffe; }), "");
  EXPECT_NE(mistake([](InputLine& line) { line.statuses.resize(17); }), "");
  EXPECT_NE(mistake([](InputLine& line) { line.kind = InputLine::Kind::kCan; }), "");
}

}  // namespace
}  // namespace percuss::rehost
