// SPDX-License-Identifier: Apache-2.0
//
// For tests that run inputs in test_program.c, in the place of a harness.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "campaign/supervise/run_input.h"
#include "common/fs.h"

namespace percuss::campaign {

class TestProgramFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    auto folder = common::TemporaryFolder::Make("percuss-test");
    ASSERT_TRUE(folder);
    folder_.emplace(std::move(*folder));
    target_.argv = {PERCUSS_TEST_PROGRAM, "files"};
    target_.style = "aflpp";
  }

  std::filesystem::path Input(const std::string& bytes) {
    const auto path = folder_->Path() / ("input" + std::to_string(inputs_++));
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  std::optional<common::TemporaryFolder> folder_;
  TargetCommand target_;
  InputLimits limits_;
  RunOptions options_;
  int inputs_ = 0;
};

}  // namespace percuss::campaign
