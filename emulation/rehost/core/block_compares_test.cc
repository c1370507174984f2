// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/block_compares.h"

#include <gtest/gtest.h>

#include "emulation/rehost/core/stream_fixture.h"

namespace percuss::rehost {
namespace {

TEST(BlockCompares, ThoseWhoseOperandsAreStillThere) {
  Machine machine(LockedFirmware());
  const std::string code = Halfwords({
      0x2807,          // cmp r0,#7
      0x4288,          // cmp r0,r1
      0x2900,          // cmp r1,#0
      0x0001,          // movs r1,r0: r1 is gone
      0xf012, 0x0f40,  // tst r2,#64
      0xd0fe,          // beq .
      0x2a09,          // cmp r2,#9: of another block
  });
  ASSERT_TRUE(machine.memory().Poke(0x20000000, code.data(), code.size()));
  BlockCompares compares(machine.memory(), {});
  const auto& found = compares.Of(0x20000000);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].rn, 0);
  EXPECT_TRUE(found[0].immediate);
  EXPECT_EQ(found[0].imm, 7U);
  EXPECT_EQ(found[0].kind, BlockCompare::Kind::kValues);
  EXPECT_EQ(found[1].rn, 2);
  EXPECT_EQ(found[1].imm, 64U);
  EXPECT_EQ(found[1].kind, BlockCompare::Kind::kBits);
}

TEST(BlockCompares, NothingBehindASleepWhichEndsABlock) {
  Machine machine(LockedFirmware());
  const std::string code = Halfwords({0x2807, 0xbf30, 0x2a09});  // cmp r0,#7; wfi; cmp r2,#9
  ASSERT_TRUE(machine.memory().Poke(0x20000000, code.data(), code.size()));
  BlockCompares compares(machine.memory(), {});
  ASSERT_EQ(compares.Of(0x20000000).size(), 1U);
  EXPECT_EQ(compares.Of(0x20000000)[0].rn, 0);
}

TEST(BlockCompares, NothingWhereNoMemoryIs) {
  Machine machine(LockedFirmware());
  BlockCompares compares(machine.memory(), {});
  EXPECT_TRUE(compares.Of(0x70000000).empty());
  EXPECT_TRUE(compares.Of(0x20000ffe).empty());  // an instruction that the end cuts off, or none
}

}  // namespace
}  // namespace percuss::rehost
