// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/confirmation.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>

#include "common/fs.h"

namespace percuss::campaign {
namespace {

class ConfirmationTest : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = common::TemporaryFolder::Make("confirmation-test");
    ASSERT_TRUE(folder.has_value());
    folder_.emplace(std::move(*folder));
  }

  // By a program that says what it is asked with, and then this.
  common::Confirmation AskedOf(const std::string& script) {
    const auto program = folder_->Path() / "confirm";
    EXPECT_TRUE(common::WriteFileAtomically(program, "#!/bin/sh\n" + script).has_value());
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    return ConfirmOnOtherProcessor(program, "the target", "the input");
  }

  std::optional<common::TemporaryFolder> folder_;
};

TEST_F(ConfirmationTest, AProgramThatIsNotThereConfirmsNothing) {
  const common::Confirmation answer =
      ConfirmOnOtherProcessor(folder_->Path() / "percuss-confirm", "target", "input");
  EXPECT_EQ(answer.verdict, "not_run");
  EXPECT_EQ(answer.reason, "the program percuss-confirm is not there");
  EXPECT_EQ(answer.instructions, -1);
}

TEST_F(ConfirmationTest, WhatItSaysIsTaken) {
  common::Confirmation answer = AskedOf(
      "echo '{\"verdict\": \"confirmed\", \"by\": \"'\"$1,$2,$3\"'\", \"instructions\": 7}'\n");
  EXPECT_EQ(answer.verdict, "confirmed");
  EXPECT_EQ(answer.by, "--json,the target,the input");
  EXPECT_EQ(answer.instructions, 7);
  answer = AskedOf("echo '{\"verdict\": \"not_confirmed\", \"reason\": \"r3 differs\"}'\n");
  EXPECT_EQ(answer.verdict, "not_confirmed");
  EXPECT_EQ(answer.reason, "r3 differs");
}

TEST_F(ConfirmationTest, WhatSaysNothingSensibleHasNotConfirmed) {
  for (const char* script : {"exit 64\n", "echo confirmed\n", "echo '{}'\n", "kill -9 $$\n",
                             "echo '{\"verdict\": \"maybe\"}'\n", "echo '[1]'\n", ""}) {
    const common::Confirmation answer = AskedOf(script);
    EXPECT_EQ(answer.verdict, "not_run") << script;
    EXPECT_NE(answer.reason, "") << script;
  }
}

}  // namespace
}  // namespace percuss::campaign
