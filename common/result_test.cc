// SPDX-License-Identifier: Apache-2.0
#include "common/result.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace percuss::common {
namespace {

TEST(ResultTest, TextSaysWhereAsACompilerWould) {
  const Error error{ErrorCode::kBadInput, "not a number", "campaign.json", 7};
  EXPECT_EQ(error.Text(), "campaign.json:7: not a number");
  EXPECT_EQ(error.While("reading limits").Text(), "campaign.json:7: reading limits: not a number");
  EXPECT_EQ((Error{ErrorCode::kIo, "full", "disk", 0}.Text()), "disk: full");
}

TEST(ResultTest, ErrnoBecomesWords) {
  const Status status = FailErrno(ENOSPC, "cannot write", "f");
  EXPECT_EQ(status.error().Text(), "f: cannot write: No space left on device");
}

TEST(ResultDeathTest, CheckNamesTheBrokenExpression) {
  EXPECT_DEATH(PERCUSS_CHECK(1 + 1 == 3), "1 \\+ 1 == 3 does not hold");
}

}  // namespace
}  // namespace percuss::common
