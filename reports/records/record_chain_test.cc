// SPDX-License-Identifier: Apache-2.0
#include "reports/records/record_chain.h"

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <thread>

#include "common/fs.h"
#include "reports/records/sound_records.h"
#include "reports/verify/script_run.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;
using common::Json;
using testing::HasSubstr;
using testing::IsEmpty;

KeyPair Key(char letter) {
  return KeyPair::FromSeed(std::string("key-") + letter, std::string(kSeedBytes, letter)).value();
}

class RecordsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = common::TemporaryFolder::Make("percuss-records");
    ASSERT_TRUE(made);
    folder_.emplace(std::move(*made));
    file_ = folder_->Path() / "records.jsonl";
  }

  void Append(const std::string& what, const KeyPair& key = Key('a')) {
    const auto record = AppendRecord(
        file_, {"signature", "Ada", "QA", "id-1", std::string(64, 'f'), {{"meaning", what}}}, key);
    ASSERT_TRUE(record) << record.error().Text();
  }

  [[nodiscard]] RecordChain Read(const std::vector<PublicKey>& trusted = {}) const {
    const auto chain = ReadRecords(file_, trusted);
    EXPECT_TRUE(chain) << chain.error().Text();
    return chain.value_or(RecordChain());
  }

  [[nodiscard]] stdfs::path Head() const { return file_.string() + ".head"; }

  [[nodiscard]] ScriptRun RunScript(const std::vector<std::string>& files) const {
    std::vector<std::string> command = {"/usr/bin/python3", PERCUSS_VERIFY_SCRIPT, "--json"};
    command.insert(command.end(), files.begin(), files.end());
    return RunCommand(std::move(command));
  }

  std::optional<common::TemporaryFolder> folder_;
  stdfs::path file_;
};

TEST_F(RecordsTest, AreReadAsTheyWereWritten) {
  Append("reviewed");
  Append("approved, \"für gut\"", Key('b'));
  const RecordChain chain = Read({Key('a').Public(), Key('b').Public()});
  EXPECT_THAT(chain.problems, IsEmpty());
  ASSERT_EQ(chain.records.size(), 2U);
  EXPECT_EQ(chain.records[1].said.body["meaning"], "approved, \"für gut\"");
  EXPECT_EQ(chain.records[1].key_id, Key('b').Public().Id());
  EXPECT_EQ(RunScript({file_}).exit_code, 0);
}

TEST_F(RecordsTest, SaysThatNobodyVouchesForKeysThatWereNotGiven) {
  Append("reviewed");
  EXPECT_THAT(Read().notes, testing::Contains(HasSubstr("no key was given")));
  const RecordChain chain = Read({Key('b').Public()});
  ASSERT_EQ(chain.problems.size(), 1U);
  EXPECT_THAT(chain.problems[0].what, HasSubstr("no key that was given"));
}

TEST_F(RecordsTest, WhoConcludesFromThemGetsAllOrTheFirstProblem) {
  Append("reviewed");
  const auto all = ReadSoundRecords({file_.string(), file_.string()}, {Key('a').Public()});
  ASSERT_TRUE(all) << all.error().Text();
  EXPECT_EQ(all->records.size(), 2U);
  const auto foreign = ReadSoundRecords({file_.string()}, {Key('b').Public()});
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code, common::ErrorCode::kCorrupt);
  EXPECT_THAT(foreign.error().Text(), HasSubstr("records.jsonl:1: "));
}

TEST_F(RecordsTest, NothingIsAddedToABrokenFile) {
  Append("one");
  ASSERT_TRUE(common::WriteFileAtomically(file_, common::ReadFile(file_).value() + "x"));
  const auto refused = AppendRecord(file_, {"signature", "A", "B", "c", "d", {}}, Key('a'));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, common::ErrorCode::kCorrupt);
  EXPECT_EQ(refused.error().line, 2);
}

TEST_F(RecordsTest, TextThatIsNotUtf8IsRefused) {
  const auto refused = AppendRecord(file_, {"signature", "\xff", "B", "c", "d", {}}, Key('a'));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, common::ErrorCode::kBadInput);
  EXPECT_FALSE(stdfs::exists(file_));
}

TEST_F(RecordsTest, AHeadThatIsOneBehindIsNoLoss) {
  Append("one");
  const std::string head = common::ReadFile(Head()).value();
  Append("two");
  ASSERT_TRUE(common::WriteFileAtomically(Head(), head));
  EXPECT_THAT(Read().problems, IsEmpty());
  EXPECT_THAT(Read().notes, testing::Contains(HasSubstr("one record behind")));
  EXPECT_EQ(RunScript({file_}).exit_code, 0);
  Append("three");
  EXPECT_THAT(Read().problems, IsEmpty());
}

TEST_F(RecordsTest, ThoseWhoAppendAtOnceLoseNothing) {
  constexpr int kWriters = 4;
  constexpr int kEach = 5;
  {
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < kWriters; ++writer) {
      writers.emplace_back([&] {
        for (int i = 0; i < kEach; ++i) Append("at once");
      });
    }
  }
  EXPECT_THAT(Read().problems, IsEmpty());
  EXPECT_EQ(Read().records.size(), size_t{kWriters * kEach});
}

// Every change of bytes or lines, by both checkers.
class TamperedRecords : public RecordsTest {
 protected:
  void SetUp() override {
    RecordsTest::SetUp();
    for (const char* what : {"one", "two", "three", "four"}) Append(what);
    text_ = common::ReadFile(file_).value();
    head_ = common::ReadFile(Head()).value();
  }

  void Try(const std::string& text, const std::string& head) {
    if (text == text_ && head == head_) return;
    const stdfs::path file = folder_->Path() / ("changed-" + std::to_string(changed_.size()));
    ASSERT_TRUE(common::WriteFileAtomically(file, text));
    ASSERT_TRUE(common::WriteFileAtomically(file.string() + ".head", head));
    const auto chain = ReadRecords(file, {});
    ASSERT_TRUE(chain);
    EXPECT_EQ(chain->problems.size(), 1U) << text << head;
    if (!chain->problems.empty()) changed_[file] = chain->problems.front().line;
  }

  // That each was found, and on the same line.
  void ScriptAgrees() const {
    std::vector<std::string> files;
    for (const auto& [file, line] : changed_) files.push_back(file);
    const ScriptRun run = RunScript(files);
    EXPECT_EQ(run.exit_code, 2);
    const auto found = common::ParseJson(run.output, "script");
    ASSERT_TRUE(found) << run.output;
    for (const auto& [file, line] : changed_) {
      ASSERT_EQ((*found)[file].size(), 1U) << file;
      EXPECT_EQ((*found)[file][0]["line"], line) << file;
    }
  }

  std::string text_;
  std::string head_;
  std::map<std::string, int> changed_;
};

TEST_F(TamperedRecords, ChangedBytesAreFound) {
  std::mt19937 random(1);
  const auto any = [&](size_t below) { return random() % below; };
  for (int i = 0; i < 300; ++i) {
    std::string text = text_;
    std::string head = head_;
    std::string& changed = i % 3 == 0 ? head : text;
    const size_t at = any(changed.size());
    switch (any(3)) {
      case 0:
        changed[at] = static_cast<char>(any(256));
        break;
      case 1:
        changed.insert(at, 1, static_cast<char>(any(256)));
        break;
      default:
        changed.erase(at, 1 + any(3));
        break;
    }
    Try(text, head);
  }
  ScriptAgrees();
}

TEST_F(TamperedRecords, MovedLostAndForeignLinesAreFound) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text_.size(); at = text_.find('\n', at) + 1) {
    lines.push_back(text_.substr(at, text_.find('\n', at) + 1 - at));
  }
  ASSERT_EQ(lines.size(), 4U);
  for (size_t cut = 0; cut < text_.size(); cut += 37) Try(text_.substr(0, cut), head_);
  const auto joined = [&](std::vector<size_t> order) {
    std::string text;
    for (const size_t i : order) text += lines[i];
    return text;
  };
  for (const auto& order : std::vector<std::vector<size_t>>{
           {0, 1, 2}, {1, 2, 3}, {0, 2, 3}, {1, 0, 2, 3}, {0, 1, 3, 2}, {0, 0, 1, 2, 3}, {3}, {}}) {
    Try(joined(order), head_);
  }
  Try(text_, "");
  const stdfs::path own = file_;
  file_ = folder_->Path() / "other.jsonl";
  for (const char* what : {"one", "two", "three", "four"}) Append(what, Key('b'));
  const std::string other = common::ReadFile(file_).value();
  Try(other, head_);
  Try(text_, common::ReadFile(Head()).value());
  Try(lines[0] + other.substr(other.find('\n') + 1), head_);
  file_ = own;
  ScriptAgrees();
}

}  // namespace
}  // namespace percuss::reports
