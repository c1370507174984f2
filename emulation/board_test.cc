// SPDX-License-Identifier: Apache-2.0
#include "emulation/board.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/fs.h"
#include "common/json_file.h"

namespace percuss::emulation {
namespace {

using ::testing::HasSubstr;

class BoardTest : public ::testing::Test {
 protected:
  common::Result<Board> Load(const std::string& text) {
    auto folder = common::TemporaryFolder::Make("percuss-test");
    if (!folder) return tl::make_unexpected(folder.error());
    const auto file = folder->Path() / "board.json";
    if (auto written = common::WriteFileAtomically(file, text); !written) {
      return tl::make_unexpected(written.error());
    }
    return LoadBoard(file.string(), PERCUSS_BOARD_FOLDER);
  }

  void Refused(const std::string& text, const std::string& why) {
    const auto board = Load(text);
    ASSERT_FALSE(board) << text;
    EXPECT_EQ(board.error().code, common::ErrorCode::kBadInput);
    EXPECT_THAT(board.error().Text(), HasSubstr(why));
  }
};

TEST_F(BoardTest, ShippedDescriptionsLoadUnderTheirNames) {
  int count = 0;
  for (const auto& file : common::ListFiles(PERCUSS_BOARD_FOLDER)) {
    const auto board = LoadBoard(file.stem().string(), PERCUSS_BOARD_FOLDER);
    ASSERT_TRUE(board) << board.error().Text();
    EXPECT_EQ(board->name, file.stem().string());
    EXPECT_FALSE(board->fidelity_limits.empty());
    EXPECT_FALSE(board->faults.empty());
    ++count;
  }
  EXPECT_GE(count, 7);
}

TEST_F(BoardTest, TheSmallestDescriptionHasSensibleDefaults) {
  const auto board =
      Load(R"({"schema": "percuss.board.v1", "name": "mine", "machine": "mps2-an385"})");
  ASSERT_TRUE(board) << board.error().Text();
  EXPECT_EQ(board->checkpoint, "sleep");
  EXPECT_EQ(board->input.kind, "serial");
  EXPECT_GT(board->instruction_budget, 0);
  EXPECT_TRUE(board->checks.heap_begin.empty());
}

TEST_F(BoardTest, AnEmulatorOfRiscvHasItsProfile) {
  const auto board = Load(R"({"schema": "percuss.board.v1", "name": "mine", "machine": "virt",
                             "emulator": "qemu-system-riscv32"})");
  ASSERT_TRUE(board) << board.error().Text();
  EXPECT_EQ(board->profile, "riscv");
  Refused(R"({"schema": "percuss.board.v1", "name": "x", "machine": "virt", "profile": "m",
             "emulator": "qemu-system-riscv32"})",
          "does not go with the emulator qemu-system-riscv32");
  Refused(R"({"schema": "percuss.board.v1", "name": "x", "machine": "virt",
             "emulator": "qemu-system-riscv32", "input": {"kind": "semihosting"}})",
          "semihosting is for boards with an Arm processor");
  Refused(R"({"schema": "percuss.board.v1", "name": "x", "machine": "virt",
             "emulator": "qemu-system-riscv32",
             "memory_checks": {"stack_limit": "__stack_limit"}})",
          "needs \"stack_top\"");
  Refused(R"({"schema": "percuss.board.v1", "name": "x", "machine": "vexpress-a9", "profile": "a",
             "memory_checks": {"stack_limit": "__stack_limit"}})",
          "not for profile a");
  Refused(R"({"schema": "percuss.board.v1", "name": "x", "machine": "y", "profile": "riscv"})",
          "does not go with the emulator qemu-system-arm");
}

TEST_F(BoardTest, MistakesAreToldWithTheirPlace) {
  Refused("{", "board.json");
  Refused("[]", "must be an object");
  Refused(R"({"schema": "percuss.board.v2", "name": "x", "machine": "y"})", "schema");
  Refused(R"({"schema": "percuss.board.v1", "machine": "y"})", "/name");
  Refused(R"({"schema": "percuss.board.v1", "name": "x", "machine": "y",
  "memory": [{"name": "m", "address": "here", "bytes": 4}]})",
          ":2:");
  Refused(R"({"schema": "percuss.board.v1", "name": "x", "machine": "y", "clok_hz": 1})",
          "clok_hz");
  Refused(R"({"schema": "percuss.board.v1", "name": "x", "machine": "y",
             "input": {"kind": "memory"}})",
          "buffer");
  Refused(R"({"schema": "percuss.board.v1", "name": "x", "machine": "y",
             "memory_checks": {"heap_begin": "__heap_start"}})",
          "heap_end");
}

TEST_F(BoardTest, AnUnknownNameListsThoseThatAreKnown) {
  const auto board = LoadBoard("toaster", PERCUSS_BOARD_FOLDER);
  ASSERT_FALSE(board);
  EXPECT_THAT(board.error().Text(), HasSubstr("mps2-an385"));
}

}  // namespace
}  // namespace percuss::emulation
