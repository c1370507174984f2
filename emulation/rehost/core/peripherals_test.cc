// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/peripherals.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "emulation/rehost/core/memory.h"
#include "emulation/rehost/core/system_control.h"

namespace percuss::rehost {
namespace {

constexpr uint32_t kDevice = 0x40000000;
constexpr uint32_t kPlace = 0x1000;

class PeripheralsTest : public testing::Test {
 protected:
  PeripheralsTest() : image_(ImageOf()), memory_(image_), peripherals_(image_), system_(image_) {
    core_.memory = &memory_;
    core_.peripherals = &peripherals_;
    core_.system = &system_;
    system_.Reset(core_);
    peripherals_.SetInput(reinterpret_cast<const uint8_t*>(input_.data()), input_.size());
  }

  // A page and a half, with models in the first.
  static MachineImage ImageOf() {
    MachineImage image;
    image.peripherals.push_back({kDevice, 0x1800});
    AccessModel bits;
    bits.kind = AccessModel::Kind::kBitextract;
    bits.address = kDevice + 0x10;
    bits.input_bytes = 1;
    bits.left_shift = 4;
    image.models.push_back(bits);
    AccessModel kept;
    kept.kind = AccessModel::Kind::kPassthrough;
    kept.address = kDevice + 0x20;
    kept.values = {0x11223344};
    image.models.push_back(kept);
    return image;
  }

  // ~0: it was not answered.
  uint32_t Read(uint32_t address, uint32_t size = 4) {
    uint32_t value = 0;
    return memory_.Read(core_, kPlace, address, size, value) ? value : ~0U;
  }

  const std::string input_ = "\x01\x02\x03\x04\x05\x06\x07\x08\x09";
  MachineImage image_;
  Memory memory_;
  Peripherals peripherals_;
  SystemControl system_;
  Core core_;
};

TEST_F(PeripheralsTest, LoadsAreTheNextBytesUpToTheLast) {
  EXPECT_EQ(Read(kDevice), 0x04030201U);
  EXPECT_EQ(Read(kDevice, 2), 0x0605U);
  EXPECT_EQ(Read(kDevice, 1), 7U);
  EXPECT_EQ(Read(kDevice, 4), ~0U) << "two bytes are left";
  EXPECT_EQ(core_.stop, Core::Stop::kInput);
  EXPECT_EQ(Read(kDevice, 2), 0x0908U);
  EXPECT_EQ(peripherals_.Consumed(), input_.size());
}

TEST_F(PeripheralsTest, ModelsAnswerTheFirstTimeAndTheNext) {
  for (const uint32_t expected : {0x10U, 0x20U, 0x30U}) {
    EXPECT_EQ(Read(kDevice + 0x10), expected);
    EXPECT_EQ(Read(kDevice + 0x20), 0x11223344U);
  }
  EXPECT_EQ(peripherals_.Consumed(), 3U);
  EXPECT_TRUE(memory_.Write(core_, kPlace, kDevice + 0x21, 1, 0x55));
  EXPECT_TRUE(memory_.Write(core_, kPlace, kDevice + 0x30, 4, 0x55));
  EXPECT_EQ(Read(kDevice + 0x20), 0x11225544U);
  EXPECT_EQ(Read(kDevice + 0x21, 1), 0x55U);
}

TEST_F(PeripheralsTest, HalfAPageIsHalfAPage) {
  EXPECT_EQ(Read(kDevice + 0x17fc, 1), 1U);
  EXPECT_EQ(Read(kDevice + 0x1800, 1), ~0U);
  EXPECT_EQ(core_.fault, uint32_t{kPreciseBus});
  EXPECT_FALSE(memory_.Write(core_, kPlace, kDevice + 0x1800, 1, 0));
}

TEST_F(PeripheralsTest, TheMpuIsAskedOfAPageThatIsKnown) {
  EXPECT_EQ(Read(kDevice, 1), 1U);
  EXPECT_EQ(Read(kDevice, 1), 2U);
  EXPECT_TRUE(system_.Write(core_, 0, 0xe000ed94, 4, 1));  // no regions: nothing is allowed
  EXPECT_EQ(Read(kDevice, 1), ~0U);
  EXPECT_EQ(core_.fault, uint32_t{kDataAccess});
  EXPECT_FALSE(memory_.Write(core_, kPlace, kDevice, 1, 0));
  EXPECT_TRUE(system_.Write(core_, 0, 0xe000ed94, 4, 0));
  EXPECT_EQ(Read(kDevice, 1), 3U);
}

TEST_F(PeripheralsTest, WhoListensIsToldOfAPageThatIsKnown) {
  EXPECT_EQ(Read(kDevice, 1), 1U);
  std::vector<uint64_t> told;
  memory_.OnAccess([&told](const Memory::Happened& happened) { told.push_back(happened.value); });
  peripherals_.OnRead([&told](const Peripherals::Answer& answer) { told.push_back(answer.now); });
  core_.now = 77;
  EXPECT_EQ(Read(kDevice, 1), 2U);
  EXPECT_EQ(told, (std::vector<uint64_t>{77, 2}));
  const auto loads = peripherals_.LastLoads();
  ASSERT_EQ(loads.size(), 2U);
  EXPECT_TRUE(loads[1].IsAs({0, kPlace, kDevice, 1, 2}));
  EXPECT_EQ(loads[1].now, 77U);
}

TEST_F(PeripheralsTest, TheLastLoadsAreTheLatest) {
  for (int i = 0; i < 20; ++i) (void)Read(kDevice + 0x20);
  EXPECT_EQ(Read(kDevice, 1), 1U);
  const auto loads = peripherals_.LastLoads();
  ASSERT_EQ(loads.size(), Peripherals::kMostLoads);
  EXPECT_EQ(loads.back().address, kDevice);
  EXPECT_EQ(loads.front().address, kDevice + 0x20);
}

// Reads as instructions do. How many were answered at once.
template <uint32_t size>
int ReadAtOnceOrNot(Peripherals& peripherals, Core& core, uint32_t address, uint32_t& value) {
  if (peripherals.ReadAtOnce<size>(core, kPlace, address, value)) return 1;
  if (!peripherals.Read(core, kPlace, address, size, value)) value = ~0U;
  return 0;
}

TEST_F(PeripheralsTest, WhatIsAnsweredAtOnceIsAsElse) {
  Peripherals other(image_);
  std::string input;
  for (char i = 1; i < 40; ++i) input += i;
  for (Peripherals* one : {&peripherals_, &other}) {
    one->SetInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  }
  int at_once = 0;
  for (uint64_t round = 0; round < 9; ++round) {
    core_.now = 100 + round;
    for (const uint32_t address : {kDevice, kDevice + 0x10, kDevice + 0x20}) {
      uint32_t values[3] = {};
      at_once += ReadAtOnceOrNot<4>(other, core_, address, values[0]);
      at_once += ReadAtOnceOrNot<2>(other, core_, address, values[1]);
      at_once += ReadAtOnceOrNot<1>(other, core_, address, values[2]);
      for (const uint32_t size : {4U, 2U, 1U}) {
        uint32_t value = 0;
        if (!peripherals_.Read(core_, kPlace, address, size, value)) value = ~0U;
        EXPECT_EQ(values[size == 4 ? 0 : 3 - size], value) << round << ' ' << address;
      }
    }
    EXPECT_EQ(other.Consumed(), peripherals_.Consumed());
    EXPECT_EQ(other.LastTaken(), peripherals_.LastTaken());
  }
  // Not the first of a place, not what a model keeps, and not the last bytes.
  EXPECT_GT(at_once, 10);
  EXPECT_EQ(peripherals_.Consumed(), input.size());
  const auto loads = peripherals_.LastLoads();
  const auto others = other.LastLoads();
  ASSERT_EQ(loads.size(), others.size());
  for (size_t i = 0; i < loads.size(); ++i) EXPECT_TRUE(loads[i].IsAs(others[i])) << i;
}

TEST_F(PeripheralsTest, NothingIsAnsweredAtOnceWhereSomebodyIsToldOrThereAreStreams) {
  EXPECT_EQ(Read(kDevice, 1), 1U);
  uint32_t value = 0;
  peripherals_.OnRead([](const Peripherals::Answer& /*answer*/) {});
  EXPECT_FALSE(peripherals_.ReadAtOnce<1>(core_, kPlace, kDevice, value));
  peripherals_.OnRead(nullptr);
  EXPECT_TRUE(peripherals_.ReadAtOnce<1>(core_, kPlace, kDevice, value));
  EXPECT_EQ(value, 2U);
  const std::string streams = WriteStreams({{{{kDevice, kPlace}, "stream"}}, "the rest"});
  peripherals_.SetInput(reinterpret_cast<const uint8_t*>(streams.data()), streams.size());
  EXPECT_FALSE(peripherals_.ReadAtOnce<1>(core_, kPlace, kDevice, value));
  EXPECT_EQ(Read(kDevice, 1), uint32_t{'s'});
}

}  // namespace
}  // namespace percuss::rehost
