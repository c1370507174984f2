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

}  // namespace
}  // namespace percuss::rehost
