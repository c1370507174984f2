// SPDX-License-Identifier: Apache-2.0
//
// Small programs on the fast core and on Unicorn.
#include "emulation/rehost/confirm.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "emulation/rehost/core/small_image.h"

namespace percuss::emulation {
namespace {

using rehost::Halfwords;

// r4 is the device's address and r6 that of memory when the program begins. Interrupts count in r7,
// faults go on behind the instruction of two bytes that they are of.
rehost::MachineImage ImageOf(std::initializer_list<uint16_t> program) {
  // movs r4,#4; lsls r4,#28; movs r6,#2; lsls r6,#28
  rehost::MachineImage image = rehost::SmallImage(
      Halfwords({0x2404, 0x0724, 0x2602, 0x0736}) + Halfwords(program), Halfwords({0x3701, 0x4770}),
      // ldr r0,[sp,#24]; adds r0,#2; str r0,[sp,#24]; bx lr
      Halfwords({0x9806, 0x3002, 0x9006, 0x4770}));
  image.limits.instructions = 20'000;
  image.limits.instructions_without_input = 0;
  return image;
}

Confirmation ConfirmRecord(const rehost::MachineImage& image, const Record& record) {
  auto confirmer = Confirmer::Open(image);
  EXPECT_TRUE(confirmer.has_value());
  if (!confirmer) return {};
  return (*confirmer)->Confirm(record);
}

// loop: ldrb r0,[r4]; cmp r0,#0x80; ite hi; addhi r5,r0; subls r5,r0; str r5,[r6]; push {r5};
// pop {r1}; b loop
constexpr std::initializer_list<uint16_t> kSums = {0x7820, 0x2880, 0xbf8c, 0x182d, 0x1a2d,
                                                   0x6035, 0xb420, 0xbc02, 0xe7f6};

std::string Bytes(size_t size) {
  std::string bytes;
  for (size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * 37 + (i >> 3U));
  return bytes;
}

TEST(ConfirmTest, ARunIsTheSame) {
  const rehost::MachineImage image = ImageOf(kSums);
  const Record record = RecordRun(image, Bytes(300), {true, 2});
  EXPECT_EQ(record.outcome.end, rehost::End::kInputUsed);
  EXPECT_EQ(record.loads.size(), 300U);
  const Confirmation confirmation = ConfirmRecord(image, record);
  EXPECT_TRUE(confirmation.same) << confirmation.difference;
  EXPECT_EQ(confirmation.blocks, 301U);
  EXPECT_EQ(confirmation.instructions, 2700U);
}

TEST(ConfirmTest, InterruptsBeginAndEndAsRecorded) {
  // r1 = 0xe000e100 enables interrupt 0; svc before each turn: ldrb r0,[r4]; svc 1; wfi; b loop
  rehost::MachineImage image =
      ImageOf({0x210e, 0x0709, 0x220e, 0x0312, 0x1889, 0x22ff, 0x3201, 0x1889, 0x2001, 0x6008,
               0x7820, 0xdf01, 0xbf30, 0x182d, 0xe7fa});
  rehost::InterruptTrigger trigger;
  trigger.period = 53;
  image.triggers = {trigger};
  const Record record = RecordRun(image, Bytes(200));
  EXPECT_GT(record.outcome.interrupts, 20U);
  EXPECT_GT(record.changes.size(), 400U);
  const Confirmation confirmation = ConfirmRecord(image, record);
  EXPECT_TRUE(confirmation.same) << confirmation.difference;
}

TEST(ConfirmTest, FaultsGoToTheFirmwaresHandler) {
  // ldrb r0,[r4]; ldrb r1,[r0] (below flash there is nothing); adds r5,r0; b loop
  const rehost::MachineImage image = ImageOf({0x7820, 0x7801, 0x182d, 0xe7fb});
  const Record record = RecordRun(image, Bytes(50), {false, 1});
  EXPECT_EQ(record.outcome.end, rehost::End::kInputUsed);
  EXPECT_EQ(record.changes.size(), 100U);
  const Confirmation confirmation = ConfirmRecord(image, record);
  EXPECT_TRUE(confirmation.same) << confirmation.difference;
}

TEST(ConfirmTest, ReturnsIntoAnItBlock) {
  // ldrb r0,[r4]; cmp r0,r0; itet eq; ldrbeq r1,[r0], which faults and is returned behind with its
  // own ITSTATE; addeq r5,r0; subne r5,r0 and adds r5,r0, one of them left out; b loop
  const rehost::MachineImage image =
      ImageOf({0x7820, 0x4280, 0xbf0a, 0x7801, 0x1945, 0x1a2d, 0x182d, 0xe7f7});
  const Record record = RecordRun(image, Bytes(50), {false, 1});
  EXPECT_EQ(record.outcome.end, rehost::End::kInputUsed);
  ASSERT_EQ(record.changes.size(), 100U);
  EXPECT_NE(record.changes[1].after.it_state, 0U);
  const Confirmation confirmation = ConfirmRecord(image, record);
  EXPECT_TRUE(confirmation.same) << confirmation.difference;
}

TEST(ConfirmTest, FloatingPointIsComparedToo) {
  // ldr r1,=0xe000ed88 by parts: movw/movt; movw r0,#0; movt r0,#0xf0; str r0,[r1];
  // loop: ldr r0,[r4]; vmov s0,r0; vmul.f32 s1,s0,s0; vadd.f32 s2,s2,s1; vstr s2,[r6]; b loop
  const rehost::MachineImage image =
      ImageOf({0xf64e, 0x5188, 0xf2ce, 0x0100, 0xf240, 0x0000, 0xf2c0, 0x00f0, 0x6008, 0x6820,
               0xee00, 0x0a10, 0xee60, 0x0a00, 0xee31, 0x1a20, 0xed86, 0x1a00, 0xe7f5});
  Record record = RecordRun(image, Bytes(400));
  EXPECT_EQ(record.outcome.end, rehost::End::kInputUsed);
  EXPECT_EQ(record.outcome.input_used, 400U);
  const Confirmation confirmation = ConfirmRecord(image, record);
  EXPECT_TRUE(confirmation.same) << confirmation.difference;
  record.last.s[2] ^= 1U;
  EXPECT_NE(ConfirmRecord(image, record).difference.find("s2 was"), std::string::npos);
}

TEST(ConfirmTest, ARecordThatWasAlteredIsADifference) {
  const rehost::MachineImage image = ImageOf(kSums);
  const Record good = RecordRun(image, Bytes(300), {true, 2});
  const auto difference = [&image](const Record& record) {
    const Confirmation confirmation = ConfirmRecord(image, record);
    EXPECT_FALSE(confirmation.same);
    return confirmation.difference;
  };
  Record bad = good;
  bad.loads[100].value ^= 1U;
  EXPECT_NE(difference(bad).find("r1 was"), std::string::npos) << difference(bad);
  bad = good;
  bad.loads[100].size = 2;
  EXPECT_NE(difference(bad).find("Unicorn loads 1 bytes from 0x40000000"), std::string::npos);
  bad = good;
  bad.loads.push_back(bad.loads.back());
  bad.loads.back().pc = rehost::kSmallCode;
  EXPECT_NE(difference(bad).find("was not done by Unicorn"), std::string::npos);
  bad = good;
  bad.blocks[50].pc += 2;
  EXPECT_NE(difference(bad).find("block 50 was at"), std::string::npos);
  bad = good;
  bad.samples[20].apsr ^= 1U << 29U;
  EXPECT_NE(difference(bad).find("APSR was"), std::string::npos);
  bad = good;
  bad.last.r[5] += 1;
  EXPECT_NE(difference(bad).find("r5 was"), std::string::npos);
  bad = good;
  bad.end[1][0x800] = 'x';
  EXPECT_NE(difference(bad).find("the byte at 0x20000800 was 0x78"), std::string::npos);
  EXPECT_EQ(ConfirmRecord(image, good).difference, "");
}

TEST(ConfirmTest, CrashesAreConfirmedOrNot) {
  // ldr r0,[r4]; ldr r1,[r0]; b loop
  const rehost::MachineImage loads = ImageOf({0x6820, 0x6801, 0xe7fc});
  const CrashConfirmation nowhere = ConfirmCrash(loads, std::string("\x00\x00\x00\x60", 4));
  EXPECT_TRUE(nowhere.confirmed) << nowhere.reason;
  EXPECT_EQ(nowhere.reason, "confirmed on Unicorn 2.0.1 (QEMU 5.1's translator)");
  EXPECT_FALSE(ConfirmCrash(loads, std::string("\x00\x00\x00\x20", 4)).confirmed);
  // ldr r0,[r4]; bx r0: to nowhere, to Arm's instructions, to an undefined one, into the device
  const rehost::MachineImage jumps = ImageOf({0x6820, 0x4700, 0xde00});
  EXPECT_TRUE(ConfirmCrash(jumps, std::string("\x01\x00\x00\x90", 4)).confirmed);
  EXPECT_TRUE(ConfirmCrash(jumps, std::string("\x00\x02\x00\x08", 4)).confirmed);
  EXPECT_TRUE(ConfirmCrash(jumps, std::string("\x0d\x02\x00\x08", 4)).confirmed);
  const CrashConfirmation device = ConfirmCrash(jumps, std::string("\x01\x00\x00\x40", 4));
  EXPECT_TRUE(device.confirmed) << device.reason;
  // str r0,[r0] to flash
  const rehost::MachineImage stores = ImageOf({0x6820, 0x6000});
  EXPECT_TRUE(ConfirmCrash(stores, std::string("\x00\x01\x00\x08", 4)).confirmed);
  // ldr r0,[r4]; ldrd r2,r3,[r0]: has to be aligned, which this QEMU does not look at
  const rehost::MachineImage unaligned = ImageOf({0x6820, 0xe9d0, 0x2300});
  const CrashConfirmation trap = ConfirmCrash(unaligned, std::string("\x01\x00\x00\x20", 4));
  EXPECT_FALSE(trap.confirmed);
  EXPECT_NE(trap.reason.find("same registers, but it comes from"), std::string::npos);
}

TEST(ConfirmTest, WhatWaitingIsLeftOutOfNoOutcomeShows) {
  // ldrb r0,[r4]; loop: subs r0,#1; bne loop; wait: nop; b wait
  rehost::MachineImage image = ImageOf({0x7820, 0x3801, 0xd1fd, 0xbf00, 0xe7fd});
  const std::string input = Bytes(4);
  rehost::Machine fast(image);
  const auto* bytes = reinterpret_cast<const uint8_t*>(input.data());
  const rehost::Outcome expected = fast.Run(bytes, input.size());
  const Record record = RecordRun(image, input);
  EXPECT_EQ(record.outcome.instructions, expected.instructions);
  EXPECT_EQ(record.outcome.blocks, expected.blocks);
  EXPECT_EQ(record.outcome.end, expected.end);
  EXPECT_EQ(record.blocks.size(), expected.blocks - fast.Boot().blocks);
}

}  // namespace
}  // namespace percuss::emulation
