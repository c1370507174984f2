// SPDX-License-Identifier: Apache-2.0
#include "common/fs.h"

#include <gtest/gtest.h>

namespace percuss::common {
namespace {

class FsTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_ = TemporaryFolder::Make("percuss-fs").value();
};

TEST_F(FsTest, WrittenFileReadsBackWholeAndLeavesNoTemporary) {
  const std::string bytes("a\0b", 3);
  ASSERT_TRUE(WriteFileAtomically(folder_.Path() / "f", bytes));
  EXPECT_EQ(ReadFile(folder_.Path() / "f").value(), bytes);
  EXPECT_EQ(ListFiles(folder_.Path()).size(), 1U);
}

TEST_F(FsTest, ErrorsNameTheFileAndTheKind) {
  const auto absent = ReadFile(folder_.Path() / "absent");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
  EXPECT_NE(absent.error().Text().find("absent: no such file"), std::string::npos);
  EXPECT_EQ(ReadFile(folder_.Path()).error().code, ErrorCode::kBadInput);
  ASSERT_TRUE(WriteFileAtomically(folder_.Path() / "big", "12345"));
  EXPECT_EQ(ReadFile(folder_.Path() / "big", 4).error().code, ErrorCode::kBadInput);
  const auto unwritten = WriteFileAtomically(folder_.Path() / "no" / "such" / "f", "x");
  ASSERT_FALSE(unwritten);
  EXPECT_EQ(unwritten.error().file, folder_.Path() / "no" / "such" / "f")
      << "the caller's own path, not that of the file beside it";
}

TEST_F(FsTest, TreeIsSortedRelativeAndDoesNotFollowLinks) {
  ASSERT_TRUE(MakeFolder(folder_.Path() / "b" / "c"));
  ASSERT_TRUE(WriteFileAtomically(folder_.Path() / "b" / "c" / "2", "x"));
  ASSERT_TRUE(WriteFileAtomically(folder_.Path() / "a", "x"));
  std::filesystem::create_symlink("/etc/passwd", folder_.Path() / "link");
  EXPECT_EQ(ListTree(folder_.Path()).value(), (std::vector<std::string>{"a", "b/c/2"}));
}

TEST(TemporaryFolderTest, IsGoneWithItsOwner) {
  std::filesystem::path path;
  {
    const auto folder = TemporaryFolder::Make("percuss-fs").value();
    path = folder.Path();
    EXPECT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace percuss::common
