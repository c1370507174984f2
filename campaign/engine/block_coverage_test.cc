// SPDX-License-Identifier: Apache-2.0
#include "campaign/engine/block_coverage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/fs.h"
#include "common/hash.h"
#include "common/json_file.h"
#include "emulation/rehost/core/attached_machine.h"
#include "emulation/rehost/small_firmware.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;
using ::testing::HasSubstr;

class MeasureBlocksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = common::TemporaryFolder::Make("percuss-blocks");
    ASSERT_TRUE(made);
    folder_.emplace(std::move(*made));
    target_.rehost.firmware = "valve.elf";
    target_.binaries["libfuzzer"] = folder_->Path() / "program";
    Write("program", "a program" + rehost::AttachedMachine(emulation::SmallFirmware(false)));
  }
  stdfs::path Write(const std::string& name, const std::string& bytes) {
    const stdfs::path path = folder_->Path() / name;
    EXPECT_TRUE(common::WriteFileAtomically(path, bytes));
    return path;
  }
  common::BlockCoverage Measure(const std::vector<stdfs::path>& inputs) {
    return MeasureBlocks(target_, inputs, folder_->Path() / "package", kPlace, cancel_);
  }
  std::string List() { return common::ReadFile(folder_->Path() / "package" / kPlace).value_or(""); }

  static constexpr const char* kPlace = "coverage/valve/blocks.json";
  std::optional<common::TemporaryFolder> folder_;
  TargetSpec target_;
  std::atomic<bool> cancel_ = false;
};

TEST_F(MeasureBlocksTest, SumsAreThoseOfTheListInThePackage) {
  const auto idle = Write("idle", emulation::Words({1, 2}));
  const common::BlockCoverage coverage = Measure({idle, Write("fails", emulation::Words({44}))});
  ASSERT_TRUE(coverage.present) << coverage.absent_reason;
  EXPECT_EQ(coverage.path, kPlace);
  EXPECT_EQ(coverage.blocks_ran, 3);
  EXPECT_EQ(coverage.blocks_found, 5);
  EXPECT_EQ(coverage.inputs, 2);
  ASSERT_EQ(coverage.functions.size(), 2U);
  EXPECT_EQ(coverage.functions[0].address, "0x08000200");
  EXPECT_EQ(coverage.functions[0].blocks_ran, 3);
  EXPECT_EQ(coverage.functions[1].found_by, "vector");
  EXPECT_EQ(coverage.sha256, common::Sha256Hex(List()));
  const auto list = common::Json::parse(List());
  EXPECT_EQ(list.at("blocks").size(), 5U);
  EXPECT_EQ(list.at("blocks_ran"), 3);
  // And it is the same bytes again.
  const std::string before = List();
  EXPECT_EQ(Measure({folder_->Path() / "fails", idle}).sha256, coverage.sha256);
  EXPECT_EQ(List(), before);
}

TEST_F(MeasureBlocksTest, WhatCannotBeMeasuredIsAbsentWithAReason) {
  EXPECT_THAT(Measure({folder_->Path() / "nowhere"}).absent_reason, HasSubstr("nowhere"));
  Write("program", "a program");
  EXPECT_THAT(Measure({}).absent_reason, HasSubstr("no machine"));
  EXPECT_FALSE(Measure({}).present);
  cancel_ = true;
  Write("program", "a program" + rehost::AttachedMachine(emulation::SmallFirmware(false)));
  EXPECT_EQ(Measure({Write("one", "1")}).absent_reason, "interrupted");
  // Of another target nothing is said.
  target_.rehost.firmware.clear();
  EXPECT_EQ(Measure({}).absent_reason, "");
}

}  // namespace
}  // namespace percuss::campaign
