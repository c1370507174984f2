// SPDX-License-Identifier: Apache-2.0
#include "reports/index/store.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include "common/hash.h"
#include "reports/evidence/package_fixture.h"
#include "reports/records/record_chain.h"

namespace percuss::reports {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class StoreTest : public PackageFixture {
 protected:
  void SetUp() override {
    PackageFixture::SetUp();
    ASSERT_TRUE(common::MakeFolder(Path("store/nightly")));
    options_.zip = Path("store/nightly/evidence.zip");
    sealed_ = Seal();
    sha256_ = common::Sha256FileHex(options_.zip).value();
    const auto key = KeyPair::FromSeed("somebody", std::string(kSeedBytes, 'k'));
    ASSERT_TRUE(key);
    ASSERT_TRUE(AppendRecord(Path("store/records.jsonl"),
                             {"attachment",
                              "N",
                              "R",
                              sealed_.package_id,
                              sha256_,
                              {{"validation_record", "VR-1"}, {"verdict", "fail"}}},
                             *key));
    WriteText(Path("store/notes.jsonl"), "{}\n");
  }

  [[nodiscard]] Store Open() const {
    auto store = OpenStore(Path("store"));
    EXPECT_TRUE(store) << store.error().Text();
    return store ? *store : Store();
  }
  [[nodiscard]] std::filesystem::path Index() const { return Path("store") / kIndexName; }

  SealedPackage sealed_;
  std::string sha256_;
};

TEST_F(StoreTest, AnIndexIsMadeOnceAndThenFits) {
  const Store first = Open();
  EXPECT_TRUE(first.index_made);
  EXPECT_THAT(first.Packages(), ElementsAre(Path("store/nightly/evidence.zip").string()));
  EXPECT_THAT(first.Records(), ElementsAre(Path("store/records.jsonl").string()));
  ASSERT_THAT(first.entries, SizeIs(2));
  EXPECT_EQ(first.entries[0].package_id, sealed_.package_id);
  EXPECT_EQ(first.entries[0].sha256, sha256_);
  EXPECT_EQ(first.entries[0].verdict, "fail");
  const Store again = Open();
  EXPECT_FALSE(again.index_made) << again.why;
  EXPECT_EQ(again.entries, first.entries);
}

TEST_F(StoreTest, WithoutItsIndexAStoreLosesNothing) {
  const Store before = Open();
  ASSERT_TRUE(std::filesystem::remove(Index()));
  const Store after = Open();
  EXPECT_TRUE(after.index_made);
  EXPECT_EQ(after.why, "there is no index");
  EXPECT_EQ(after.entries, before.entries);
}

TEST_F(StoreTest, ADamagedIndexIsMadeAnew) {
  const Store before = Open();
  const auto good = common::ReadFile(Index());
  ASSERT_TRUE(good);
  const std::string broken[] = {"", "no database at all", good->substr(0, good->size() / 2),
                                good->substr(0, 100) + std::string(good->size() - 100, 'x')};
  for (const std::string& text : broken) {
    WriteText(Index(), text);
    const Store after = Open();
    EXPECT_TRUE(after.index_made) << text.size();
    EXPECT_EQ(after.entries, before.entries);
    EXPECT_FALSE(Open().index_made);
  }
}

TEST_F(StoreTest, AnIndexThatSaysOtherwiseIsNeverBelieved) {
  const Store before = Open();
  for (const char* lie : {"DELETE FROM entries WHERE kind = 'package'",
                          "UPDATE entries SET verdict = 'pass' WHERE kind = 'package'",
                          "UPDATE entries SET kind = 'other'",
                          "UPDATE entries SET path = '../elsewhere.zip' WHERE kind = 'package'",
                          "UPDATE entries SET sha256 = '0'", "DROP TABLE entries",
                          "PRAGMA user_version = 2", "PRAGMA application_id = 1"}) {
    SQLite::Database(Index().string(), SQLite::OPEN_READWRITE).exec(lie);
    const Store after = Open();
    EXPECT_TRUE(after.index_made) << lie;
    EXPECT_EQ(after.entries, before.entries) << lie;
    EXPECT_FALSE(Open().index_made) << lie;
  }
}

TEST_F(StoreTest, NewChangedAndDoubledPackagesAreSeen) {
  EXPECT_THAT(Open().entries, SizeIs(2));
  std::filesystem::copy(Path("store/nightly/evidence.zip"), Path("store/copy.zip"));
  Store store = Open();
  EXPECT_THAT(store.why, HasSubstr("copy.zip"));
  EXPECT_THAT(store.entries, SizeIs(3));
  EXPECT_THAT(store.Packages(), SizeIs(1));
  options_.zip = Path("store/copy.zip");
  options_.package_id.clear();
  Seal();
  store = Open();
  EXPECT_TRUE(store.index_made);
  EXPECT_THAT(store.Packages(), SizeIs(2));
}

TEST_F(StoreTest, AZipThatCannotBeOpenedIsAnErrorAndNotLeftOut) {
  const auto good = common::ReadFile(Path("store/nightly/evidence.zip"));
  ASSERT_TRUE(good);
  WriteText(Path("store/cut.zip"), good->substr(0, good->size() / 2));
  const auto store = OpenStore(Path("store"));
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().Text(), HasSubstr("cut.zip"));
}

TEST_F(StoreTest, RecordsWithoutTheirHeadAreAnErrorAndNotLeftOut) {
  const std::filesystem::path records = Path("store/records.jsonl");
  const std::filesystem::path head = Path("store/records.jsonl.head");
  std::filesystem::rename(head, Path("head"));
  auto store = OpenStore(Path("store"));
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, common::ErrorCode::kCorrupt);
  EXPECT_THAT(store.error().Text(), HasSubstr("records.jsonl: is there without its .head"));
  EXPECT_FALSE(RebuildIndex(Path("store")));
  std::filesystem::rename(Path("head"), head);
  std::filesystem::remove(records);
  store = OpenStore(Path("store"));
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().Text(), HasSubstr("records.jsonl.head: is there without"));
}

TEST_F(StoreTest, WhereNothingCanBeWrittenTheFilesStillCount) {
  ASSERT_TRUE(common::MakeFolder(Index() / "in the way"));
  const Store store = Open();
  EXPECT_FALSE(store.index_made);
  EXPECT_THAT(store.Packages(), SizeIs(1));
}

}  // namespace
}  // namespace percuss::reports
