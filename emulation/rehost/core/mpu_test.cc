// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/mpu.h"

#include <gtest/gtest.h>

#include "emulation/rehost/core/processor_fixture.h"

namespace percuss::rehost {
namespace {

constexpr uint32_t kReadOnly = 6U << 24U;
constexpr uint32_t kFull = 3U << 24U;
constexpr uint32_t kPrivilegedOnly = 1U << 24U;
constexpr uint32_t kNeverExecute = 1U << 28U;
constexpr Mpu::Who kPrivileged = {true, false};
constexpr Mpu::Who kUser = {false, false};
constexpr Mpu::Who kInHardFault = {true, true};

class MpuTest : public testing::Test {
 protected:
  // bytes: a power of two.
  void SetRegion(uint32_t number, uint32_t base, uint64_t bytes, uint32_t attributes) {
    uint32_t exponent = 0;
    while ((uint64_t{1} << exponent) < bytes) ++exponent;
    mpu_.Write(0xd9c, base | 0x10U | number);
    mpu_.Write(0xda0, attributes | (exponent - 1) << 1U | 1U);
  }
  bool MayRead(uint32_t address, Mpu::Who who = kUser) const {
    return mpu_.Allows(address, Access::kRead, who);
  }
  bool MayWrite(uint32_t address, Mpu::Who who = kUser) const {
    return mpu_.Allows(address, Access::kWrite, who);
  }
  bool MayExecute(uint32_t address, Mpu::Who who = kUser) const {
    return mpu_.Allows(address, Access::kExecute, who);
  }
  void Enable(uint32_t more = 0) { mpu_.Write(0xd94, 1U | more); }

  Mpu mpu_{Architecture::kV7M};
};

TEST_F(MpuTest, WithoutItDevicesAreNotExecuted) {
  for (const uint32_t code : {0U, 0x20000000U, 0x60000000U, 0x9fffffffU}) {
    EXPECT_TRUE(MayExecute(code)) << std::hex << code;
  }
  for (const uint32_t device : {0x40000000U, 0x5fffffffU, 0xa0000000U, 0xe000e000U, 0xf0000000U}) {
    EXPECT_FALSE(MayExecute(device)) << std::hex << device;
    EXPECT_TRUE(MayWrite(device));
  }
}

TEST_F(MpuTest, WhatNoRegionHasIsForbiddenButForPrivilegedDefaults) {
  Enable();
  EXPECT_FALSE(MayRead(0x1000, kPrivileged));
  Enable(4);
  EXPECT_TRUE(MayRead(0x1000, kPrivileged));
  EXPECT_FALSE(MayRead(0x1000));
  EXPECT_FALSE(MayExecute(0x40000000, kPrivileged));
}

TEST_F(MpuTest, PermissionsAreThoseOfTheArchitecture) {
  struct {
    uint32_t permission;
    bool privileged_read, privileged_write, user_read, user_write;
  } const cases[] = {{0, false, false, false, false}, {1, true, true, false, false},
                     {2, true, true, true, false},    {3, true, true, true, true},
                     {4, false, false, false, false}, {5, true, false, false, false},
                     {6, true, false, true, false},   {7, true, false, true, false}};
  Enable();
  for (const auto& one : cases) {
    SetRegion(0, 0x20000000, 0x1000, one.permission << 24U);
    EXPECT_EQ(MayRead(0x20000000, kPrivileged), one.privileged_read) << one.permission;
    EXPECT_EQ(MayWrite(0x20000000, kPrivileged), one.privileged_write) << one.permission;
    EXPECT_EQ(MayRead(0x20000fff), one.user_read) << one.permission;
    EXPECT_EQ(MayWrite(0x20000fff), one.user_write) << one.permission;
    EXPECT_EQ(MayExecute(0x20000000), one.user_read) << one.permission;
    EXPECT_FALSE(MayRead(0x20001000, kPrivileged));
  }
}

TEST_F(MpuTest, TheHighestRegionDecides) {
  Enable();
  SetRegion(0, 0, uint64_t{1} << 32U, kFull);
  SetRegion(3, 0x20000000, 0x1000, kReadOnly | kNeverExecute);
  EXPECT_TRUE(MayWrite(0x1fffffff));
  EXPECT_FALSE(MayWrite(0x20000000));
  EXPECT_FALSE(MayExecute(0x20000000));
  EXPECT_TRUE(MayWrite(0x20001000));
  EXPECT_FALSE(MayExecute(0xe0200000)) << "the system region never is";
}

TEST_F(MpuTest, SubregionsThatAreOffLetTheRegionBelowDecide) {
  Enable();
  SetRegion(0, 0x20000000, 0x1000, kFull);
  SetRegion(1, 0x20000000, 0x800, kPrivilegedOnly | 0x81U << 8U);  // first and last are off
  EXPECT_TRUE(MayRead(0x20000000));
  EXPECT_TRUE(MayRead(0x200000ff));
  EXPECT_FALSE(MayRead(0x20000100));
  EXPECT_FALSE(MayRead(0x200006ff));
  EXPECT_TRUE(MayRead(0x20000700));
  SetRegion(1, 0x20000000, 0x80, kPrivilegedOnly | 0xffU << 8U);
  EXPECT_FALSE(MayRead(0x20000000)) << "regions below 256 bytes have none";
}

TEST_F(MpuTest, ItIsOffInFaultHandlersUnlessAskedFor) {
  Enable();
  EXPECT_TRUE(MayRead(0, kInHardFault));
  Enable(2);
  EXPECT_FALSE(MayRead(0, kInHardFault));
}

TEST_F(MpuTest, ThePrivatePeripheralBusIsNotItsBusiness) {
  Enable();
  EXPECT_TRUE(MayWrite(0xe000ed08));
  EXPECT_FALSE(MayRead(0xe0100000));
}

TEST_F(MpuTest, RegionsThatAreOddlyAlignedOrTooSmallAreNone) {
  Enable();
  SetRegion(0, 0x20000020, 0x40, kFull);
  EXPECT_FALSE(MayRead(0x20000020));
  SetRegion(0, 0x20000020, 0x20, kFull);
  EXPECT_TRUE(MayRead(0x20000020));
  mpu_.Write(0xda0, kFull | 1U);
  EXPECT_FALSE(MayRead(0x20000020));
}

TEST_F(MpuTest, RegistersAreAsWritten) {
  EXPECT_EQ(mpu_.Read(0xd90), 0x800U);
  mpu_.Write(0xd98, 5);
  mpu_.Write(0xd98, 8);  // no such region
  EXPECT_EQ(mpu_.Read(0xd98), 5U);
  mpu_.Write(0xdac, 0x12345678 | 0x10U);  // region 8: ignored
  EXPECT_EQ(mpu_.Read(0xd9c), 5U);
  mpu_.Write(0xdac, 0x12345667);
  EXPECT_EQ(mpu_.Read(0xd9c), 0x12345665U);
  mpu_.Write(0xdb8, 0xffffffff);
  EXPECT_EQ(mpu_.Read(0xda0), 0x173fff3fU);
  mpu_.Write(0xd94, 0xffffffff);
  EXPECT_EQ(mpu_.Read(0xd94), 7U);
}

TEST_F(MpuTest, PagesAreWholeWhereNoBoundsLieInThem) {
  Enable();
  SetRegion(0, 0x20000000, 0x10000, kFull);
  EXPECT_TRUE(mpu_.AllowsAll(0x20001000, 0x1000, Access::kRead, kUser).allowed);
  EXPECT_FALSE(mpu_.AllowsAll(0x20010000, 0x1000, Access::kRead, kUser).allowed);
  EXPECT_TRUE(mpu_.AllowsAll(0x20010000, 0x1000, Access::kRead, kUser).uniform);
  SetRegion(1, 0x20001fe0, 0x20, kReadOnly);
  EXPECT_FALSE(mpu_.AllowsAll(0x20001000, 0x1000, Access::kWrite, kUser).uniform);
  EXPECT_TRUE(mpu_.AllowsAll(0x20001000, 0x1000, Access::kRead, kUser).uniform);
  EXPECT_TRUE(mpu_.AllowsAll(0x20002000, 0x1000, Access::kWrite, kUser).uniform);
}

TEST_F(MpuTest, PageAnswersAgreeWithThoseOfEachAddress) {
  Enable();
  uint32_t random = 1;
  for (int round = 0; round < 200; ++round) {
    for (uint32_t number = 0; number < Mpu::kRegions; ++number) {
      random = random * 1664525 + 1013904223;
      const uint32_t exponent = 4 + (random >> 8U) % 10;
      const uint32_t base = 0x20000000 + ((random >> 16U) << 5U & 0x3fffU & (~1U << exponent));
      mpu_.Write(0xd9c, base | 0x10U | number);
      mpu_.Write(0xda0, random << 9U | (random >> 20U & 7U) << 24U | exponent << 1U | 1U);
    }
    for (uint32_t page = 0x20000000; page < 0x20004000; page += 0x1000) {
      const Mpu::Answer answer = mpu_.AllowsAll(page, 0x1000, Access::kWrite, kUser);
      bool uniform = true;
      for (uint32_t i = 4; i < 0x1000; i += 4) uniform &= MayWrite(page + i) == MayWrite(page);
      ASSERT_EQ(answer.uniform, uniform) << round << std::hex << " " << page;
      if (uniform) {
        ASSERT_EQ(answer.allowed, MayWrite(page));
      }
    }
  }
}

TEST(MpuOfArmv6M, IsNotThere) {
  Mpu mpu(Architecture::kV6M);
  mpu.Write(0xd94, 5);
  EXPECT_EQ(mpu.Read(0xd90), 0U);
  EXPECT_EQ(mpu.Read(0xd94), 0U);
  EXPECT_FALSE(mpu.IsEnabled());
}

class MpuOfProcessorTest : public ProcessorTest {
 protected:
  void SetUp() override {
    SetRegister(0xe000ed9c, 0x10);  // all, for all
    SetRegister(0xe000eda0, kFull | 31U << 1U | 1U);
    SetRegister(0xe000ed9c, (kRam + 0x4000) | 0x11U);  // 4 KiB that are privileged's
    SetRegister(0xe000eda0, kPrivilegedOnly | 11U << 1U | 1U);
    SetRegister(0xe000ed94, 1);
    SetRegister(0xe000ed24, 7U << 16U);
  }
  bool Reads(uint32_t address) {
    uint32_t value = 0;
    return memory_.Read(core_, kEntry, address, 4, value);
  }
};

TEST_F(MpuOfProcessorTest, MemoryFollowsWhoIsPrivileged) {
  EXPECT_TRUE(Reads(kRam + 0x4000));
  EXPECT_NE(core_.readable[(kRam + 0x4000) >> kPageBits], nullptr);
  SetSpecial(20, 1);
  EXPECT_EQ(core_.stop, Core::Stop::kAttention);
  EXPECT_EQ(core_.readable[(kRam + 0x4000) >> kPageBits], nullptr);
  EXPECT_FALSE(Reads(kRam + 0x4000));
  EXPECT_EQ(core_.fault, uint32_t{kDataAccess});
  Take(kPendSv);
  EXPECT_TRUE(Reads(kRam + 0x4000));
  ASSERT_TRUE(system_.Return(core_, core_.r[kLr]));
  EXPECT_FALSE(Reads(kRam + 0x4000));
}

TEST_F(MpuOfProcessorTest, FramesAreOfTheirOwnersPrivilege) {
  SetPriority(kPendSv, 0x80);
  SetSpecial(9, kRam + 0x4010);  // the frame would reach into what is below
  SetSpecial(20, 3);
  ASSERT_TRUE(Fault(kUndefined, 0, 0x1234));
  EXPECT_EQ(core_.exception, kMemManage) << "derived, and of the lesser number";
  EXPECT_EQ(system_.Faults().cfsr, kUndefined | kStackAccess);
}

TEST_F(MpuOfProcessorTest, FramesAreReadAsWhoTheyBelongTo) {
  SetPriority(kPendSv, 0x80);
  SetSpecial(20, 1);
  Take(kPendSv);
  SetSpecial(9, kRam + 0x4100);
  ASSERT_TRUE(system_.Return(core_, 0xfffffffd));
  EXPECT_EQ(core_.exception, kMemManage);
  EXPECT_EQ(system_.Faults().cfsr, uint32_t{kUnstackAccess});
}

TEST_F(MpuOfProcessorTest, HardFaultSeesAllOfMemory) {
  SetRegister(0xe000ed9c, (kRam + 0x5000) | 0x12U);
  SetRegister(0xe000eda0, 11U << 1U | 1U);  // nobody's
  EXPECT_FALSE(Reads(kRam + 0x5000));
  Take(kNmi);
  EXPECT_TRUE(Reads(kRam + 0x5000));
  ASSERT_TRUE(system_.Return(core_, core_.r[kLr]));
  EXPECT_FALSE(Reads(kRam + 0x5000));
  system_.SetFaultmask(core_, true);
  EXPECT_TRUE(Reads(kRam + 0x5000));
  system_.SetFaultmask(core_, false);
  EXPECT_FALSE(Reads(kRam + 0x5000));
}

TEST_F(MpuOfProcessorTest, CopiesTellWhetherMemoryMustForget) {
  const SystemControl before = system_;
  EXPECT_TRUE(system_.SharesPermissions(before));
  SetSpecial(20, 1);
  EXPECT_FALSE(system_.SharesPermissions(before));
  Take(kPendSv);
  EXPECT_TRUE(system_.SharesPermissions(before));
  SetRegister(0xe000eda0, 0);
  EXPECT_FALSE(system_.SharesPermissions(before));
}

}  // namespace
}  // namespace percuss::rehost
