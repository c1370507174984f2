// SPDX-License-Identifier: Apache-2.0
#include "campaign/store/work_dir.h"

#include <gtest/gtest.h>

#include "common/fs.h"

namespace percuss::campaign {
namespace {

TEST(WorkDirTest, HostileIdsStayInTheFolder) {
  const WorkDir dir("/out");
  EXPECT_EQ(dir.Corpus("../../etc").lexically_normal().string().rfind("/out/corpus/", 0), 0u);
  EXPECT_EQ(dir.Corpus("..").parent_path(), "/out/corpus");
  EXPECT_EQ(dir.Corpus("").parent_path(), "/out/corpus");
  EXPECT_EQ(dir.Corpus("").filename(), "%");
}

TEST(WorkDirTest, DistinctIdsNeverShareAPath) {
  EXPECT_NE(WorkDir::SafeName("a/b"), WorkDir::SafeName("a%2Fb"));
  EXPECT_NE(WorkDir::SafeName("a b"), WorkDir::SafeName("a_b"));
  EXPECT_NE(WorkDir::SafeName(""), WorkDir::SafeName("%"));
  EXPECT_EQ(WorkDir::SafeName("lwip_ppp-2.1.3"), "lwip_ppp-2.1.3");
}

TEST(WorkDirTest, CreateMakesTheFolders) {
  const auto folder = common::TemporaryFolder::Make("workdir");
  ASSERT_TRUE(folder);
  const WorkDir dir(folder->Path() / "out");
  ASSERT_TRUE(dir.Create());
  ASSERT_TRUE(dir.CreateTarget("hl7"));
  EXPECT_TRUE(std::filesystem::is_directory(dir.Journal()));
  EXPECT_TRUE(std::filesystem::is_directory(dir.Scratch("hl7")));
  EXPECT_TRUE(std::filesystem::is_directory(dir.Corpus("hl7")));
}

}  // namespace
}  // namespace percuss::campaign
