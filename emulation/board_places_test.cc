// SPDX-License-Identifier: Apache-2.0
#include "emulation/board_places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/fs.h"

namespace percuss::emulation {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// This test's own program, which has main, and _start.
class BoardPlacesTest : public ::testing::Test {
 protected:
  common::Result<std::vector<std::string>> Check(const Board& board) {
    return CheckPlaces(board, ElfImage::OpenAny("/proc/self/exe").value());
  }
  Board BoardOf(const std::string& text) {
    Board board;
    board.name = "mine";
    board.file = folder_.Path() / "mine.json";
    EXPECT_TRUE(common::WriteFileAtomically(board.file, text));
    return board;
  }
  common::TemporaryFolder folder_ = common::TemporaryFolder::Make("places").value();
};

TEST_F(BoardPlacesTest, WhatLooksMisspeltIsRefusedWithItsLine) {
  Board board = BoardOf(R"({
 "description": "_strat",
 "crash": { "assertions": [
  "_strat"] } })");
  board.faults = {"main"};
  board.assertions = {"_strat"};
  const auto checked = Check(board);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, common::ErrorCode::kBadInput);
  EXPECT_THAT(checked.error().Text(), HasSubstr("mine.json:4: \"_strat\" (crash.assertions)"));
  EXPECT_THAT(checked.error().Text(), HasSubstr("did you mean \"_start\"?"));
  board.shipped = true;  // not of the user's writing
  EXPECT_TRUE(Check(board));
  board.shipped = false;
  board.done = {"_start"};  // it is meant elsewhere
  EXPECT_TRUE(Check(board));
}

TEST_F(BoardPlacesTest, WhatTheImageLacksIsTold) {
  Board board = BoardOf("{}");
  board.faults = {"main", "NoSuch_Handler"};
  board.checks.stack_limit = "__no_such_limit";
  const auto notes = Check(board);
  ASSERT_TRUE(notes) << notes.error().Text();
  EXPECT_THAT(*notes, ElementsAre(HasSubstr("\"NoSuch_Handler\" (crash.faults), "
                                            "\"__no_such_limit\" (memory_checks.stack_limit)")));
  board.faults = {"main", "0x1000"};
  board.checks.stack_limit.clear();
  EXPECT_THAT(*Check(board), IsEmpty());
}

TEST_F(BoardPlacesTest, RulesOfWhichNoneCanBeBrokenAreRefused) {
  Board board = BoardOf("{\n\"crash\": { \"faults\": [\"NoSuch_Handler\"] } }");
  board.faults = {"NoSuch_Handler"};
  const auto checked = Check(board);
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().Text(), HasSubstr("mine.json:2: none of the places"));
}

TEST_F(BoardPlacesTest, AMachineIsOneOfTheEmulators) {
  constexpr const char* kHelp =
      "Supported machines are:\nmps2-an385   ARM MPS2 with AN385 FPGA image for Cortex-M3\n"
      "mps2-an386   ARM MPS2 with AN386 FPGA image for Cortex-M4\nvirt   (alias of virt-7.2)\n";
  Board board = BoardOf("{\n \"machine\": \"mps2-an358\"}");
  board.emulator = "qemu-system-arm";
  for (const char* known : {"mps2-an385", "virt,secure=on"}) {
    board.machine = known;
    EXPECT_TRUE(CheckMachine(board, kHelp)) << known;
  }
  board.machine = "mps2-an358";
  const auto misspelt = CheckMachine(board, kHelp);
  ASSERT_FALSE(misspelt);
  EXPECT_EQ(misspelt.error().code, common::ErrorCode::kBadInput);
  EXPECT_THAT(misspelt.error().Text(), HasSubstr("mine.json:2: "));
  EXPECT_THAT(misspelt.error().Text(), HasSubstr("did you mean \"mps2-an385\"?"));
  EXPECT_TRUE(CheckMachine(board, "some other program's words\n"));
  board.shipped = true;
  EXPECT_EQ(CheckMachine(board, kHelp).error().code, common::ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace percuss::emulation
