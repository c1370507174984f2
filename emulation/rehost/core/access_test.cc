// SPDX-License-Identifier: Apache-2.0
//
// Loads and stores that are not plain ones: over an MPU region's end, of lists that fail midway,
// and to bit-band aliases.
#include <gtest/gtest.h>

#include <vector>

#include "emulation/rehost/core/machine.h"
#include "emulation/rehost/core/processor_fixture.h"
#include "emulation/rehost/core/small_image.h"

namespace percuss::rehost {
namespace {

constexpr uint32_t kFull = 3U << 24U;
constexpr uint32_t kReadOnly = 6U << 24U;

class RegionEndTest : public ProcessorTest {
 protected:
  RegionEndTest() {
    SetRegion(0, kRam, 12, kFull);            // 4 KiB
    SetRegion(1, kRam + 0x40, 5, kReadOnly);  // 32 bytes
    SetRegion(2, kRam + 0x80, 5, 0);          // 32 bytes, which nobody may have
    SetRegister(0xe000ed94, 1);
  }
  void SetRegion(uint32_t number, uint32_t base, uint32_t exponent, uint32_t attributes) {
    SetRegister(0xe000ed98, number);
    SetRegister(0xe000ed9c, base);
    SetRegister(0xe000eda0, attributes | (exponent - 1) << 1U | 1U);
  }
  bool Reads(uint32_t address, uint32_t size) {
    uint32_t value = 0;
    core_.fault = kNoFault;
    return memory_.Read(core_, kEntry, address, size, value);
  }
  bool Writes(uint32_t address, uint32_t size) {
    core_.fault = kNoFault;
    return memory_.Write(core_, kEntry, address, size, 0xffffffff);
  }
};

TEST_F(RegionEndTest, EachByteOfAnUnalignedAccessIsAskedFor) {
  EXPECT_TRUE(Reads(kRam + 0x7c, 4));
  for (const uint32_t offset : {0x7dU, 0x7eU, 0x7fU}) {
    EXPECT_FALSE(Reads(kRam + offset, 4)) << std::hex << offset;
    EXPECT_EQ(core_.fault, kDataAccess);
    EXPECT_EQ(core_.fault_address, kRam + 0x80);
  }
  EXPECT_FALSE(Reads(kRam + 0x7f, 2));
  EXPECT_EQ(core_.fault_address, kRam + 0x80);
  EXPECT_TRUE(Reads(kRam + 0x7d, 2));
  EXPECT_FALSE(Reads(kRam + 0x9f, 4));
  EXPECT_EQ(core_.fault_address, kRam + 0x9f) << "the first byte is the first that fails";
  EXPECT_TRUE(Reads(kRam + 0xa1, 4));
}

TEST_F(RegionEndTest, NothingIsStoredWhereAnyByteMayNotBe) {
  EXPECT_TRUE(Writes(kRam + 0x39, 4));
  EXPECT_FALSE(Writes(kRam + 0x3e, 4));
  EXPECT_EQ(core_.fault, kDataAccess);
  EXPECT_EQ(core_.fault_address, kRam + 0x40);
  EXPECT_EQ(Load(kRam + 0x3c), 0xffU) << "the last byte of what was allowed";
}

Outcome RunOn(Machine& machine, const std::string& input) {
  return machine.Run(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

// r4 is the device's address; registers hold what they are called, 0x55 each, and r7 is `base`.
MachineImage Listing(uint32_t base, std::initializer_list<uint16_t> code) {
  const auto low = static_cast<uint16_t>(base & 0xffU);
  MachineImage image =
      SmallImage(Halfwords({0x2404, 0x0724, 0x7820, 0x2055, 0x2155, 0x2255, 0x2355, 0x2555, 0x2655,
                            0xf640, 0x77f0,                          // movw r7, #0xff0
                            0xf2c2, 0x0700,                          // movt r7, #0x2000
                            static_cast<uint16_t>(0x3700 | low)}) +  // adds r7, #low
                 Halfwords(code) +
                 Halfwords({0x7820}));
  image.regions[1].bytes = std::string(0xff0, '\0') + Words({0x11, 0x22, 0x33, 0x44});
  return image;
}

TEST(ListTest, WhatAFailingLoadHasLoadedStaysAndItsBaseToo) {
  Machine machine(Listing(8, {0xcf07 /* ldm r7!, {r0, r1, r2} */}));
  const Outcome outcome = RunOn(machine, "a");
  ASSERT_EQ(outcome.end, End::kFault);
  EXPECT_EQ(outcome.address, kSmallRam + 0x1000);
  EXPECT_EQ(machine.core().r[0], 0x33U);
  EXPECT_EQ(machine.core().r[1], 0x44U);
  EXPECT_EQ(machine.core().r[2], 0x55U);
  EXPECT_EQ(machine.core().r[7], kSmallRam + 0xff8);
}

TEST(ListTest, ABaseThatIsLoadedItselfStaysWhereTheLoadFails) {
  Machine machine(Listing(4, {0xe897, 0x01a1 /* ldm.w r7, {r0, r5, r7, r8} */}));
  ASSERT_EQ(RunOn(machine, "a").end, End::kFault);
  EXPECT_EQ(machine.core().r[0], 0x22U);
  EXPECT_EQ(machine.core().r[5], 0x33U);
  EXPECT_EQ(machine.core().r[7], kSmallRam + 0xff4);
  Machine whole(Listing(0, {0xe897, 0x01a1}));
  ASSERT_EQ(RunOn(whole, "a").end, End::kInputUsed);
  EXPECT_EQ(whole.core().r[7], 0x33U);
}

TEST(ListTest, APairThatFailsMidwayKeepsItsBase) {
  Machine machine(Listing(12, {0xe9d7, 0x0100 /* ldrd r0, r1, [r7] */}));
  ASSERT_EQ(RunOn(machine, "a").end, End::kFault);
  EXPECT_EQ(machine.core().r[0], 0x44U);
  EXPECT_EQ(machine.core().r[1], 0x55U);
  Machine itself(Listing(12, {0xe9d7, 0x7100 /* ldrd r7, r1, [r7] */}));
  ASSERT_EQ(RunOn(itself, "a").end, End::kFault);
  EXPECT_EQ(itself.core().r[7], kSmallRam + 0xffc);
}

// A list from the device that the input ends in: it can be run again when there is more.
TEST(ListTest, WhatWaitsForInputChangesNothing) {
  Machine machine(SmallImage(Halfwords({0x2404, 0x0724, 0x2155, 0x2255, 0xcc06, 0xe7fe})));
  ASSERT_EQ(machine.Boot().end, End::kInputUsed);
  EXPECT_EQ(machine.core().r[1], 0x55U);
  ASSERT_EQ(RunOn(machine, Words({1})).end, End::kInputUsed);
  EXPECT_EQ(machine.core().r[1], 0x55U);
  MachineImage image = machine.image();
  image.limits.instructions_without_input = 100;
  Machine again(image);
  ASSERT_EQ(RunOn(again, Words({1, 2})).end, End::kWithoutInput);
  EXPECT_EQ(again.core().r[1], 1U);
  EXPECT_EQ(again.core().r[2], 2U);
}

class BitBandTest : public ProcessorTest {
 protected:
  BitBandTest() { Use(BitBand::kAll); }
  void Use(BitBand bit_band, const std::vector<AccessModel>& others = {}) {
    image_.bit_band = bit_band;
    image_.peripherals = {{0x40000000, 0x4000000}};
    AccessModel kept;
    kept.kind = AccessModel::Kind::kPassthrough;
    kept.address = 0x40000010;
    kept.values = {0x80000001};
    image_.models = {kept};
    image_.models.insert(image_.models.end(), others.begin(), others.end());
    banded_.emplace(image_);
    devices_.emplace(image_);
    core_.memory = &*banded_;
    core_.peripherals = &*devices_;
    core_.readable = banded_->Readable();
    core_.writable = banded_->Writable();
  }
  // 0xdead: it fails.
  uint32_t Bit(uint32_t address, uint32_t size = 4) {
    uint32_t value = 0;
    core_.fault = kNoFault;
    return banded_->Read(core_, kEntry, address, size, value) ? value : 0xdead;
  }
  bool SetBit(uint32_t address, uint32_t value, uint32_t size = 4) {
    core_.fault = kNoFault;
    return banded_->Write(core_, kEntry, address, size, value);
  }
  uint32_t Word(uint32_t address) {
    uint32_t value = 0;
    EXPECT_TRUE(banded_->Read(core_, kEntry, address, 4, value));
    return value;
  }
  std::optional<Memory> banded_;
  std::optional<Peripherals> devices_;
};

TEST_F(BitBandTest, EachWordOfTheAliasIsABit) {
  ASSERT_TRUE(SetBit(kRam + 0x104, 0x80402010));
  for (uint32_t bit = 0; bit < 32; ++bit) {
    for (const uint32_t size : {1U, 2U, 4U}) {
      EXPECT_EQ(Bit(0x22000000 + 0x104 * 32 + bit * 4, size), 0x80402010U >> bit & 1U) << bit;
    }
  }
  EXPECT_TRUE(SetBit(0x22000000 + 0x104 * 32, 0xffffffff));
  EXPECT_TRUE(SetBit(0x22000000 + 0x107 * 32 + 28, 0xfffffffe, 1));
  EXPECT_EQ(Word(kRam + 0x104), 0x00402011U);
}

TEST_F(BitBandTest, WhatIsNotThereFails) {
  EXPECT_EQ(Bit(0x22000000 + 32 * kRamBytes), 0xdeadU);
  EXPECT_EQ(core_.fault, kPreciseBus);
  EXPECT_EQ(core_.fault_address, 0x22000000 + 32 * kRamBytes);
  EXPECT_FALSE(SetBit(0x22000000 + 32 * kRamBytes, 1));
  EXPECT_EQ(Bit(0x24000000), 0xdeadU);
  Use(BitBand::kNone);
  EXPECT_EQ(Bit(0x22000000), 0xdeadU);
}

TEST_F(BitBandTest, PeripheralsAreAskedThroughTheirModels) {
  EXPECT_EQ(Bit(0x42000000 + 0x10 * 32), 1U);
  EXPECT_EQ(Bit(0x42000000 + 0x10 * 32 + 31 * 4), 1U);
  EXPECT_TRUE(SetBit(0x42000000 + 0x10 * 32 + 31 * 4, 0));
  EXPECT_TRUE(SetBit(0x42000000 + 0x12 * 32, 1, 1));
  EXPECT_EQ(Word(0x40000010), 0x00010001U);
  const std::string input = Words({0x4, 0x4});
  devices_->SetInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  EXPECT_EQ(Bit(0x42000000 + 0x20 * 32 + 8), 1U);
  EXPECT_EQ(devices_->Consumed(), 4U) << "the register's word";
  EXPECT_TRUE(SetBit(0x42000000 + 0x20 * 32 + 8, 1));
  EXPECT_EQ(devices_->Consumed(), 4U) << "a store takes nothing";
}

// What is at an alias's address goes first, and the bits beside it stay bits.
TEST_F(BitBandTest, AModelOfAnAliasIsOfThatAddressAlone) {
  AccessModel there;
  there.kind = AccessModel::Kind::kConstant;
  there.address = 0x42000000 + 0x10 * 32 + 4;
  there.values = {0x1234};
  Use(BitBand::kAll, {there});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Bit(there.address), 0x1234U);
    EXPECT_TRUE(SetBit(there.address, 1));
    EXPECT_EQ(Bit(there.address - 4), 1U);
    EXPECT_EQ(Bit(there.address + 4), 0U);
    EXPECT_TRUE(SetBit(there.address + 8, 1));
    EXPECT_EQ(Word(0x40000010), 0x80000009U);
  }
}

TEST_F(BitBandTest, OfMemoryAlonePeripheralsAreWhatTheyAre) {
  Use(BitBand::kMemory);
  const std::string input = Words({0x12345678});
  devices_->SetInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  EXPECT_EQ(Bit(0x42000000), 0x12345678U);
  EXPECT_EQ(Bit(0x22000000), 0U);
}

TEST_F(BitBandTest, UnalignedAccessesAreOfTheWordsAround) {
  ASSERT_TRUE(SetBit(kRam, 0x2));
  EXPECT_EQ(Bit(0x22000001), 1U << 24U);
  ASSERT_TRUE(SetBit(kRam, 0x1));
  EXPECT_TRUE(SetBit(0x22000002, 0x01000000));
  EXPECT_EQ(Word(kRam), 0x2U) << "the last byte that is stored counts of each word";
}

TEST(BitBandMachineTest, CodeThatABitOfChangesIsRunAsItIsNow) {
  // A function in RAM, movs r0,#0; bx lr, called before and behind the store of 1 to its lowest
  // bit.
  MachineImage image = SmallImage(Halfwords(
      {0x2404, 0x0724, 0x7820, 0x2501, 0x076d, 0x3501, 0x47a8, 0x4606,  // r6: what it returns
       0x2122, 0x0609, 0x2001, 0x6008, 0x47a8, 0x4607, 0x7820}));       // r7
  image.regions[1].bytes = Halfwords({0x2000, 0x4770});
  image.bit_band = BitBand::kMemory;
  Machine machine(image);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(RunOn(machine, "a").end, End::kInputUsed);
    EXPECT_EQ(machine.core().r[6], 0U);
    EXPECT_EQ(machine.core().r[7], 1U);
  }
}

}  // namespace
}  // namespace percuss::rehost
