// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "common/clock.h"
#include "common/fs.h"

namespace percuss::campaign {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

ProcessSpec Program(std::vector<std::string> arguments) {
  ProcessSpec spec;
  spec.argv = {PERCUSS_TEST_PROGRAM};
  spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
  spec.capture_output = true;
  return spec;
}

Process Start(const ProcessSpec& spec) {
  auto process = Process::Spawn(spec);
  if (!process) ADD_FAILURE() << process.error().Text();
  return std::move(*process);
}

TEST(Process, TellsHowAProgramEnded) {
  Process exits = Start(Program({"exit", "7"}));
  const ExitStatus exited = exits.Wait();
  EXPECT_TRUE(exited.exited);
  EXPECT_EQ(exited.code, 7);
  EXPECT_FALSE(exited.killed_by_us);
  EXPECT_GT(exited.max_rss_kib, 0);

  Process aborts = Start(Program({"abort"}));
  const ExitStatus aborted = aborts.Wait();
  EXPECT_FALSE(aborted.exited);
  EXPECT_EQ(aborted.signal, SIGABRT);
}

TEST(Process, SaysWhatCannotBeStarted) {
  ProcessSpec spec;
  EXPECT_EQ(Process::Spawn(spec).error().code, common::ErrorCode::kBadInput);
  spec.argv = {"/no/such/program"};
  EXPECT_THAT(Process::Spawn(spec).error().Text(), HasSubstr("/no/such/program"));
  spec.argv = {"no-such-program-in-path"};
  EXPECT_EQ(Process::Spawn(spec).error().code, common::ErrorCode::kNotFound);
  spec = Program({"exit", "0"});
  spec.folder = "/no/such/folder";
  EXPECT_THAT(Process::Spawn(spec).error().Text(), HasSubstr("/no/such/folder"));

  auto folder = common::TemporaryFolder::Make("percuss-test");
  ASSERT_TRUE(folder);
  const auto garbage = folder->Path() / "garbage";
  std::ofstream(garbage) << "\x7f"
                            "ELFnot really";
  std::filesystem::permissions(garbage, std::filesystem::perms::owner_all);
  spec.folder.clear();
  spec.argv = {garbage.string()};
  EXPECT_THAT(Process::Spawn(spec).error().Text(), HasSubstr("garbage"));
}

TEST(Process, MeasuresWallAndCpuTime) {
  Process spins = Start(Program({"spin_ms", "300"}));
  const ExitStatus spun = spins.Wait();
  EXPECT_GE(spun.cpu_ns, 280'000'000);
  EXPECT_GE(spun.wall_ns, 280'000'000);
  Process sleeps = Start(Program({"sleep", "1"}));
  const ExitStatus slept = sleeps.Wait();
  EXPECT_GE(slept.wall_ns, 1'000'000'000);
  EXPECT_LT(slept.cpu_ns, 200'000'000);
}

TEST(Process, GivesInputOutputAndAnEnvironmentOfItsOwn) {
  auto folder = common::TemporaryFolder::Make("percuss-test");
  ASSERT_TRUE(folder);
  const auto input = folder->Path() / "in";
  std::ofstream(input) << "some input";
  ProcessSpec spec = Program({"echo"});
  spec.stdin_path = input;
  Process echo = Start(spec);
  echo.Wait();
  EXPECT_EQ(echo.TakeStdout(), "some input");
  EXPECT_EQ(echo.TakeStderr(), "to stderr");

  setenv("PERCUSS_TEST_SECRET", "1", 1);
  Process secret = Start(Program({"environment", "PERCUSS_TEST_SECRET"}));
  secret.Wait();
  EXPECT_EQ(secret.TakeStdout(), "(unset)\n");
  spec = Program({"environment", "GIVEN"});
  spec.environment["GIVEN"] = "a value";
  Process given = Start(spec);
  given.Wait();
  EXPECT_EQ(given.TakeStdout(), "a value\n");

  spec.capture_output = false;
  spec.argv[1] = "echo";
  spec.stdin_path = input;
  spec.stdout_path = spec.stderr_path = folder->Path() / "out";
  Start(spec).Wait();
  auto output = common::ReadFile(folder->Path() / "out");
  ASSERT_TRUE(output);
  EXPECT_THAT(*output, HasSubstr("some input"));
  EXPECT_THAT(*output, HasSubstr("to stderr"));
}

TEST(Process, SetsLimitsAndLeaksNoDescriptor) {
  const int opened = open("/dev/null", O_RDONLY);
  // Without O_CLOEXEC, as a careless library would; at a number that nothing of ours has.
  constexpr int kStray = 60;
  ASSERT_EQ(fcntl(kStray, F_GETFD), -1);
  ASSERT_EQ(dup2(opened, kStray), kStray);
  ProcessSpec spec = Program({"limits"});
  spec.limits.open_files = 77;
  Process process = Start(spec);
  process.Wait();
  const std::string said = process.TakeStdout();
  EXPECT_THAT(said, HasSubstr("core 0\n"));
  EXPECT_THAT(said, HasSubstr("files 77\n"));
  EXPECT_THAT(said, HasSubstr("session 1\n"));
  EXPECT_THAT(said, HasSubstr("stray descriptor -1\n"));
  close(kStray);
  close(opened);
}

TEST(Process, CapsAFloodAndKeepsBothEnds) {
  Process process = Start(Program({"flood", "64"}));
  EXPECT_TRUE(process.Wait().exited);
  const std::string output = process.TakeStdout();
  EXPECT_LE(output.size(), kOutputHeadBytes + kOutputTailBytes + 200);
  EXPECT_EQ(output.substr(0, 4), "xxxx");
  EXPECT_EQ(output.substr(output.size() - 7), "the end");
  EXPECT_THAT(output, HasSubstr("bytes of output left out"));
}

TEST(Process, CapsAFloodIntoAFile) {
  auto folder = common::TemporaryFolder::Make("percuss-test");
  ASSERT_TRUE(folder);
  ProcessSpec spec = Program({"flood", "80"});
  spec.capture_output = false;
  spec.stdout_path = folder->Path() / "log";
  Start(spec).Wait();
  auto output = common::ReadFile(spec.stdout_path);
  ASSERT_TRUE(output);
  EXPECT_LE(output->size(), kOutputFileBytes + kOutputTailBytes + 200);
  EXPECT_EQ(output->substr(output->size() - 7), "the end");
}

TEST(Process, WaitForGivesUpOnTime) {
  Process process = Start(Program({"sleep", "20"}));
  const int64_t before = common::SystemClock().MonotonicNs();
  EXPECT_FALSE(process.WaitFor(200));
  const int64_t waited_ms = (common::SystemClock().MonotonicNs() - before) / 1'000'000;
  EXPECT_GE(waited_ms, 200);
  EXPECT_LT(waited_ms, 500);
}

// Each of them would hang a supervisor that only waits for its child or only kills one process.
TEST(Process, KillsWhateverTheTargetDoes) {
  for (const char* behaviour : {"deaf", "fork_bomb", "escape", "stop", "spin", "sleep"}) {
    SCOPED_TRACE(behaviour);
    Process process = Start(Program({behaviour, "20"}));
    process.WaitFor(100);
    process.KillTree();
    const auto status = process.WaitFor(2000);
    ASSERT_TRUE(status);
    EXPECT_TRUE(status->killed_by_us || status->exited);
    EXPECT_THAT(process.Tree(), IsEmpty());
  }
}

TEST(Process, LeavesNothingBehindWhenTheTargetEndsByItself) {
  Process process = Start(Program({"escape"}));
  const auto status = process.WaitFor(5000);
  ASSERT_TRUE(status);
  EXPECT_TRUE(status->exited);
  EXPECT_THAT(process.Tree(), IsEmpty());
}

TEST(Process, SurvivesATargetThatKillsItsGroup) {
  Process process = Start(Program({"kill_group"}));
  const auto status = process.WaitFor(5000);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->signal, SIGKILL);
  EXPECT_FALSE(status->killed_by_us);
}

TEST(Process, StopsAForkBomb) {
  ProcessSpec spec = Program({"fork_bomb"});
  spec.limits.processes = 50;
  Process process = Start(spec);
  const auto status = process.WaitFor(15000);
  ASSERT_TRUE(status);
  EXPECT_TRUE(status->killed_by_us);
  EXPECT_EQ(status->kill_reason, "processes");
  EXPECT_THAT(process.Tree(), IsEmpty());
}

TEST(Process, LimitsAFileThatFillsTheDisk) {
  auto folder = common::TemporaryFolder::Make("percuss-test");
  ASSERT_TRUE(folder);
  ProcessSpec spec = Program({"fill_disk"});
  spec.folder = folder->Path();
  spec.limits.file_size_mib = 4;
  EXPECT_EQ(Start(spec).Wait().signal, SIGXFSZ);
  EXPECT_LE(std::filesystem::file_size(folder->Path() / "filling"), uint64_t{4} << 20);
}

TEST(Process, DoesNotEndWithTheThreadThatStartedIt) {
  std::optional<Process> process;
  std::thread([&process] { process = Start(Program({"sleep", "20"})); }).join();
  EXPECT_FALSE(process->WaitFor(200));
}

TEST(Process, TwoTreesDoNotTouchEachOther) {
  Process one = Start(Program({"sleep", "20"}));
  Process other = Start(Program({"escape"}));
  other.WaitFor(100);
  one.KillTree();
  EXPECT_TRUE(one.WaitFor(1000));
  EXPECT_FALSE(other.Tree().empty());
}

TEST(Process, KnowsDescendants) {
  Process process = Start(Program({"sleep", "20"}));
  EXPECT_TRUE(DescendsFrom(process.Pid(), process.Pid()));
  EXPECT_TRUE(DescendsFrom(process.Pid(), getpid()));
  EXPECT_FALSE(DescendsFrom(getpid(), process.Pid()));
  EXPECT_FALSE(DescendsFrom(1, process.Pid()));
  EXPECT_FALSE(DescendsFrom(-1, process.Pid()));
}

}  // namespace
}  // namespace percuss::campaign
