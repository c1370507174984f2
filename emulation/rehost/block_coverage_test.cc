// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/block_coverage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "emulation/rehost/block_report.h"
#include "emulation/rehost/small_firmware.h"

namespace percuss::emulation {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<uint32_t> RanOf(const BlockCoverage& coverage) {
  std::vector<uint32_t> ran;
  for (const CoveredBlock& block : coverage.blocks) {
    if (block.ran) ran.push_back(block.begin);
  }
  return ran;
}

BlockCoverage CoverageOf(const rehost::MachineImage& image, const std::vector<std::string>& inputs,
                         uint64_t most = kMostTracedInstructions) {
  BlockTracer tracer(image, most);
  for (const std::string& input : inputs) tracer.Run(input);
  return tracer.Coverage();
}

TEST(BlockCoverage, TellsBlocksThatRanFromThoseThatWereOnlyFound) {
  const rehost::MachineImage image = SmallFirmware(false);
  const BlockCoverage idle = CoverageOf(image, {Words({1, 2})});
  EXPECT_THAT(RanOf(idle), ElementsAre(kSmallCode, kSmallLoop));
  EXPECT_EQ(idle.blocks.size(), 5U);
  EXPECT_EQ(idle.blocks_ran, 2U);
  EXPECT_EQ(idle.bytes_ran, 16U + 8U);
  EXPECT_THAT(idle.ran_not_found, IsEmpty());
  ASSERT_EQ(idle.functions.size(), 2U);
  EXPECT_EQ(idle.functions[0].ran, 2U);
  EXPECT_EQ(idle.functions[0].blocks, 4U);
  EXPECT_EQ(idle.functions[1].ran, 0U);
  EXPECT_EQ(idle.functions[1].name, "function at 0x08000400");
}

TEST(BlockCoverage, WhatComesBehindAFaultDidNotRun) {
  // The load at kSmallFault faults: the block was reached, the next one, a loop, was not.
  const BlockCoverage coverage = CoverageOf(SmallFirmware(false), {Words({44})});
  EXPECT_THAT(RanOf(coverage), ElementsAre(kSmallCode, kSmallLoop, kSmallFault));
}

TEST(BlockCoverage, WithoutAnInputOnlyTheWayToTheFirstByteRan) {
  rehost::MachineImage image = SmallFirmware(false);
  // str r2, [r3] is the last before it: the block of the loop is reached by its first load.
  EXPECT_THAT(RanOf(CoverageOf(image, {})), ElementsAre(kSmallCode, kSmallLoop));
  std::string& flash = image.regions.front().bytes;
  flash.replace(kSmallCode - kSmallFlash, 2, Halfwords({0xe7fe}));  // b .
  EXPECT_THAT(RanOf(CoverageOf(image, {Words({1})})), ElementsAre(kSmallCode));
}

TEST(BlockCoverage, InterruptsCountAndChangeNothingElse) {
  const BlockCoverage coverage = CoverageOf(SmallFirmware(true), {Words({1, 2, 3, 4, 5, 6})});
  EXPECT_THAT(RanOf(coverage), ElementsAre(kSmallCode, kSmallLoop, kSmallHandler));
  EXPECT_THAT(coverage.ran_not_found, IsEmpty());
}

TEST(BlockCoverage, WhatRanWhereNothingWasFoundIsListedApart) {
  rehost::MachineImage image = SmallFirmware(false);
  std::string& flash = image.regions.front().bytes;
  // bx r0 behind the loop of words, in the place of the load that faults; r0 is the input's.
  flash.replace(kSmallCompare - kSmallFlash, 4, Halfwords({0x0600 | 0x2800 | 0x2c, 0x4700}));
  const uint32_t hidden = kSmallFlash + 0x800;
  flash.replace(hidden - kSmallFlash, 2, Halfwords({0xe7fe}));
  const BlockCoverage coverage = CoverageOf(image, {Words({hidden | 1U})});
  EXPECT_THAT(coverage.ran_not_found, ElementsAre(hidden));
  EXPECT_THAT(coverage.unresolved, ElementsAre(kSmallBranch));
  EXPECT_THAT(BlocksText(coverage, 10), HasSubstr("1 more places ran and were not found"));
}

TEST(BlockCoverage, InputsBehindTheLimitAreCountedAndNotRun) {
  const BlockCoverage coverage =
      CoverageOf(SmallFirmware(false), {Words({1, 2, 3}), Words({44}), Words({44})}, 20);
  EXPECT_EQ(coverage.inputs, 1U);
  EXPECT_EQ(coverage.left_out, 2U);
}

TEST(BlockCoverage, TheJsonIsTheSameWhateverTheOrderOfInputs) {
  const std::string inputs[] = {Words({1, 2}), Words({44}), ""};
  const rehost::MachineImage image = SmallFirmware(true);
  const std::string one = BlocksJson(CoverageOf(image, {inputs[0], inputs[1], inputs[2]})).dump();
  const std::string other = BlocksJson(CoverageOf(image, {inputs[2], inputs[1], inputs[0]})).dump();
  EXPECT_EQ(one, other);
  EXPECT_THAT(one, HasSubstr("\"address\":\"0x08000210\""));
}

TEST(BlockReport, NamesTheLargestGapFirst) {
  const std::string text = BlocksText(CoverageOf(SmallFirmware(false), {Words({1})}), 1);
  EXPECT_THAT(text, HasSubstr("2 of 5 blocks ran"));
  EXPECT_THAT(text, HasSubstr("indirect targets may be missing"));
  EXPECT_THAT(text, HasSubstr("1 more functions are left out"));
}

}  // namespace
}  // namespace percuss::emulation
