// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/run_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>
#include <thread>

#include "campaign/supervise/busy_processor.h"
#include "campaign/supervise/self_check.h"
#include "campaign/supervise/test_program_fixture.h"
#include "common/fs.h"

namespace percuss::campaign {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class RunInputTest : public TestProgramFixture {
 protected:
  void SetUp() override {
    TestProgramFixture::SetUp();
    limits_.wall_ms = 200;
  }

  InputOutcome Run(const std::vector<std::string>& inputs) {
    std::vector<std::filesystem::path> paths;
    for (const auto& bytes : inputs) paths.push_back(Input(bytes));
    auto outcome = RunInput(target_, paths, limits_, options_);
    if (!outcome) ADD_FAILURE() << outcome.error().Text();
    return *outcome;
  }
};

TEST_F(RunInputTest, TellsGoodFromBad) {
  limits_.wall_ms = 10'000;
  EXPECT_EQ(Run({"fine"}).kind, "ok");
  EXPECT_EQ(Run({""}).kind, "ok");
  const InputOutcome crash = Run({"Abort"});
  EXPECT_EQ(crash.kind, "crash");
  EXPECT_EQ(crash.exit.signal, SIGABRT);
  EXPECT_EQ(crash.ended_at_input, 0);
}

TEST_F(RunInputTest, JudgesSleepAndSpinWithin100MsOfTheLimit) {
  for (const char* input : {"Sleep", "Hang", "Quiet: stops itself"}) {
    SCOPED_TRACE(input);
    const InputOutcome outcome = Run({input});
    EXPECT_EQ(outcome.kind, "hang");
    EXPECT_TRUE(outcome.timed_out);
    EXPECT_GE(outcome.judged_after_ns, 200'000'000);
    EXPECT_LE(outcome.judged_after_ns, 300'000'000);
  }
}

TEST_F(RunInputTest, JudgesByCpuTimeToo) {
  limits_ = {.wall_ms = 20'000, .cpu_ms = 200, .rss_mib = 0};
  const InputOutcome outcome = Run({"Hang"});
  EXPECT_EQ(outcome.kind, "hang");
  EXPECT_THAT(outcome.detail, HasSubstr("cpu time"));
  EXPECT_GE(outcome.input_cpu_ns, 200'000'000);
}

// 100 ms of work, which on this processor take the most of a second.
TEST_F(RunInputTest, AnInputIsNoHangBecauseTheHostIsBusy) {
  const BusyProcessor busy;
  limits_.wall_ms = 300;
  target_.argv.push_back("@@");
  for (const char* style : {"aflpp", "emulate"}) {
    target_.style = style;
    const InputOutcome worked = Run({"Work"});
    EXPECT_EQ(worked.kind, "ok") << worked.detail;
    EXPECT_GT(worked.input_wall_ns, 300'000'000);
    EXPECT_EQ(Run({"Hang"}).kind, "hang");
    EXPECT_EQ(Run({"Sleep"}).kind, "hang");
  }
}

TEST_F(RunInputTest, SaysWhetherAHangWorksOrWaitsAndForWhat) {
  const InputOutcome spins = Run({"Hang"});
  EXPECT_EQ(spins.time_use.how, "processor");
  EXPECT_GE(spins.time_use.cpu_ns, 100'000'000);
  const InputOutcome sleeps = Run({"Sleep"});
  EXPECT_EQ(sleeps.time_use.how, "sleep");
  EXPECT_EQ(sleeps.time_use.where, "clock_nanosleep");
  const InputOutcome blocked = Run({"Blocked"});
  EXPECT_EQ(blocked.time_use.how, "blocked");
  EXPECT_EQ(blocked.time_use.where, "read of a pipe");
  EXPECT_EQ(Run({"Quiet: stops itself"}).time_use.how, "stopped");
  EXPECT_EQ(Run({"fine"}).time_use.how, "");
}

// As QEMU's copies are below the command that was started.
TEST_F(RunInputTest, CountsTheCpuTimeOfWhoeverRunsAnEmulatedInput) {
  target_.style = "emulate";
  target_.argv = {PERCUSS_TEST_PROGRAM, "engine", "Hang"};
  limits_.wall_ms = 1000;
  const InputOutcome outcome = Run({"not read"});
  EXPECT_EQ(outcome.kind, "hang");
  EXPECT_GT(outcome.input_cpu_ns, 300'000'000);
}

TEST_F(RunInputTest, TimesTheInputAlone) {
  limits_.wall_ms = 5000;
  const InputOutcome outcome = Run({"Z", "Z"});
  EXPECT_EQ(outcome.kind, "ok");
  EXPECT_TRUE(outcome.heartbeat);
  EXPECT_EQ(outcome.ended_at_input, 1);
  EXPECT_GE(outcome.input_wall_ns, 280'000'000);
  // Without the first one, however slow the host is.
  EXPECT_LE(outcome.input_wall_ns, outcome.exit.wall_ns - 280'000'000);
}

TEST_F(RunInputTest, DoesNotJudgeTheHistory) {
  // 300 ms against a limit of 200 ms, but only the last one counts.
  EXPECT_EQ(Run({"Z", "fine"}).kind, "ok");
  const InputOutcome early = Run({"fine", "Abort", "fine"});
  EXPECT_EQ(early.kind, "crash");
  EXPECT_EQ(early.ended_at_input, 1);
}

TEST_F(RunInputTest, StopsWhatEatsMemory) {
  limits_ = {.wall_ms = 10'000, .cpu_ms = 0, .rss_mib = 100};
  const InputOutcome outcome = Run({"Memory"});
  EXPECT_EQ(outcome.kind, "oom");
  // Left alone it takes 4000 MiB; how far it gets beyond 100 is a matter of the host's load.
  EXPECT_LT(outcome.exit.max_rss_kib, 1000 * 1024);
}

TEST_F(RunInputTest, SaysWhyItCouldNotRun) {
  target_.argv = {"/no/such/target"};
  const InputOutcome missing = Run({"fine"});
  EXPECT_EQ(missing.kind, "error");
  EXPECT_THAT(missing.detail, HasSubstr("/no/such/target"));
  target_.argv = {PERCUSS_TEST_PROGRAM, "exit", "3"};
  const InputOutcome never_began = Run({"fine"});
  EXPECT_EQ(never_began.kind, "error");
  EXPECT_THAT(never_began.detail, HasSubstr("code 3"));
  auto no_input = RunInput(target_, {"/no/such/input"}, limits_);
  ASSERT_TRUE(no_input);
  EXPECT_THAT(no_input->detail, HasSubstr("/no/such/input"));
}

TEST_F(RunInputTest, RunsForeignProgramsByArgumentOrStandardInput) {
  target_.style = "plain";
  target_.argv = {"/bin/cat", "@@"};
  EXPECT_EQ(Run({"as a file"}).log, "as a file");
  target_.argv = {"/bin/cat"};
  EXPECT_EQ(Run({"as standard input"}).log, "as standard input");
  target_.argv = {"/bin/sleep", "20"};
  const InputOutcome hang = Run({"x"});
  EXPECT_EQ(hang.kind, "hang");
  EXPECT_FALSE(hang.heartbeat);
}

TEST_F(RunInputTest, CanBeCancelled) {
  std::atomic<bool> cancel{false};
  options_.cancel = &cancel;
  limits_.wall_ms = 20'000;
  std::thread later([&cancel] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    cancel = true;
  });
  const InputOutcome outcome = Run({"Sleep"});
  later.join();
  EXPECT_EQ(outcome.kind, "error");
  EXPECT_EQ(outcome.detail, "cancelled");
}

TEST_F(RunInputTest, SelfCheckFailsOnABinaryThatDoesNothing) {
  SelfCheckOptions options;
  options.folder = folder_->Path() / "self-check";
  EXPECT_FALSE(RunSelfCheck(options));
  options.libfuzzer_binary = "/bin/true";
  options.aflpp_binary = "/no/such/binary";
  const auto cases = RunSelfCheck(options);
  ASSERT_TRUE(cases);
  EXPECT_THAT(*cases, SizeIs(10));
  std::set<std::string> names;
  for (const auto& one : *cases) {
    EXPECT_FALSE(one.passed) << one.planted;
    EXPECT_TRUE(names.insert(one.engine + one.planted).second) << one.engine << one.planted;
  }
}

}  // namespace
}  // namespace percuss::campaign
