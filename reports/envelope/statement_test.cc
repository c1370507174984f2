// SPDX-License-Identifier: Apache-2.0
#include "reports/envelope/statement.h"

#include <gtest/gtest.h>

namespace percuss::reports {
namespace {

TEST(StatementTest, IsAnInTotoStatementWithEverySubject) {
  Statement statement;
  statement.subjects = {{"b/file", "22"}, {"a/file", "11"}};
  statement.package_id = "id";
  statement.verdict = "fail";
  statement.created_at = "2026-01-31T23:59:59Z";
  statement.manifest_sha256 = "33";
  const auto json = common::ParseJson(StatementText(statement), "statement");
  ASSERT_TRUE(json) << json.error().Text();
  EXPECT_EQ((*json)["_type"], "https://in-toto.io/Statement/v1");
  EXPECT_EQ((*json)["predicateType"], "urn:percuss:evidence:v1");
  ASSERT_EQ((*json)["subject"].size(), 2U);
  EXPECT_EQ((*json)["subject"][0]["name"], "a/file");
  EXPECT_EQ((*json)["subject"][0]["digest"]["sha256"], "11");
  EXPECT_EQ((*json)["predicate"]["verdict"], "fail");
  EXPECT_EQ((*json)["predicate"]["manifest_sha256"], "33");
}

}  // namespace
}  // namespace percuss::reports
