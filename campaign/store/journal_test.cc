// SPDX-License-Identifier: Apache-2.0
#include "campaign/store/journal.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "common/fs.h"

namespace percuss::campaign {
namespace {

class JournalTest : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = common::TemporaryFolder::Make("journal");
    ASSERT_TRUE(folder);
    folder_.emplace(std::move(*folder));
  }
  [[nodiscard]] const std::filesystem::path& Folder() const { return folder_->Path(); }
  [[nodiscard]] std::filesystem::path File() const { return Folder() / "sightings.jsonl"; }
  void Append(const std::vector<std::string>& inputs) const {
    const auto journal = Journal::Open(Folder());
    ASSERT_TRUE(journal) << journal.error().Text();
    for (const std::string& input : inputs) {
      JournalEntry entry;
      entry.target = "hl7";
      entry.kind = "crash";
      ASSERT_TRUE((*journal)->AppendSighting(entry, {input, {"before " + input}, "log"}));
    }
  }
  std::optional<common::TemporaryFolder> folder_;
};

TEST_F(JournalTest, GivesBackWhatWasAppendedOverTwoOpenings) {
  Append({"one", std::string("t\0wo\xff", 5)});
  Append({"three"});
  const auto contents = ReadJournal(Folder());
  ASSERT_TRUE(contents);
  EXPECT_TRUE(contents->problems.empty());
  EXPECT_FALSE(contents->truncated_tail);
  ASSERT_EQ(contents->entries.size(), 3u);
  EXPECT_EQ(contents->entries[2].sequence, 2);
  const auto blobs = ReadJournalBlobs(Folder(), contents->entries[1]);
  ASSERT_TRUE(blobs);
  EXPECT_EQ(blobs->input, std::string("t\0wo\xff", 5));
  EXPECT_EQ(blobs->history, std::vector<std::string>{std::string("before t\0wo\xff", 12)});
  EXPECT_EQ(blobs->log, "log");
}

TEST_F(JournalTest, NoJournalIsEmpty) {
  const auto contents = ReadJournal(Folder() / "none");
  ASSERT_TRUE(contents);
  EXPECT_TRUE(contents->entries.empty());
}

TEST_F(JournalTest, KillLosesNothingThatReturned) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const pid_t writer = ::fork();
  ASSERT_GE(writer, 0);
  if (writer == 0) {
    const auto journal = Journal::Open(Folder());
    for (int i = 0; journal; i++) {
      JournalEntry entry;
      entry.target = "hl7";
      const auto done = (*journal)->AppendSighting(entry, {fmt::format("input {}", i), {}, ""});
      if (!done || ::write(pipe_ends[1], "x", 1) != 1) break;
    }
    ::_exit(1);
  }
  ::close(pipe_ends[1]);
  size_t returned = 0;
  char byte = 0;
  while (returned < 40 && ::read(pipe_ends[0], &byte, 1) == 1) returned++;
  ::kill(writer, SIGKILL);
  while (::read(pipe_ends[0], &byte, 1) == 1) returned++;
  ::close(pipe_ends[0]);
  ::waitpid(writer, nullptr, 0);

  const auto contents = ReadJournal(Folder());
  ASSERT_TRUE(contents);
  EXPECT_TRUE(contents->problems.empty());
  ASSERT_GE(contents->entries.size(), returned);
  EXPECT_GE(returned, 40u);
  for (size_t i = 0; i < returned; i++) {
    const auto blobs = ReadJournalBlobs(Folder(), contents->entries[i]);
    ASSERT_TRUE(blobs) << blobs.error().Text();
    EXPECT_EQ(blobs->input, fmt::format("input {}", i));
  }
  Append({"afterwards"});
  EXPECT_TRUE(ReadJournal(Folder())->problems.empty());
}

TEST_F(JournalTest, TruncatedLastLineIsSaidAndCutOffByTheNextWriter) {
  Append({"one", "two"});
  const std::string text = *common::ReadFile(File());
  ASSERT_TRUE(common::WriteFileAtomically(File(), text.substr(0, text.size() - 20)));
  const auto contents = ReadJournal(Folder());
  ASSERT_TRUE(contents);
  EXPECT_TRUE(contents->truncated_tail);
  EXPECT_TRUE(contents->problems.empty());
  EXPECT_EQ(contents->entries.size(), 1u);
  Append({"three"});
  const auto repaired = ReadJournal(Folder());
  EXPECT_FALSE(repaired->truncated_tail);
  EXPECT_TRUE(repaired->problems.empty());
  ASSERT_EQ(repaired->entries.size(), 2u);
  EXPECT_EQ(repaired->entries[1].sequence, 1);
}

TEST_F(JournalTest, DamagedLineIsNamedAndTheOthersAreKept) {
  Append({"one", "two", "three"});
  std::string text = *common::ReadFile(File());
  const size_t second = text.find('\n') + 1;
  text[second] = '?';
  ASSERT_TRUE(common::WriteFileAtomically(File(), text));
  const auto contents = ReadJournal(Folder());
  ASSERT_TRUE(contents);
  EXPECT_EQ(contents->entries.size(), 2u);
  ASSERT_EQ(contents->problems.size(), 2u);  // the damage, and the link that it broke
  EXPECT_EQ(contents->problems[0].line, 2);
  EXPECT_EQ(contents->problems[1].line, 3);
}

TEST_F(JournalTest, RemovedLineShows) {
  Append({"one", "two", "three"});
  std::string text = *common::ReadFile(File());
  ASSERT_TRUE(common::WriteFileAtomically(File(), text.substr(text.find('\n') + 1)));
  const auto contents = ReadJournal(Folder());
  ASSERT_TRUE(contents);
  ASSERT_EQ(contents->problems.size(), 1u);
  EXPECT_EQ(contents->problems[0].line, 1);
}

TEST_F(JournalTest, ChangedInputIsNotHandedOut) {
  Append({"one"});
  const auto contents = ReadJournal(Folder());
  ASSERT_TRUE(
      common::WriteFileAtomically(Folder() / "inputs" / contents->entries[0].input_sha256, "eno"));
  const auto blobs = ReadJournalBlobs(Folder(), contents->entries[0]);
  ASSERT_FALSE(blobs);
  EXPECT_EQ(blobs.error().code, common::ErrorCode::kCorrupt);
}

TEST_F(JournalTest, HasOneWriter) {
  const auto first = Journal::Open(Folder());
  ASSERT_TRUE(first);
  EXPECT_FALSE(Journal::Open(Folder()));
}

}  // namespace
}  // namespace percuss::campaign
