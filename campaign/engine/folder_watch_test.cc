// SPDX-License-Identifier: Apache-2.0
#include "campaign/engine/folder_watch.h"

#include <gtest/gtest.h>

#include <fstream>
#include <optional>

#include "common/fs.h"

namespace percuss::campaign {
namespace {

class FolderWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = common::TemporaryFolder::Make("folder-watch");
    ASSERT_TRUE(folder);
    folder_.emplace(std::move(*folder));
    watch_.emplace(folder_->Path());
  }
  [[nodiscard]] std::filesystem::path Path(const std::string& name) const {
    return folder_->Path() / name;
  }
  std::optional<common::TemporaryFolder> folder_;
  std::optional<FolderWatch> watch_;
};

TEST_F(FolderWatchTest, HandsOverEachFileOnce) {
  std::ofstream(Path("one")) << "1";
  EXPECT_EQ(watch_->TakeNew(), std::vector{Path("one")});
  std::ofstream(Path("two")) << "2";
  EXPECT_EQ(watch_->TakeNew(), std::vector{Path("two")});
  EXPECT_TRUE(watch_->TakeNew().empty());
}

TEST_F(FolderWatchTest, WaitsForWhatIsStillBeingWritten) {
  std::ofstream writer(Path("crash"));
  EXPECT_TRUE(watch_->TakeNew().empty());
  writer << "half" << std::flush;
  EXPECT_TRUE(watch_->TakeNew().empty());
  EXPECT_TRUE(watch_->TakeRest().empty());
  writer << " and half";
  writer.close();
  ASSERT_EQ(watch_->TakeNew(), std::vector{Path("crash")});
  EXPECT_EQ(*common::ReadFile(Path("crash")), "half and half");
}

TEST_F(FolderWatchTest, TakesAnEmptyFileOnlyWhenItStaysSo) {
  std::ofstream(Path("empty")).close();
  EXPECT_TRUE(watch_->TakeNew().empty());
  std::filesystem::last_write_time(
      Path("empty"), std::filesystem::file_time_type::clock::now() - std::chrono::seconds(5));
  EXPECT_EQ(watch_->TakeNew(), std::vector{Path("empty")});
}

TEST_F(FolderWatchTest, TakesAnEmptyFileOfAWriterThatHasEnded) {
  std::ofstream(Path("empty")).close();
  EXPECT_EQ(watch_->TakeRest(), std::vector{Path("empty")});
  EXPECT_TRUE(watch_->TakeNew().empty());
}

}  // namespace
}  // namespace percuss::campaign
