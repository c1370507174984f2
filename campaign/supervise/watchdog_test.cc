// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/watchdog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <future>

#include "campaign/supervise/busy_processor.h"
#include "campaign/supervise/process.h"
#include "common/fs.h"

namespace percuss::campaign {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::Field;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;

class WatchdogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto folder = common::TemporaryFolder::Make("percuss-test");
    ASSERT_TRUE(folder);
    folder_.emplace(std::move(*folder));
    auto file = HeartbeatFile::Create();
    ASSERT_TRUE(file);
    heartbeat_.emplace(std::move(*file));
  }

  Process Start(std::vector<std::string> arguments) {
    ProcessSpec spec;
    spec.argv = {PERCUSS_TEST_PROGRAM};
    spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
    spec.environment = heartbeat_->Environment();
    auto process = Process::Spawn(spec);
    if (!process) ADD_FAILURE() << process.error().Text();
    return std::move(*process);
  }

  WatchedEngine Engine(const Process& process, WatchLimits limits) {
    WatchedEngine engine;
    engine.id = "engine";
    engine.engine_pid = process.Pid();
    engine.heartbeat = &*heartbeat_;
    engine.limits = limits;
    return engine;
  }

  std::optional<common::TemporaryFolder> folder_;
  std::optional<HeartbeatFile> heartbeat_;
  std::vector<HangSighting> hangs_;
  std::vector<StallSighting> stalls_;
};

// Five that sleep and five that spin, each after a thousand quick ones, in an engine that restarts
// its child.
TEST_F(WatchdogTest, CatchesTenOfTenWithin100MsOfTheLimit) {
  std::vector<std::string> arguments = {"engine"};
  for (int i = 0; i < 5; ++i) arguments.insert(arguments.end(), {"Sleep", "Hang"});
  Process engine = Start(arguments);
  {
    InputWatchdog watchdog([this](const HangSighting& hang) { hangs_.push_back(hang); },
                           [this](const StallSighting& stall) { stalls_.push_back(stall); });
    watchdog.Watch(Engine(engine, {.wall_ms = 200}));
    const auto status = engine.WaitFor(20'000);
    ASSERT_TRUE(status);
    EXPECT_EQ(status->code, 0);
    EXPECT_EQ(watchdog.Hangs(), 10);
  }
  ASSERT_THAT(hangs_, SizeIs(10));
  for (size_t i = 0; i < hangs_.size(); ++i) {
    EXPECT_EQ(hangs_[i].input.value(), i % 2 == 0 ? "Sleep" : "Hang");
    EXPECT_NE(hangs_[i].pid, engine.Pid());
    EXPECT_FALSE(hangs_[i].by_cpu);
  }
  EXPECT_THAT(hangs_,
              Each(Field(&HangSighting::judged_after_ns, AllOf(Ge(200'000'000), Le(300'000'000)))));
  EXPECT_THAT(stalls_, IsEmpty());
}

// Forty hangs: the first twenty and every twentieth of the rest have their whole limit.
TEST_F(WatchdogTest, CutsAFloodOfHangsShort) {
  std::vector<std::string> arguments = {"engine"};
  arguments.insert(arguments.end(), 2 * kFloodHangs, "Sleep");
  Process engine = Start(arguments);
  std::vector<std::string> slow;
  InputWatchdog watchdog(
      [this](const HangSighting& hang) { hangs_.push_back(hang); }, nullptr,
      [&slow](const std::string& /*id*/, const std::string& input) { slow.push_back(input); });
  watchdog.Watch(Engine(engine, {.wall_ms = 400, .slow_ms = 100}));
  const auto status = engine.WaitFor(60'000);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code, 0);
  watchdog.Forget("engine");
  EXPECT_EQ(watchdog.Hangs(), kFloodHangs + kFloodHangs / kFloodShare);
  EXPECT_EQ(watchdog.CutShort("engine"), kFloodHangs - kFloodHangs / kFloodShare);
  EXPECT_TRUE(watchdog.WasCutShort("Sleep"));
  EXPECT_FALSE(watchdog.WasCutShort("quick"));
  EXPECT_TRUE(watchdog.MayHaveHung("Sleep"));
  EXPECT_FALSE(watchdog.MayHaveHung("quick"));
  EXPECT_THAT(slow, SizeIs(2 * kFloodHangs));
}

TEST_F(WatchdogTest, JudgesOnWhileTheOneBeforeIsWrittenDown) {
  Process engine = Start({"engine", "Sleep", "Hang", "Sleep"});
  std::promise<void> disk;
  InputWatchdog watchdog([this, written = disk.get_future().share()](const HangSighting& hang) {
    written.wait();
    hangs_.push_back(hang);
  });
  watchdog.Watch(Engine(engine, {.wall_ms = 200}));
  const auto status = engine.WaitFor(20'000);
  disk.set_value();
  ASSERT_TRUE(status);
  EXPECT_EQ(watchdog.Hangs(), 3);
  watchdog.Forget("engine");
  EXPECT_THAT(hangs_, SizeIs(3));
}

TEST_F(WatchdogTest, KnowsWhenAnInputBeganBeforeItsEngineWasKnown) {
  InputWatchdog watchdog([this](const HangSighting& hang) { hangs_.push_back(hang); });
  WatchedEngine engine;
  engine.id = "engine";
  engine.heartbeat = &*heartbeat_;
  engine.limits = {.wall_ms = 300};
  watchdog.Watch(engine);
  Process process = Start({"inputs", "Sleep"});
  EXPECT_FALSE(process.WaitFor(600));
  EXPECT_EQ(watchdog.Hangs(), 0);
  engine.engine_pid = process.Pid();
  watchdog.Watch(engine);
  ASSERT_TRUE(process.WaitFor(5000));
  watchdog.Forget("engine");
  ASSERT_THAT(hangs_, SizeIs(1));
  EXPECT_GE(hangs_[0].wall_ns, 500'000'000);  // not as from the moment at which the pid came
}

TEST_F(WatchdogTest, JudgesByCpuTime) {
  Process engine = Start({"inputs", "Hang"});
  InputWatchdog watchdog([this](const HangSighting& hang) { hangs_.push_back(hang); }, nullptr);
  watchdog.Watch(Engine(engine, {.wall_ms = 20'000, .cpu_ms = 200}));
  ASSERT_TRUE(engine.WaitFor(10'000));
  watchdog.Forget("engine");
  ASSERT_THAT(hangs_, SizeIs(1));
  EXPECT_TRUE(hangs_[0].by_cpu);
  EXPECT_GE(hangs_[0].cpu_ns, 200'000'000);
}

// 100 ms of work, which on this processor take the most of a second.
TEST_F(WatchdogTest, ABusyHostMakesNoHang) {
  const BusyProcessor busy;
  Process engine = Start({"engine", "Work"});
  InputWatchdog watchdog([this](const HangSighting& hang) { hangs_.push_back(hang); });
  watchdog.Watch(Engine(engine, {.wall_ms = 300}));
  ASSERT_TRUE(engine.WaitFor(30'000));
  EXPECT_EQ(watchdog.Hangs(), 0);
}

TEST_F(WatchdogTest, SaysWhatAHangDidWithItsTime) {
  struct Case {
    const char* input;
    const char* how;
    const char* where;
  };
  for (const Case& one : {Case{"Hang", "processor", ""}, Case{"Sleep", "sleep", "clock_nanosleep"},
                          Case{"Blocked", "blocked", "read of a pipe"}}) {
    hangs_.clear();
    {
      Process engine = Start({"inputs", one.input});
      InputWatchdog watchdog([this](const HangSighting& hang) { hangs_.push_back(hang); });
      watchdog.Watch(Engine(engine, {.wall_ms = 200}));
      ASSERT_TRUE(engine.WaitFor(30'000));
    }
    ASSERT_THAT(hangs_, SizeIs(1)) << one.input;
    EXPECT_EQ(hangs_[0].time_use.how, one.how);
    EXPECT_EQ(hangs_[0].time_use.where, one.where);
  }
}

TEST_F(WatchdogTest, LeavesQuickInputsAlone) {
  Process engine = Start({"engine", "quick", "Z", "quick"});
  InputWatchdog watchdog([this](const HangSighting& hang) { hangs_.push_back(hang); }, nullptr);
  watchdog.Watch(Engine(engine, {.wall_ms = 2000, .cpu_ms = 2000}));
  ASSERT_TRUE(engine.WaitFor(10'000));
  EXPECT_EQ(watchdog.Hangs(), 0);
}

TEST_F(WatchdogTest, NeverKillsWhatIsNotBelowTheEngine) {
  Process bystander = Start({"inputs", "Sleep"});  // writes its own pid to the heartbeat
  Process engine = Start({"sleep", "20"});
  InputWatchdog watchdog([this](const HangSighting& hang) { hangs_.push_back(hang); }, nullptr);
  watchdog.Watch(Engine(engine, {.wall_ms = 200}));
  const auto status = engine.WaitFor(5000);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->signal, SIGKILL);
  EXPECT_FALSE(bystander.WaitFor(100));
}

TEST_F(WatchdogTest, WakesAnEngineThatWasStoppedAndTellsOfOneThatStalls) {
  Process engine = Start({"sleep", "4"});
  {
    InputWatchdog watchdog(nullptr,
                           [this](const StallSighting& stall) { stalls_.push_back(stall); });
    watchdog.Watch(Engine(engine, {.wall_ms = 1000, .cpu_ms = 0, .stalled_ms = 1000}));
    kill(engine.Pid(), SIGSTOP);
    const auto status = engine.WaitFor(15'000);
    ASSERT_TRUE(status);
    EXPECT_EQ(status->code, 0);
  }
  ASSERT_GE(stalls_.size(), 2U);
  EXPECT_TRUE(stalls_.front().engine_stopped);
  EXPECT_FALSE(stalls_.back().engine_stopped);
  EXPECT_GE(stalls_.back().idle_ns, 1'000'000'000);
}

}  // namespace
}  // namespace percuss::campaign
