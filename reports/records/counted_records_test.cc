// SPDX-License-Identifier: Apache-2.0
#include "reports/records/counted_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/fs.h"

namespace percuss::reports {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

KeyPair Key(char letter) {
  return KeyPair::FromSeed(std::string("key-") + letter, std::string(kSeedBytes, letter)).value();
}

// What Ada signed, and then somebody else in her name.
class CountedRecords : public testing::Test {
 protected:
  void SetUp() override {
    Append("confirmed", Key('a'));
    Append("false_positive", Key('s'));
  }
  void Append(const std::string& status, const KeyPair& key) {
    ASSERT_TRUE(AppendRecord(
        file_, {"disposition", "Ada", "QA", "id", "sha", {{"finding", "F-1"}, {"status", status}}},
        key));
  }
  [[nodiscard]] RecordChain Read(const RecordSigners& signers) const {
    auto chain = ReadCountedRecords(file_, signers);
    EXPECT_TRUE(chain) << chain.error().Text();
    return chain.value_or(RecordChain());
  }
  [[nodiscard]] std::string Note(const RecordSigners& signers) const {
    return SignersNote(signers, {{"r.jsonl", Read(signers)}});
  }

  common::TemporaryFolder folder_ = common::TemporaryFolder::Make("counted").value();
  std::filesystem::path file_ = folder_.Path() / "records.jsonl";
};

TEST_F(CountedRecords, WithoutKeysAllCountAndThatIsSaid) {
  EXPECT_THAT(Read({}).records, SizeIs(2));
  EXPECT_EQ(Note({}), kSignersUnchecked);
  EXPECT_EQ(SignersNote({}, {}), "") << "there are no records";
}

TEST_F(CountedRecords, AStrangersDoNotCountAndAreNamed) {
  const RecordSigners ada{{Key('a').Public()}, std::nullopt};
  const RecordChain chain = Read(ada);
  ASSERT_THAT(chain.records, SizeIs(1));
  EXPECT_EQ(BodyText(chain.records[0].said.body, "status"), "confirmed");
  ASSERT_THAT(chain.uncounted, SizeIs(1));
  EXPECT_EQ(chain.uncounted[0].sequence, 2);
  EXPECT_THAT(Note(ada), HasSubstr("r.jsonl:2 is signed by " + Key('s').Public().Id()));
  const RecordSigners both{{Key('a').Public(), Key('s').Public()}, std::nullopt};
  EXPECT_THAT(Read(both).records, SizeIs(2));
  EXPECT_EQ(Note(both), "");
}

TEST_F(CountedRecords, ATrustFileSaysWhoseCountAndWhen) {
  TrustFile trust;
  ASSERT_TRUE(trust.Add({Key('a').Public(), "2020-01-01T00:00:00Z", "", "", "", ""}, ""));
  EXPECT_THAT(Read({{}, trust}).records, SizeIs(1));
  EXPECT_THAT(Read({{Key('s').Public()}, trust}).records, SizeIs(1))
      << "under a trust file it is the file that says who may";
  TrustFile late;
  ASSERT_TRUE(late.Add({Key('a').Public(), "2190-01-01T00:00:00Z", "", "", "", ""}, ""));
  EXPECT_THAT(Read({{}, late}).records, SizeIs(0));
  EXPECT_THAT(Note({{}, late}), HasSubstr("before the key"));
  EXPECT_FALSE(ReadCountedRecords(file_, {{}, TrustFile()})) << "an empty one lets nobody";
}

TEST_F(CountedRecords, OfABrokenFileNothingCounts) {
  const std::string text = common::ReadFile(file_).value();
  ASSERT_TRUE(common::WriteFileAtomically(file_, text + "x"));
  EXPECT_THAT(Read({}).records, SizeIs(0));
  EXPECT_FALSE(IsWhole(Read({})));
}

}  // namespace
}  // namespace percuss::reports
