// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/decoder.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>

#include "emulation/rehost/core/decoder_table.h"

namespace percuss::rehost {
namespace {

using enum Operation;

constexpr uint32_t kAddress = 0x08000102;  // not a multiple of 4

DecoderOptions Of(Architecture architecture, bool floating_point) {
  DecoderOptions options;
  options.architecture = architecture;
  options.floating_point = floating_point;
  return options;
}

Decoded DecodeAs(uint32_t bits, const DecoderOptions& options, bool in_it = false) {
  const bool wide = bits > 0xffff;
  const auto first = static_cast<uint16_t>(wide ? bits >> 16 : bits);
  return Decode(first, static_cast<uint16_t>(bits), kAddress, in_it, options);
}

Decoded DecodeOne(uint32_t bits, bool in_it = false) {
  return DecodeAs(bits, DecoderOptions{}, in_it);
}

Operation OperationOf(uint32_t bits) { return DecodeOne(bits).operation; }

TEST(DecoderTest, AFirstHalfwordTellsTheLength) {
  EXPECT_EQ(InstructionBytes(0xe7ff), 2);
  EXPECT_EQ(InstructionBytes(0xe800), 4);
  EXPECT_EQ(InstructionBytes(0xf000), 4);
  EXPECT_EQ(InstructionBytes(0xffff), 4);
  EXPECT_EQ(DecodeOne(0xe7fe).bytes, 2);
  EXPECT_EQ(DecodeOne(0xf7fffffe).bytes, 4);
  EXPECT_EQ(DecodeOne(0xffffffff).bytes, 4) << "what is undefined has a length too";
}

TEST(DecoderTest, ModifiedImmediatesAreExpandedWithTheirCarry) {
  struct Row {
    uint32_t bits;
    uint32_t imm;
    int carry;
  };
  // MOV.W r0, #imm; of A5.3.2
  constexpr Row kRows[] = {
      {0xf04f00ab, 0x000000ab, 2}, {0xf04f10ab, 0x00ab00ab, 2}, {0xf04f20ab, 0xab00ab00, 2},
      {0xf04f30ab, 0xabababab, 2}, {0xf04f4000, 0x80000000, 1}, {0xf04f407f, 0xff000000, 1},
      {0xf44f0000, 0x00800000, 0}, {0xf44f70ff, 0x000001fe, 0}, {0xf44f7080, 0x00000100, 0},
      {0xf04f4080, 0x40000000, 0}, {0xf04f1000, 0x00000000, 2},
  };
  for (const Row& row : kRows) {
    const Decoded decoded = DecodeOne(row.bits);
    EXPECT_EQ(decoded.operation, kMovImmediate);
    EXPECT_EQ(decoded.imm, row.imm) << std::hex << row.bits;
    EXPECT_EQ(decoded.immediate_carry, row.carry) << std::hex << row.bits;
  }
  EXPECT_EQ(DecodeOne(0xf1104080).immediate_carry, 2) << "an addition makes its own carry";
}

TEST(DecoderTest, PlainImmediatesAreNot) {
  const Decoded movw = DecodeOne(0xf64a31cd);  // movw r1, #0xabcd
  EXPECT_EQ(movw.operation, kMovImmediate);
  EXPECT_EQ(movw.imm, 0xabcdU);
  EXPECT_FALSE(movw.set_flags);
  const Decoded movt = DecodeOne(0xf6ca31cd);
  EXPECT_EQ(movt.operation, kMovt);
  EXPECT_EQ(movt.imm, 0xabcdU);
  const Decoded addw = DecodeOne(0xf60171ff);  // addw r1, r1, #0xfff
  EXPECT_EQ(addw.operation, kAddImmediate);
  EXPECT_EQ(addw.imm, 0xfffU);
}

TEST(DecoderTest, ShiftsByNothingHaveTheirMeaning) {
  const Decoded lsr = DecodeOne(0xea4f0112);  // lsr r1, r2, #32
  EXPECT_EQ(lsr.operation, kLsrImmediate);
  EXPECT_EQ(lsr.amount, 32);
  EXPECT_EQ(DecodeOne(0x0811).amount, 32) << "lsrs r1, r2, #32";
  EXPECT_EQ(DecodeOne(0x1011).amount, 32) << "asrs r1, r2, #32";
  EXPECT_EQ(OperationOf(0x0011), kMovRegister) << "movs r1, r2";
  EXPECT_EQ(OperationOf(0x0051), kLslImmediate);
  EXPECT_EQ(OperationOf(0xea4f0132), kRrx);
  EXPECT_EQ(OperationOf(0xea4f0102), kMovRegister);
  const Decoded add = DecodeOne(0xeb010233);  // add.w r2, r1, r3, rrx
  EXPECT_EQ(add.shift, Shift::kRrx);
  const Decoded orr = DecodeOne(0xea410223);  // orr.w r2, r1, r3, asr #32
  EXPECT_EQ(orr.shift, Shift::kAsr);
  EXPECT_EQ(orr.amount, 32);
}

TEST(DecoderTest, FlagsAreSetOutsideOfItBlocks) {
  EXPECT_TRUE(DecodeOne(0x1888).set_flags);         // adds r0, r1, r2
  EXPECT_FALSE(DecodeOne(0x1888, true).set_flags);  // addeq r0, r1, r2
  EXPECT_TRUE(DecodeOne(0x2800, true).set_flags);   // cmpeq r0, #0
  EXPECT_FALSE(DecodeOne(0x4408).set_flags);        // add r0, r1
  EXPECT_TRUE(DecodeOne(0xeb110002, true).set_flags) << "of 4 bytes it is their bit";
}

TEST(DecoderTest, AnItIsTheNextState) {
  const Decoded it = DecodeOne(0xbf1c);  // itt ne
  EXPECT_EQ(it.operation, kIt);
  EXPECT_EQ(it.imm, 0x1cU);
  EXPECT_EQ(OperationOf(0xbf10), kYield);
  EXPECT_EQ(OperationOf(0xbf50), kNop) << "a hint without meaning";
  EXPECT_EQ(DecodeAs(0xbf1c, Of(Architecture::kV6M, false)).operation, kUndefined);
}

TEST(DecoderTest, BranchesAndLiteralsHaveTheirAddress) {
  EXPECT_EQ(DecodeOne(0xe7fe).imm, kAddress);
  EXPECT_EQ(DecodeOne(0xe3ff).imm, kAddress + 4 + 2046);
  EXPECT_EQ(DecodeOne(0xd080).imm, kAddress + 4 - 256);
  EXPECT_EQ(DecodeOne(0xd080).condition, 0);
  EXPECT_EQ(DecodeOne(0xe7fe).condition, kAlways);
  EXPECT_EQ(DecodeOne(0xb9f8).imm, kAddress + 4 + 62);     // cbnz r0
  EXPECT_EQ(DecodeOne(0xbbf8).imm, kAddress + 4 + 126);    // cbnz r0
  EXPECT_EQ(DecodeOne(0xf0008001).imm, kAddress + 4 + 2);  // beq.w
  EXPECT_EQ(DecodeOne(0xf4008000).imm, kAddress + 4 - 0x100000);
  EXPECT_EQ(DecodeOne(0xf03fa7ff).imm, kAddress + 4 + 0x7fffe);  // J1 alone, beside imm6
  EXPECT_EQ(DecodeOne(0xf3ffd7ff).imm, kAddress + 4 + 0xfffffe);
  EXPECT_EQ(DecodeOne(0xf400d000).imm, kAddress + 4 - 0x1000000);
  EXPECT_EQ(DecodeOne(0x4801).imm, 0x08000108U) << "from Align(PC, 4)";
  EXPECT_EQ(DecodeOne(0xf85f0004).imm, 0x08000100U);
  EXPECT_EQ(DecodeOne(0xa001).imm, 0x08000108U);
  EXPECT_EQ(DecodeOne(0xf2af0004).imm, 0x08000100U) << "adr, before";
  EXPECT_EQ(DecodeOne(0xe95f0101).operation, kLdrdLiteral);
  EXPECT_EQ(DecodeOne(0xe95f0101).imm, 0x08000100U);
}

TEST(DecoderTest, ConditionalBranchesAreNotInItBlocks) {
  EXPECT_EQ(DecodeOne(0xd0fe, true).operation, kUndefined);
  EXPECT_EQ(DecodeOne(0xf0008001, true).operation, kUndefined);
  EXPECT_EQ(DecodeOne(0xe7fe, true).operation, kB);
  EXPECT_EQ(OperationOf(0xf3808000) == kB, false) << "condition 14 is MSR";
}

TEST(DecoderTest, ListsOfRegisters) {
  const Decoded push = DecodeOne(0xb510);
  EXPECT_EQ(push.operation, kStmdb);
  EXPECT_EQ(push.rn, 13);
  EXPECT_EQ(push.registers, 0x4010);
  const Decoded pop = DecodeOne(0xbd10);
  EXPECT_EQ(pop.operation, kLdm);
  EXPECT_EQ(pop.registers, 0x8010);
  EXPECT_TRUE(pop.write_back);
  EXPECT_TRUE(DecodeOne(0xc802).write_back) << "ldm r0!, {r1}";
  EXPECT_FALSE(DecodeOne(0xc803).write_back) << "ldm r0, {r0, r1}";
  EXPECT_EQ(OperationOf(0xb400), kUndefined);
  EXPECT_EQ(OperationOf(0xc000), kUndefined);
  EXPECT_EQ(OperationOf(0xe8b00003), kUndefined) << "the base, written back, among them";
  EXPECT_EQ(OperationOf(0xe8900003), kLdm);
  EXPECT_EQ(OperationOf(0xe8900002), kUndefined) << "one register";
}

TEST(DecoderTest, BitFields) {
  const Decoded bfi = DecodeOne(0xf361218b);  // bfi r1, r1, #10, #2
  EXPECT_EQ(bfi.operation, kBfi);
  EXPECT_EQ(bfi.amount, 10);
  EXPECT_EQ(bfi.imm, 2U);
  EXPECT_EQ(OperationOf(0xf36f218b), kBfc);
  EXPECT_EQ(OperationOf(0xf361218a), kBfi);
  EXPECT_EQ(OperationOf(0xf3612189), kUndefined) << "ends before it begins";
  const Decoded ubfx = DecodeOne(0xf3c1001f);  // ubfx r0, r1, #0, #32
  EXPECT_EQ(ubfx.operation, kUbfx);
  EXPECT_EQ(ubfx.imm, 32U);
  EXPECT_EQ(OperationOf(0xf3c1005f), kUndefined) << "beyond bit 31";
}

TEST(DecoderTest, Saturation) {
  const Decoded ssat = DecodeOne(0xf3210187);  // ssat r1, #8, r1, asr #2
  EXPECT_EQ(ssat.operation, kSsat);
  EXPECT_EQ(ssat.imm, 8U);
  EXPECT_EQ(ssat.shift, Shift::kAsr);
  EXPECT_EQ(ssat.amount, 2);
  EXPECT_EQ(DecodeOne(0xf3810107).imm, 7U) << "usat r1, #7, r1";
  EXPECT_EQ(OperationOf(0xf3210107), kSsat16);
  EXPECT_EQ(DecodeAs(0xf3210107, Of(Architecture::kV7M, false)).operation, kUndefined);
}

TEST(DecoderTest, HalvesAndRotations) {
  EXPECT_EQ(DecodeOne(0xfb12f113).variant, 1) << "smulbt r1, r2, r3";
  EXPECT_EQ(DecodeOne(0xfb12f123).variant, 2) << "smultb r1, r2, r3";
  const Decoded sxtb = DecodeOne(0xfa4ff1b2);  // sxtb.w r1, r2, ror #24
  EXPECT_EQ(sxtb.operation, kSxtb);
  EXPECT_EQ(sxtb.amount, 24);
  EXPECT_EQ(OperationOf(0xfa43f1b2), kSxtab);
  EXPECT_EQ(DecodeOne(0xfa83f142).variant, 4) << "uadd8";
  EXPECT_EQ(OperationOf(0xfa83f132), kUndefined) << "no such prefix";
}

TEST(DecoderTest, PairsAndIndices) {
  const Decoded ldrd = DecodeOne(0xe8f10302);  // ldrd r0, r3, [r1], #8
  EXPECT_EQ(ldrd.operation, kLdrdImmediate);
  EXPECT_EQ(ldrd.rd, 0);
  EXPECT_EQ(ldrd.ra, 3);
  EXPECT_EQ(ldrd.imm, 8U);
  EXPECT_FALSE(ldrd.index);
  EXPECT_TRUE(ldrd.write_back);
  const Decoded str = DecodeOne(0xf8410d04);  // str r0, [r1, #-4]!
  EXPECT_EQ(str.operation, kStrImmediate);
  EXPECT_TRUE(str.index && str.write_back && !str.add);
  EXPECT_EQ(OperationOf(0xf84f0d04), kUndefined) << "a store to pc";
  EXPECT_EQ(OperationOf(0xf8410804), kUndefined) << "neither indexed nor written back";
  EXPECT_EQ(OperationOf(0xf8510e04), kLdrt);
  EXPECT_EQ(OperationOf(0xf811f000), kPld);
  EXPECT_EQ(OperationOf(0xf8110000), kLdrbRegister);
}

TEST(DecoderTest, ExclusiveStoresHaveAStatusOfTheirOwn) {
  const Decoded strex = DecodeOne(0xe8421301);  // strex r3, r1, [r2, #4]
  EXPECT_EQ(strex.operation, kStrex);
  EXPECT_EQ(strex.ra, 3);
  EXPECT_EQ(strex.rd, 1);
  EXPECT_EQ(strex.imm, 4U);
  EXPECT_EQ(DecodeOne(0xe8c21f43).ra, 3) << "strexb r3, r1, [r2]";
  EXPECT_EQ(OperationOf(0xe8421101), kUndefined) << "status is what is stored";
  EXPECT_EQ(OperationOf(0xe8421201), kUndefined) << "status is the base";
  EXPECT_EQ(OperationOf(0xe8c2127f), kUndefined) << "no STREXD here";
}

TEST(DecoderTest, SystemInstructions) {
  const Decoded msr = DecodeOne(0xf3838814);  // msr control, r3
  EXPECT_EQ(msr.operation, kMsr);
  EXPECT_EQ(msr.rn, 3);
  EXPECT_EQ(msr.imm, 20U);
  EXPECT_EQ(msr.variant, 2);
  const Decoded mrs = DecodeOne(0xf3ef8305);  // mrs r3, ipsr
  EXPECT_EQ(mrs.operation, kMrs);
  EXPECT_EQ(mrs.rd, 3);
  EXPECT_EQ(mrs.imm, 5U);
  const Decoded cps = DecodeOne(0xb672);  // cpsid i
  EXPECT_EQ(cps.operation, kCps);
  EXPECT_EQ(cps.imm, 2U);
  EXPECT_EQ(cps.variant, 1);
  EXPECT_EQ(DecodeAs(0xb673, Of(Architecture::kV6M, false)).imm, 2U) << "no FAULTMASK there";
  EXPECT_EQ(OperationOf(0xf3bf8f6f), kIsb);
  EXPECT_EQ(DecodeOne(0xdf2a).imm, 42U);
  EXPECT_EQ(OperationOf(0xde00), kUndefined);
  EXPECT_EQ(OperationOf(0xf3de8f00), kUndefined) << "SUBS pc, lr of other profiles";
}

TEST(DecoderTest, SinglesAndDoubles) {
  const Decoded vadd = DecodeOne(0xee711aa2);  // vadd.f32 s3, s3, s5
  EXPECT_EQ(vadd.operation, kVadd);
  EXPECT_EQ(vadd.rd, 3);
  EXPECT_EQ(vadd.rn, 3);
  EXPECT_EQ(vadd.rm, 5);
  EXPECT_EQ(DecodeOne(0xeef90a02).imm, 0xc0900000U) << "vmov.f32 s1, #-4.5";
  EXPECT_EQ(DecodeOne(0xeeb70a00).imm, 0x3f800000U) << "vmov.f32 s0, #1.0";
  const Decoded pair = DecodeOne(0xec432b11);  // vmov d1, r2, r3
  EXPECT_EQ(pair.operation, kVmovCoreToPair);
  EXPECT_EQ(pair.rd, 2);
  EXPECT_EQ(pair.ra, 2);
  EXPECT_EQ(pair.rn, 3);
  EXPECT_EQ(OperationOf(0xec432a3f), kUndefined) << "s31 and the one behind it";
  const Decoded list = DecodeOne(0xecb12b05);  // fldmiax r1!, {d2, d3}
  EXPECT_EQ(list.operation, kVldm);
  EXPECT_EQ(list.rd, 4);
  EXPECT_EQ(list.imm, 5U);
  EXPECT_EQ(list.variant, 1);
  EXPECT_EQ(OperationOf(0xecb1fa03), kUndefined) << "s30 to s32";
  EXPECT_EQ(DecodeOne(0xed1f0a02).rn, 15) << "vldr s0, [pc, #-8]";
  EXPECT_EQ(OperationOf(0xee300b01), kUndefined) << "vadd.f64";
  EXPECT_EQ(DecodeOne(0xee300b01).variant, 1) << "NOCP where the unit is off";
}

TEST(DecoderTest, Conversions) {
  EXPECT_EQ(DecodeOne(0xeebd0ac1).variant, 2) << "vcvt.s32.f32 s0, s2";
  EXPECT_EQ(DecodeOne(0xeebc0a41).variant, 1) << "vcvtr.u32.f32 s0, s2";
  EXPECT_EQ(DecodeOne(0xeeb80a41).variant, 1) << "vcvt.f32.u32 s0, s2";
  const Decoded fixed = DecodeOne(0xeebe0acf);  // vcvt.s32.f32 s0, s0, #2
  EXPECT_EQ(fixed.operation, kVcvtToFixed);
  EXPECT_EQ(fixed.imm, 2U);
  EXPECT_EQ(fixed.variant, 0);
  const Decoded half = DecodeOne(0xeebb0a44);  // vcvt.f32.u16 s0, s0, #8
  EXPECT_EQ(half.operation, kVcvtFromFixed);
  EXPECT_EQ(half.imm, 8U);
  EXPECT_EQ(half.variant, 5);
}

TEST(DecoderTest, WhatAProcessorHas) {
  const DecoderOptions v6m = Of(Architecture::kV6M, true);
  EXPECT_EQ(DecodeAs(0xf000f801, v6m).operation, kBl);
  EXPECT_EQ(DecodeAs(0xf3bf8f4f, v6m).operation, kDsb);
  EXPECT_EQ(DecodeAs(0xf04f0000, v6m).operation, kUndefined);
  EXPECT_EQ(DecodeAs(0xb101, v6m).operation, kUndefined) << "CBZ";
  EXPECT_EQ(DecodeAs(0xee711aa2, v6m).operation, kUndefined);
  const DecoderOptions v7m = Of(Architecture::kV7M, false);
  EXPECT_EQ(DecodeAs(0xee711aa2, v7m).operation, kCoprocessor);
  EXPECT_EQ(DecodeAs(0xee711aa2, v7m).imm, 10U);
  EXPECT_EQ(DecodeAs(0xfa83f142, v7m).operation, kUndefined);
  EXPECT_EQ(DecodeAs(0xfbc3010e, v7m).operation, kSmlal);
  EXPECT_EQ(DecodeAs(0xfa43f1b2, v7m).operation, kUndefined) << "SXTAB";
  EXPECT_EQ(OperationOf(0xee000e10), kCoprocessor) << "of 14, whatever else is there";
  EXPECT_EQ(OperationOf(0xef000000), kUndefined);
}

TEST(DecoderTest, EveryRowIsWholeAndReached) {
  std::set<Operation> operations;
  const auto check = [&operations](std::span<const Row> table, size_t bits) {
    for (const Row& row : table) {
      size_t count = 0;
      for (const char* bit = row.bits; *bit != '\0'; ++bit) count += *bit == ' ' ? 0 : 1;
      EXPECT_EQ(count, bits) << row.name << " " << row.bits;
      operations.insert(row.operation);
    }
  };
  check(Encodings16(), 16);
  check(DataProcessing32(), 32);
  check(LoadsAndBranches32(), 32);
  check(Coprocessor32(), 32);
  operations.insert(kVcvtToFixed);  // of the same row as kVcvtFromFixed
  EXPECT_EQ(operations.size(), static_cast<size_t>(kCount));
}

}  // namespace
}  // namespace percuss::rehost
