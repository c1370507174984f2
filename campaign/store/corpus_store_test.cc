// SPDX-License-Identifier: Apache-2.0
#include "campaign/store/corpus_store.h"

#include <gtest/gtest.h>

#include "common/fs.h"
#include "common/hash.h"

namespace percuss::campaign {
namespace {

class CorpusStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = common::TemporaryFolder::Make("corpus");
    ASSERT_TRUE(folder);
    folder_.emplace(std::move(*folder));
  }
  [[nodiscard]] std::filesystem::path Path(const std::string& name) const {
    return folder_->Path() / name;
  }
  void Write(const std::string& name, const std::string& bytes) const {
    ASSERT_TRUE(common::MakeFolder(Path(name).parent_path()));
    ASSERT_TRUE(common::WriteFileAtomically(Path(name), bytes));
  }
  std::optional<common::TemporaryFolder> folder_;
};

TEST_F(CorpusStoreTest, KeepsEachInputOnceUnderItsDigest) {
  const CorpusStore store(Path("corpus"));
  EXPECT_TRUE(*store.ImportBytes("one"));
  EXPECT_FALSE(*store.ImportBytes("one"));
  ASSERT_EQ(store.Inputs().size(), 1u);
  EXPECT_EQ(store.Inputs()[0].filename().string(), common::Sha256Hex("one"));
}

TEST_F(CorpusStoreTest, MergesAnEnginesFolderWithoutItsOwnFiles) {
  Write("queue/id:000000", "one");
  Write("queue/id:000001", "two");
  Write("queue/README.txt", "not an input");
  Write("queue/.state/x", "not an input");
  const CorpusStore store(Path("corpus"));
  EXPECT_EQ(*store.MergeFrom(Path("queue")), 2);
  EXPECT_EQ(*store.MergeFrom(Path("queue")), 0);
  EXPECT_EQ(*store.MergeFrom(Path("not there")), 0);
}

TEST_F(CorpusStoreTest, DigestIsOfTheSetAndFindsAChangedInput) {
  const CorpusStore store(Path("corpus"));
  const std::string empty = *store.Digest();
  ASSERT_TRUE(store.ImportBytes("one"));
  ASSERT_TRUE(store.ImportBytes("two"));
  const CorpusStore other(Path("other"));
  ASSERT_TRUE(other.ImportBytes("two"));
  ASSERT_TRUE(other.ImportBytes("one"));
  EXPECT_EQ(*store.Digest(), *other.Digest());
  EXPECT_NE(*store.Digest(), empty);
  ASSERT_TRUE(common::WriteFileAtomically(store.Inputs()[0], "changed"));
  const auto digest = store.Digest();
  ASSERT_FALSE(digest);
  EXPECT_EQ(digest.error().code, common::ErrorCode::kCorrupt);
}

TEST_F(CorpusStoreTest, FailedSaveIsAnError) {
  Write("file", "in the way");
  const CorpusStore store(Path("file") / "corpus");
  EXPECT_FALSE(store.ImportBytes("one"));
}

TEST_F(CorpusStoreTest, RegressionInputsAreFoundAtAnyDepth) {
  Write("regression/a/input", "1");
  Write("regression/b", "2");
  Write("regression/ORIGIN.md", "who made them");
  const auto inputs = ListRegressionInputs(Path("regression"));
  ASSERT_TRUE(inputs);
  EXPECT_EQ(*inputs,
            (std::vector<std::filesystem::path>{Path("regression/a/input"), Path("regression/b")}));
  EXPECT_TRUE(ListRegressionInputs(Path("none"))->empty());
}

}  // namespace
}  // namespace percuss::campaign
