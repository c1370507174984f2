// SPDX-License-Identifier: Apache-2.0
//
// Firmware that means harm, made by chance: whatever it does, a run ends within its limits, and an
// input has the same outcome again after another one. Sanitizers see to the rest.
#include <gtest/gtest.h>

#include <vector>

#include "emulation/rehost/core/hostile_firmware.h"
#include "emulation/rehost/core/hostile_runs.h"

namespace percuss::rehost {
namespace {

TEST(MachineHostileTest, EndsTheSameAgain) {
  size_t ran = 0;
  for (uint32_t seed = 0; seed < 300; ++seed) {
    HostileFirmware firmware(nullptr, 0, seed);
    const std::string wrong = WhatGoesWrong(firmware, ran);
    ASSERT_EQ(wrong, "") << "seed " << seed;
  }
  EXPECT_EQ(ran, 300U);
}

}  // namespace
}  // namespace percuss::rehost
