// SPDX-License-Identifier: Apache-2.0
#include "campaign/intake/intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "campaign/store/journal.h"
#include "common/fs.h"
#include "common/hash.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr const char* kAsanLog =
    "==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602\n"
    "WRITE of size 4 at 0x602 thread T0\n"
    "    #0 0x4f in parse_pdu /src/pdu.c:42:7\n"
    "    #1 0x50 in main /src/main.c:7:3\n";
constexpr const char* kSha1 = "0123456789abcdef0123456789abcdef01234567";
constexpr const char* kOtherSha1 = "fedcba9876543210fedcba9876543210fedcba98";

class IntakeTest : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = common::TemporaryFolder::Make("intake");
    ASSERT_TRUE(folder);
    folder_.emplace(std::move(*folder));
  }

  [[nodiscard]] stdfs::path At(const std::string& path) const { return folder_->Path() / path; }

  void Put(const std::string& path, const std::string& bytes = "x") const {
    ASSERT_TRUE(common::MakeFolder(At(path).parent_path()));
    ASSERT_TRUE(common::WriteFileAtomically(At(path), bytes));
  }

  [[nodiscard]] Intake Taken(const std::string& path) const {
    auto intake = TakeIn({At(path)});
    EXPECT_TRUE(intake) << intake.error().Text();
    return intake.value_or(Intake{});
  }

  // Relative to the test's folder.
  [[nodiscard]] std::vector<std::string> Paths(const Intake& intake) const {
    std::vector<std::string> paths;
    for (const HandedIn& item : intake.items) {
      paths.push_back(stdfs::path(item.path).lexically_relative(folder_->Path()).string());
    }
    return paths;
  }

  std::optional<common::TemporaryFolder> folder_;
};

std::vector<std::string> Reasons(const Intake& intake) {
  std::vector<std::string> reasons;
  for (const PassedOver& one : intake.passed_over) reasons.push_back(one.why);
  return reasons;
}

TEST_F(IntakeTest, EveryInstanceOfAflAndWhatItKeptOfEarlierLives) {
  const std::string name = "id:000003,sig:06,src:000001,time:4711,execs:815,op:havoc,rep:2";
  Put("afl/main/fuzzer_stats");
  Put("afl/main/queue/id:000000,time:0,execs:0,orig:seed");
  Put("afl/main/crashes/README.txt");
  Put("afl/main/crashes/" + name);
  Put("afl/main/crashes.2026-11-28-09:00:00/id:000000,sig:11,src:000000,time:5,execs:6,op:flip1");
  Put("afl/second/queue/id:000000,time:0,execs:0,orig:seed");
  Put("afl/second/hangs/id:000000,src:000004,time:99,execs:9,op:havoc,rep:4");
  const Intake intake = Taken("afl");
  ASSERT_THAT(Paths(intake),
              ElementsAre("afl/main/crashes/" + name,
                          "afl/main/crashes.2026-11-28-09:00:00/"
                          "id:000000,sig:11,src:000000,time:5,execs:6,op:flip1",
                          "afl/second/hangs/id:000000,src:000004,time:99,execs:9,op:havoc,rep:4"));
  const HandedIn& crash = intake.items[0];
  EXPECT_EQ(crash.source, "aflpp");
  EXPECT_EQ(crash.kind, "crash");
  EXPECT_EQ(crash.signal, 6);
  EXPECT_DOUBLE_EQ(crash.first_seen_s, 4.711);
  EXPECT_EQ(crash.first_seen_executions, 815);
  EXPECT_EQ(crash.note, name);
  EXPECT_TRUE(crash.failed_before);
  EXPECT_EQ(intake.items[2].kind, "hang");
  EXPECT_THAT(intake.passed_over, IsEmpty());
}

TEST_F(IntakeTest, ArtifactsOfLibFuzzerWithWhatTheLogBesideThemSays) {
  const std::string crash = std::string("crash-") + kSha1;
  const std::string gone = std::string("crash-") + kOtherSha1;
  Put("out/" + crash);
  Put("out/my_timeout-" + std::string(kSha1));
  Put("out/slow-unit-" + std::string(kSha1));
  Put("out/corpus/one");
  Put("out/fuzz-0.log", std::string(kAsanLog) + "Test unit written to ./" + crash +
                            "\nBase64: eA==\n" + kAsanLog + "Test unit written to ./" + gone +
                            "\n");
  const Intake intake = Taken("out");
  ASSERT_THAT(Paths(intake), ElementsAre("out/" + crash, "out/my_timeout-" + std::string(kSha1),
                                         "out/slow-unit-" + std::string(kSha1), "out/fuzz-0.log"));
  EXPECT_THAT(intake.items[0].log, HasSubstr("parse_pdu"));
  EXPECT_EQ(intake.items[1].kind, "hang");
  EXPECT_EQ(intake.items[2].kind, "slow");
  EXPECT_TRUE(intake.items[3].file.empty());
  EXPECT_THAT(intake.items[3].note, HasSubstr(gone));
  EXPECT_THAT(Reasons(intake), ElementsAre(HasSubstr("1 other entry")));
}

TEST_F(IntakeTest, CrashesOfHonggfuzzWithTheirSectionsOfItsReport) {
  const std::string name = "SIGSEGV.PC.5555.STACK.18e9.CODE.1.ADDR.0.INSTR.mov____(%rax),%eax.fuzz";
  Put("hf/" + name);
  Put("hf/HONGGFUZZ.REPORT.TXT",
      "=====================\nTIME: 2026-11-28.09:00:00\n=====================\nFUZZER ARGS:\n"
      "CRASH:\nORIG_FNAME: seed\nFUZZ_FNAME: ./" +
          name +
          "\nSIGNAL: SIGSEGV (11)\nSTACK:\n <0x000055555567a9a0> [func:parse_pdu file:/src/pdu.c "
          "line:12 module:/bin/pdu]\n=====================\n"
          "FUZZ_FNAME: ./SIGABRT.gone.fuzz\nSIGNAL: SIGABRT (6)\nSTACK:\n"
          "=====================\n");
  const Intake intake = Taken("hf");
  ASSERT_THAT(Paths(intake), ElementsAre("hf/" + name, "hf/HONGGFUZZ.REPORT.TXT"));
  EXPECT_EQ(intake.items[0].signal, 11);
  EXPECT_THAT(intake.items[0].log, HasSubstr("func:parse_pdu"));
  EXPECT_THAT(intake.items[0].log, testing::Not(HasSubstr("SIGABRT")));
  EXPECT_TRUE(intake.items[1].file.empty());
}

TEST_F(IntakeTest, ALogIsToldFromAnInputByWhatIsInIt) {
  Put("mixed/asan.log.77", kAsanLog);
  Put("mixed/message", "MSH|^~\\&|no crash");
  Put("mixed/binary", std::string("\0\1\2", 3) + kAsanLog);
  Put("mixed/below/crash-" + std::string(kSha1));
  const Intake intake = Taken("mixed");
  ASSERT_THAT(Paths(intake), ElementsAre("mixed/asan.log.77", "mixed/binary", "mixed/message",
                                         "mixed/below/crash-" + std::string(kSha1)));
  EXPECT_EQ(intake.items[0].source, "log");
  EXPECT_TRUE(intake.items[0].file.empty());
  EXPECT_EQ(intake.items[1].source, "inputs");
  EXPECT_FALSE(intake.items[2].failed_before);
  EXPECT_EQ(intake.items[3].source, "libfuzzer");
}

TEST_F(IntakeTest, ACoreFileIsNoInput) {
  std::string core(64, '\0');
  core.replace(0, 6,
               "\x7f"
               "ELF\x02\x01");
  core[16] = 4;  // ET_CORE
  Put("cores/core.4711", core);
  core[16] = 3;  // a shared object may well be an input
  Put("cores/library", core);
  const Intake intake = Taken("cores");
  EXPECT_THAT(Paths(intake), ElementsAre("cores/library"));
  ASSERT_EQ(intake.cores.size(), 1u);
  EXPECT_THAT(intake.cores[0].path, HasSubstr("cores/core.4711"));
}

TEST_F(IntakeTest, APackageAmongInputsIsNoInput) {
  Put("mixed/old.zip", "PK\x03\x04 manifest.json {\"schema\": \"percuss.evidence.v1\"}");
  Put("mixed/other.zip", "PK\x03\x04 a document");
  const Intake intake = Taken("mixed");
  EXPECT_THAT(Paths(intake), ElementsAre("mixed/other.zip"));
  EXPECT_THAT(Reasons(intake), ElementsAre(HasSubstr("by itself")));
}

TEST_F(IntakeTest, TheJournalOfACampaignThatWasStopped) {
  {
    auto journal = Journal::Open(At("out/journal"));
    ASSERT_TRUE(journal);
    JournalEntry entry;
    entry.target = "pump";
    entry.engine = "aflpp";
    entry.kind = "hang";
    entry.first_seen_s = 2.5;
    ASSERT_TRUE((*journal)->AppendSighting(entry, {"spin", {"before"}, "what it said"}));
    ASSERT_TRUE((*journal)->AppendSighting(entry, {"gone", {}, ""}));
  }
  Put("out/state.json", "{}");
  stdfs::remove(At("out/journal/inputs") / common::Sha256Hex("gone"));
  const Intake intake = Taken("out");
  ASSERT_EQ(intake.items.size(), 1U);
  const HandedIn& item = intake.items.front();
  EXPECT_EQ(item.target, "pump");
  EXPECT_EQ(item.engine, "aflpp");
  EXPECT_EQ(item.kind, "hang");
  EXPECT_EQ(item.log, "what it said");
  EXPECT_EQ(item.history.size(), 1U);
  EXPECT_EQ(item.sha256, common::Sha256Hex("spin"));
  EXPECT_THAT(Reasons(intake), ElementsAre(HasSubstr("not in the journal")));
}

TEST_F(IntakeTest, NothingIsFollowedOutOfAFolderAndNothingIsWaitedFor) {
  Put("secret/crash");
  Put("evil/one");
  stdfs::create_symlink(At("secret/crash"), At("evil/link"));
  stdfs::create_directory_symlink(At("secret"), At("evil/folder"));
  stdfs::create_directory_symlink(At("evil"), At("evil/loop"));
  ASSERT_EQ(::mkfifo(At("evil/pipe").c_str(), 0600), 0);
  const Intake intake = Taken("evil");
  EXPECT_THAT(Paths(intake), ElementsAre("evil/one"));
  EXPECT_THAT(Reasons(intake),
              UnorderedElementsAre(HasSubstr("symbolic link"), HasSubstr("symbolic link"),
                                   HasSubstr("symbolic link"), HasSubstr("pipe")));
  EXPECT_FALSE(ReadRegularFile(At("evil/pipe"), 100));
  EXPECT_FALSE(ReadRegularFile(At("evil/link"), 100));
  EXPECT_FALSE(TakeIn({At("evil/pipe")}));
}

TEST_F(IntakeTest, LimitsAreTold) {
  Put("many/a/b/one");
  Put("many/a/two");
  IntakeLimits few;
  few.entries = 3;
  const auto too_many = TakeIn({At("many")}, few);
  ASSERT_FALSE(too_many);
  EXPECT_THAT(too_many.error().Text(), HasSubstr("more than 3"));
  IntakeLimits flat;
  flat.depth = 1;
  const auto too_deep = TakeIn({At("many")}, flat);
  ASSERT_FALSE(too_deep);
  EXPECT_THAT(too_deep.error().Text(), HasSubstr("more than 1 deep"));
  IntakeLimits small;
  small.input_bytes = 2;
  Put("large/crash-" + std::string(kSha1), "three");
  const auto large = TakeIn({At("large")}, small);
  ASSERT_TRUE(large);
  EXPECT_THAT(large->items, IsEmpty());
  EXPECT_THAT(Reasons(*large), Contains(HasSubstr("5 bytes")));
}

}  // namespace
}  // namespace percuss::campaign
