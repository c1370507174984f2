// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "emulation/rehost/core/memory.h"
#include "emulation/rehost/core/one_op_testing.h"
#include "emulation/rehost/core/ops_groups.h"
#include "emulation/rehost/core/peripherals.h"
#include "emulation/rehost/core/system_control.h"

namespace percuss::rehost {
namespace {

constexpr uint32_t kRam = 0x20000000;
constexpr uint32_t kRamEnd = kRam + 2 * kPageBytes;

class OpsFloatMemoryTest : public testing::Test {
 protected:
  OpsFloatMemoryTest() : memory_(Image()), peripherals_(Image()), system_(Image()) {
    core_.peripherals = &peripherals_;
    core_.system = &system_;
    core_.memory = &memory_;
    core_.readable = memory_.Readable();
    core_.writable = memory_.Writable();
    for (uint32_t i = 0; i < 32; ++i) core_.s[i] = 100 + i;
  }

  // One page of words that are their own addresses as code, where instructions are; and empty RAM.
  static MachineImage Image() {
    MachineImage image;
    const uint32_t code_page = kTestPc & ~(kPageBytes - 1);
    Region code{"code", code_page, kPageBytes, {true, false, true}, {}};
    for (uint32_t address = code_page; address < code_page + kPageBytes; address += 4) {
      code.bytes.append(reinterpret_cast<const char*>(&address), 4);
    }
    image.regions = {code, {"ram", kRam, kRamEnd - kRam, {true, true, false}, {}}};
    return image;
  }

  static Decoded Instruction(Operation operation, uint8_t rd, uint32_t imm) {
    Decoded decoded;
    decoded.operation = operation;
    decoded.rd = rd;
    decoded.rn = 2;
    decoded.imm = imm;
    return decoded;
  }

  bool Execute(const Decoded& decoded, uint32_t base) {
    core_.r[2] = base;
    return RunOne(core_, FloatMemoryHandler(decoded), decoded);
  }

  uint32_t Word(uint32_t address) {
    uint32_t word = 0;
    EXPECT_TRUE(memory_.Peek(address, &word, 4));
    return word;
  }
  void SetWord(uint32_t address, uint32_t word) { EXPECT_TRUE(memory_.Poke(address, &word, 4)); }

  Memory memory_;
  Peripherals peripherals_;
  SystemControl system_;
  Core core_;
};

TEST_F(OpsFloatMemoryTest, LoadsWithOffsetsOfBothSigns) {
  SetWord(kRam + 8, 11);
  SetWord(kRam + 12, 22);
  Decoded decoded = Instruction(Operation::kVldr, 30, 8);
  ASSERT_TRUE(Execute(decoded, kRam));
  EXPECT_EQ(core_.s[30], 11U);
  EXPECT_EQ(core_.s[31], 131U);
  decoded.add = false;
  decoded.variant = 1;
  ASSERT_TRUE(Execute(decoded, kRam + 16));
  EXPECT_EQ(core_.s[30], 11U);
  EXPECT_EQ(core_.s[31], 22U);
}

TEST_F(OpsFloatMemoryTest, LiteralsAreRelativeToTheAlignedPc) {
  Decoded decoded = Instruction(Operation::kVldr, 3, 4);
  decoded.rn = kPc;
  ASSERT_TRUE(Execute(decoded, 0));
  EXPECT_EQ(core_.s[3], 0x08000108U);
}

TEST_F(OpsFloatMemoryTest, Stores) {
  Decoded decoded = Instruction(Operation::kVstr, 5, 4);
  ASSERT_TRUE(Execute(decoded, kRam));
  EXPECT_EQ(Word(kRam + 4), 105U);
  EXPECT_EQ(Word(kRam + 8), 0U);
  decoded.variant = 1;
  ASSERT_TRUE(Execute(decoded, kRam));
  EXPECT_EQ(Word(kRam + 4), 105U);
  EXPECT_EQ(Word(kRam + 8), 106U);
}

TEST_F(OpsFloatMemoryTest, ListsGoUpOrDown) {
  Decoded decoded = Instruction(Operation::kVstmdb, 16, 3);
  decoded.write_back = true;
  ASSERT_TRUE(Execute(decoded, kRam + kPageBytes + 4));  // over a page's end
  EXPECT_EQ(core_.r[2], kRam + kPageBytes - 8);
  EXPECT_EQ(Word(kRam + kPageBytes - 8), 116U);
  EXPECT_EQ(Word(kRam + kPageBytes), 118U);
  decoded = Instruction(Operation::kVldm, 0, 3);
  ASSERT_TRUE(Execute(decoded, kRam + kPageBytes - 8));
  EXPECT_EQ(core_.r[2], kRam + kPageBytes - 8);
  EXPECT_EQ(core_.s[0], 116U);
  EXPECT_EQ(core_.s[2], 118U);
  EXPECT_EQ(core_.s[3], 103U);
  decoded = Instruction(Operation::kVstm, 0, 32);
  decoded.write_back = true;
  ASSERT_TRUE(Execute(decoded, kRam));
  EXPECT_EQ(core_.r[2], kRam + 128);
  EXPECT_EQ(Word(kRam + 124), 131U);
}

// The slow way has made the page one that is reached directly.
TEST_F(OpsFloatMemoryTest, ListsDoTheSameInAnOpenPage) {
  const uint32_t last = kRam + kPageBytes - 128;  // the last place where all lists stay in the page
  for (const uint32_t base : {last, last, last + 4, last - 4}) {
    Decoded decoded = Instruction(Operation::kVstm, 1, 31);
    ASSERT_TRUE(Execute(decoded, base));
    EXPECT_EQ(Word(base), 101U);
    EXPECT_EQ(Word(base + 120), 131U);
    SetWord(base, base);
    SetWord(base + 120, 9);
    decoded.operation = Operation::kVldm;
    decoded.write_back = true;
    ASSERT_TRUE(Execute(decoded, base));
    EXPECT_EQ(core_.s[0], 100U);
    EXPECT_EQ(core_.s[1], base);
    EXPECT_EQ(core_.s[31], 9U);
    EXPECT_EQ(core_.r[2], base + 124);
    core_.s[1] = 101;
    core_.s[31] = 131;
  }
}

TEST_F(OpsFloatMemoryTest, AnOddListOfDoublesSkipsAWord) {
  Decoded decoded = Instruction(Operation::kVldmdb, 0, 33);
  decoded.variant = 1;
  decoded.write_back = true;
  SetWord(kRam, 1);
  SetWord(kRam + 124, 2);
  SetWord(kRam + 128, 3);
  ASSERT_TRUE(Execute(decoded, kRam + 132));
  EXPECT_EQ(core_.r[2], kRam);
  EXPECT_EQ(core_.s[0], 1U);
  EXPECT_EQ(core_.s[31], 2U);
  decoded.imm = 5;
  core_.s[4] = 44;
  ASSERT_TRUE(Execute(decoded, kRam + 132));
  EXPECT_EQ(core_.r[2], kRam + 112);
  EXPECT_EQ(core_.s[3], 2U);
  EXPECT_EQ(core_.s[4], 44U);
}

TEST_F(OpsFloatMemoryTest, WhatIsNotAlignedFaults) {
  for (const Operation operation :
       {Operation::kVldr, Operation::kVstr, Operation::kVldm, Operation::kVstm}) {
    Decoded decoded = Instruction(operation, 0, 4);
    decoded.write_back = true;
    core_.fault = kNoFault;
    EXPECT_FALSE(Execute(decoded, kRam + 2));
    EXPECT_EQ(core_.fault, uint32_t{kUnaligned});
    EXPECT_EQ(core_.r[2], kRam + 2);
  }
}

TEST_F(OpsFloatMemoryTest, AFaultInTheMiddleLeavesTheBaseAndWhatIsLoaded) {
  SetWord(kRamEnd - 4, 77);
  Decoded list = Instruction(Operation::kVldm, 8, 2);
  list.write_back = true;
  EXPECT_FALSE(Execute(list, kRamEnd - 4));
  EXPECT_NE(core_.fault, uint32_t{kNoFault});
  EXPECT_EQ(core_.fault_address, kRamEnd);
  EXPECT_EQ(core_.r[2], kRamEnd - 4);
  EXPECT_EQ(core_.s[8], 77U);
  Decoded pair = Instruction(Operation::kVldr, 8, 0);
  pair.variant = 1;
  EXPECT_FALSE(Execute(pair, kRamEnd - 4));
  EXPECT_EQ(core_.s[8], 77U);
  list.operation = Operation::kVstm;
  EXPECT_FALSE(Execute(list, kRamEnd - 4));
  EXPECT_EQ(core_.r[2], kRamEnd - 4);
  // The page is open by now, and is left all the same.
  list.rd = 0;
  list.imm = 32;
  EXPECT_TRUE(Execute(list, kRamEnd - 128));
  EXPECT_FALSE(Execute(list, kRamEnd - 124));
  list.operation = Operation::kVldm;
  EXPECT_TRUE(Execute(list, kRamEnd - 128));
  EXPECT_FALSE(Execute(list, kRamEnd - 124));
}

TEST_F(OpsFloatMemoryTest, RefusesRegistersThatAreNotThere) {
  Decoded decoded = Instruction(Operation::kVldm, 1, 32);
  EXPECT_EQ(FloatMemoryHandler(decoded), nullptr);
  decoded.imm = 0xffffffff;
  EXPECT_EQ(FloatMemoryHandler(decoded), nullptr);
  decoded = Instruction(Operation::kVldr, 31, 0);
  EXPECT_NE(FloatMemoryHandler(decoded), nullptr);
  decoded.variant = 1;
  EXPECT_EQ(FloatMemoryHandler(decoded), nullptr);
  EXPECT_EQ(FloatMemoryHandler(Instruction(Operation::kVadd, 0, 0)), nullptr);
}

}  // namespace
}  // namespace percuss::rehost
