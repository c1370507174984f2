// SPDX-License-Identifier: Apache-2.0
#include "reports/evidence/package_path.h"

#include <gtest/gtest.h>

namespace percuss::reports {
namespace {

TEST(PathGuardTest, OrdinaryNamesPass) {
  PathGuard guard;
  for (const char* path :
       {"a", "findings/F-1/input.min", "logs/id:000,sig:11", "a b/c+d@e", "..a", "b/.hidden"}) {
    EXPECT_TRUE(guard.AddFile(path)) << path;
  }
}

TEST(PathGuardTest, NamesThatLeaveTheFolderOrDifferBetweenSystemsAreRefused) {
  const std::string too_long(256, 'a');
  for (const std::string& path :
       {std::string(), std::string("/a"), std::string("a/"), std::string("a//b"), std::string("."),
        std::string("a/.."), std::string("../a"), std::string("a/./b"), std::string("c:x"),
        std::string("a\\b"), std::string("a\nb"), std::string("a\0b", 3), std::string("\x7f"),
        std::string("\xc3\xa9"), too_long}) {
    PathGuard guard;
    const auto added = guard.AddFile(path);
    ASSERT_FALSE(added) << path;
    EXPECT_EQ(added.error().code, common::ErrorCode::kCorrupt);
  }
}

TEST(PathGuardTest, TwoNamesForOnePlaceAreRefused) {
  const std::pair<const char*, const char*> pairs[] = {{"a", "a"},   {"a", "A"},   {"a/b", "A/c"},
                                                       {"a", "a/b"}, {"a/b", "a"}, {"A/b", "a"}};
  for (const auto& [first, second] : pairs) {
    PathGuard guard;
    ASSERT_TRUE(guard.AddFile(first));
    EXPECT_FALSE(guard.AddFile(second)) << first << " " << second;
  }
}

TEST(PathGuardTest, MessagesAreSafeToPrint) {
  EXPECT_EQ(PrintablePath("a\x1b[2J"), "'a\\x1b[2J'");
  EXPECT_LT(PrintablePath(std::string(5000, 'a')).size(), 300U);
}

}  // namespace
}  // namespace percuss::reports
