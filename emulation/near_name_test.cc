// SPDX-License-Identifier: Apache-2.0
#include "emulation/near_name.h"

#include <gtest/gtest.h>

namespace percuss::emulation {
namespace {

TEST(NearNameTest, SlipsAreCounted) {
  EXPECT_EQ(SlipsBetween("__asert_func", "__assert_func"), 1U);
  EXPECT_EQ(SlipsBetween("firmware_raedy", "firmware_ready"), 1U);
  EXPECT_EQ(SlipsBetween("hardfault_handler", "HardFault_Handler"), 0U);
  EXPECT_EQ(SlipsBetween("HardFaultHandlr", "HardFault_Handler"), 2U);
  EXPECT_EQ(SlipsBetween("mps2-an358", "mps2-an385"), 1U);
}

TEST(NearNameTest, OtherNamesAreNoSlips) {
  EXPECT_FALSE(SlipsBetween("BusFault_Handler", "UsageFault_Handler"));
  EXPECT_FALSE(SlipsBetween("main", "malloc"));
  EXPECT_FALSE(SlipsBetween("abc", "abd"));
  EXPECT_FALSE(SlipsBetween("memset", "memset"));
  EXPECT_FALSE(SlipsBetween("", "a"));
  EXPECT_FALSE(SlipsBetween(std::string(100'000, 'a'), std::string(100'001, 'a')));
}

}  // namespace
}  // namespace percuss::emulation
