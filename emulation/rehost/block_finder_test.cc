// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/block_finder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "emulation/rehost/capstone_blocks.h"
#include "emulation/rehost/small_firmware.h"

namespace percuss::emulation {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

// Its code at kSmallCode, the vector table with 64 handlers before it.
rehost::MachineImage FirmwareOf(const std::string& code) {
  rehost::MachineImage image = SmallFirmware(false);
  std::string& flash = image.regions.front().bytes;
  flash.replace(kSmallCode - kSmallFlash, code.size(), code);
  std::fill(flash.begin() + static_cast<std::ptrdiff_t>(kSmallCode - kSmallFlash + code.size()),
            flash.begin() + (kSmallHandler - kSmallFlash), '\0');
  return image;
}

std::vector<uint32_t> BeginsOf(const FoundCode& found) {
  std::vector<uint32_t> begins;
  for (const FoundBlock& block : found.blocks) begins.push_back(block.begin - kSmallCode);
  return begins;
}

std::vector<std::string> Objections(const rehost::MachineImage& image, const FoundCode& found) {
  return CapstoneBlocks(image).Objections(found);
}

TEST(BlockFinder, FindsWhatTheEntryAndTheVectorsLeadTo) {
  const rehost::MachineImage image = SmallFirmware(false);
  const FoundCode found = FindBlocks(image);
  const uint32_t handler = kSmallHandler - kSmallCode;
  EXPECT_THAT(BeginsOf(found), ElementsAre(0, 16, 24, 26, handler));
  ASSERT_EQ(found.functions.size(), 2U);
  EXPECT_EQ(found.functions[0].begin, kSmallCode);
  EXPECT_EQ(NameOf(found.functions[1].found_by), std::string("vector"));
  EXPECT_EQ(found.blocks[1].size, 8U);
  EXPECT_EQ(found.blocks[4].function, 1U);
  EXPECT_EQ(found.data_bytes, 256U);  // the table
  EXPECT_THAT(found.conflicts, IsEmpty());
  EXPECT_THAT(Objections(image, found), IsEmpty());
}

TEST(BlockFinder, CodeBehindACallIsCodeOnlyIfItComesBack) {
  const auto blocks = [](uint16_t last) {
    return BeginsOf(FindBlocks(FirmwareOf(Halfwords({
        0xf000, 0xf802,  // bl +8
        0xffff, 0xffff,  // what may be data
        0x2000, last     // movs r0, #0; b . or bx lr
    }))));
  };
  EXPECT_THAT(blocks(0xe7fe), ElementsAre(0, 8, 10, kSmallHandler - kSmallCode));
  EXPECT_THAT(blocks(0x4770), ElementsAre(0, 8, kSmallHandler - kSmallCode));
  const FoundCode goes_on = FindBlocks(FirmwareOf(Halfwords({
      0xf000, 0xf802,  // bl +8
      0xe7fe, 0xbf00,  // b .
      0x2000, 0x4770   // movs r0, #0; bx lr
  })));
  EXPECT_THAT(BeginsOf(goes_on), ElementsAre(0, 4, 8, kSmallHandler - kSmallCode));
  EXPECT_THAT(goes_on.conflicts, IsEmpty());
}

TEST(BlockFinder, FunctionsThatCallEachOtherAndNeverComeBackAreWaitedForByNobody) {
  const FoundCode found = FindBlocks(FirmwareOf(Halfwords({
      0xf000, 0xf802,  // bl +8
      0xffff, 0xffff,  //
      0xf7ff, 0xfffa,  // +8: bl 0
      0xffff, 0xffff   //
  })));
  EXPECT_THAT(BeginsOf(found), ElementsAre(0, 8, kSmallHandler - kSmallCode));
}

TEST(BlockFinder, FollowsJumpTablesAndLeavesThemOut) {
  const rehost::MachineImage image = FirmwareOf(Halfwords({
      0x2802, 0xd808,  // cmp r0, #2; bhi +22
      0xe8df, 0xf000,  // tbb [pc, r0]
      0x0302, 0xff04,  // +8: 2 3 4, and no entry
      0x4770, 0x4770,  // +12, +14
      0x4770, 0xffff,  // +16
      0xffff, 0x4770   // +22
  }));
  const FoundCode found = FindBlocks(image);
  EXPECT_THAT(BeginsOf(found), ElementsAre(0, 4, 12, 14, 16, 22, kSmallHandler - kSmallCode));
  EXPECT_THAT(found.unresolved, IsEmpty());
  EXPECT_THAT(Objections(image, found), IsEmpty());
}

TEST(BlockFinder, TellsWhereNobodyKnowsHowItGoesOn) {
  const FoundCode found = FindBlocks(FirmwareOf(Halfwords({0x4718})));  // bx r3
  EXPECT_THAT(found.unresolved, ElementsAre(kSmallCode));
}

// As flash at 0 is, where a pointer leads to it.
TEST(BlockFinder, WhatIsSeenElsewhereTooIsFoundOnce) {
  constexpr uint32_t kFunction = 12;
  // ldr r0, [pc, #4]; b .; two nops; the word; push {r4, lr}; pop {r4, pc}
  const std::string code = Halfwords({0x4801, 0xe7fe, 0xbf00, 0xbf00}) +
                           Words({kSmallCode - kSmallFlash + kFunction + 1}) +
                           Halfwords({0xb510, 0xbd10});
  rehost::MachineImage image = FirmwareOf(code);
  rehost::Region alias = image.regions.front();
  alias.begin = 0;
  image.regions.push_back(alias);
  EXPECT_THAT(BeginsOf(FindBlocks(image)), ElementsAre(0, 2, kSmallHandler - kSmallCode));
}

TEST(BlockFinder, APointerIsAFunctionOnlyIfItCanBeOne) {
  // ldr r0, [pc, #4]; ldr r1, [pc, #8]; b .; nop; two words; push {r4, lr}; pop {r4, pc}; text
  const std::string text = "a message of 19 byt";
  const FoundCode found = FindBlocks(FirmwareOf(Halfwords({0x4801, 0x4902, 0xe7fe, 0xbf00}) +
                                                Words({kSmallCode + 17, kSmallCode + 21}) +
                                                Halfwords({0xb510, 0xbd10}) + text));
  EXPECT_THAT(BeginsOf(found), Contains(16U));
  EXPECT_THAT(BeginsOf(found), Not(Contains(20U)));
  const auto function =
      std::find_if(found.functions.begin(), found.functions.end(),
                   [](const FoundFunction& one) { return one.begin == kSmallCode + 16; });
  ASSERT_NE(function, found.functions.end());
  EXPECT_EQ(function->found_by, FoundBy::kPointer);
}

TEST(BlockFinder, SymbolsNameFunctionsAndAreFollowed) {
  rehost::MachineImage image = FirmwareOf(Halfwords({0xe7fe, 0xb510, 0xbd10}));
  image.symbols = {
      {kSmallCode + 2, 4, "saves"}, {kSmallCode + 2, 4, "alias"}, {kSmallFlash, 256, "vectors"}};
  const FoundCode found = FindBlocks(image);
  ASSERT_EQ(found.functions.size(), 3U);
  EXPECT_EQ(found.functions[1].name, "alias");
  EXPECT_EQ(found.functions[1].found_by, FoundBy::kSymbol);
}

TEST(BlockFinder, AnInstructionWithinAnotherIsAConflictAndNoBlock) {
  // cbz r0, +6; movw r0, #... whose second half is at +6
  const FoundCode found =
      FindBlocks(FirmwareOf(Halfwords({0xb108, 0xbf00, 0xf240, 0x4770, 0x4770})));
  EXPECT_THAT(found.conflicts, ElementsAre(kSmallCode + 6));
}

// Nothing but what is asserted of any image: blocks within code, apart, with functions.
void ExpectSound(const rehost::MachineImage& image, const FoundCode& found) {
  uint64_t end = 0;
  for (const FoundBlock& block : found.blocks) {
    EXPECT_GE(block.begin, end);
    EXPECT_GT(block.size, 0U);
    EXPECT_LT(block.function, found.functions.size());
    end = uint64_t{block.begin} + block.size;
  }
  uint64_t most = 0;
  for (const auto& region : image.regions) most += region.bytes.size();
  EXPECT_LE(found.code_bytes + found.data_bytes, most);
}

TEST(BlockFinder, RandomBytesComeToAnEndAndTheSameOne) {
  std::mt19937 engine(7);
  const auto random = [&engine] { return static_cast<uint32_t>(engine()); };
  for (int turn = 0; turn < 300; ++turn) {
    rehost::MachineImage image = SmallFirmware(false);
    std::string& flash = image.regions.front().bytes;
    const uint32_t masks[] = {0xffff, 0xf7ff, 0x47ff};
    for (size_t at = 0; at + 1 < flash.size(); at += 2) {
      const uint32_t half = random() & masks[turn % 3];
      flash[at] = static_cast<char>(half);
      flash[at + 1] = static_cast<char>(half >> 8);
    }
    if (turn % 5 == 0) image.regions.front().begin = 0xfffff000;
    image.entry = image.regions.front().begin + (random() & 0xfffU);
    image.vector_table = image.regions.front().begin + (random() & 0xffcU);
    image.architecture = static_cast<rehost::Architecture>(turn % 3);
    for (int i = 0; i < 8; ++i) {
      image.symbols.push_back({image.regions.front().begin + (random() & 0xfffU), 0, "f"});
    }
    const FoundCode found = FindBlocks(image);
    ExpectSound(image, found);
    EXPECT_EQ(BeginsOf(found), BeginsOf(FindBlocks(image)));
  }
}

TEST(BlockFinder, ALargeImageOfCallsTakesBoundedTimeAndStack) {
  rehost::MachineImage image = SmallFirmware(false);
  rehost::Region& region = image.regions.front();
  std::string calls;
  // Each calls the next one: as deep as the image is long.
  while (calls.size() < (size_t{2} << 20)) calls += Halfwords({0xf000, 0xf800});
  region.bytes.resize(kSmallCode - kSmallFlash);
  region.bytes += calls;
  region.size = region.bytes.size();
  const auto began = std::chrono::steady_clock::now();
  const FoundCode found = FindBlocks(image);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  EXPECT_GT(found.blocks.size(), 500'000U);
  EXPECT_LT(took.count(), 120);
}

TEST(BlockFinder, ImagesWithoutCodeHaveNone) {
  EXPECT_THAT(FindBlocks({}).blocks, IsEmpty());
  rehost::MachineImage image = SmallFirmware(false);
  image.regions.front().permissions.execute = false;
  EXPECT_THAT(FindBlocks(image).blocks, IsEmpty());
}

}  // namespace
}  // namespace percuss::emulation
