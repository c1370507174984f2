// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/fork_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <set>
#include <string>

#include "campaign/supervise/test_program_fixture.h"

namespace percuss::campaign {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ForkServerTest : public TestProgramFixture {
 protected:
  void SetUp() override {
    TestProgramFixture::SetUp();
    limits_.wall_ms = 10'000;
  }

  ForkServer Start() {
    auto server = ForkServer::Start(target_, Input("first"), limits_, options_);
    if (!server) ADD_FAILURE() << server.error().Text();
    return std::move(*server);
  }
};

TEST_F(ForkServerTest, RunsEachInputInAStateThatNoOtherHasTouched) {
  ForkServer server = Start();
  for (int i = 0; i < 50; ++i) {
    // Aborts at the second input of a process.
    const auto outcome = server.Run(Input("N" + std::to_string(i)));
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->kind, "ok") << outcome->log << outcome->detail;
  }
}

TEST_F(ForkServerTest, TellsHowEachOneEndedAndGoesOn) {
  ForkServer server = Start();
  for (const char* input : {"fine", "", "Abort", "Kill", "Group", "fine"}) {
    SCOPED_TRACE(input);
    const auto outcome = server.Run(Input(input));
    ASSERT_TRUE(outcome);
    const std::set<std::string> good = {"", "fine"};
    EXPECT_EQ(outcome->kind, good.contains(input) ? "ok" : "crash");
    EXPECT_EQ(outcome->exit.signal,
              outcome->kind == "ok" ? 0 : (input == std::string("Abort") ? SIGABRT : SIGKILL));
    EXPECT_TRUE(server.Lives());
  }
}

TEST_F(ForkServerTest, RunsSeveralInOneCopyUntilOneEndsIt) {
  ForkServer server = Start();
  const auto ended =
      server.RunSeveral(Input(ForkServer::Batch({"fine", "", "good", "Abort", "Kill"})));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->kind, "crash");
  EXPECT_EQ(ended->exit.signal, SIGABRT);
  EXPECT_EQ(ended->last_input, "Abort");
  const auto survived = server.RunSeveral(Input(ForkServer::Batch({"fine", "good", ""})));
  ASSERT_TRUE(survived);
  EXPECT_EQ(survived->kind, "ok") << survived->log;
  // One state for all of them: the second of these aborts.
  const auto after = server.RunSeveral(Input(ForkServer::Batch({"N1", "fine", "N2", "N3"})));
  ASSERT_TRUE(after);
  EXPECT_EQ(after->last_input, "N2");
  EXPECT_TRUE(server.Lives());
  // A size that is not there.
  EXPECT_FALSE(server.RunSeveral(Input("\x09")));
}

TEST_F(ForkServerTest, GivesEachRunItsOwnOutput) {
  ForkServer server = Start();
  for (int i = 0; i < 20; ++i) {
    const auto outcome = server.Run(Input("P" + std::to_string(i)));
    ASSERT_TRUE(outcome);
    EXPECT_THAT(outcome->log, HasSubstr("it says P" + std::to_string(i) + "\n"));
    EXPECT_THAT(outcome->log, Not(HasSubstr("it says P" + std::to_string(i - 1) + "\n")));
    EXPECT_THAT(outcome->log, Not(HasSubstr("end of run")));
  }
}

TEST_F(ForkServerTest, DoesNotTellOfWhatBreaksALimitAndGoesOn) {
  limits_ = {.wall_ms = 200, .cpu_ms = 0, .rss_mib = 64};
  ForkServer server = Start();
  for (const char* input : {"Hang", "Sleep", "Memory", "Quiet: stops itself"}) {
    SCOPED_TRACE(input);
    EXPECT_FALSE(server.Run(Input(input)));
    ASSERT_TRUE(server.Lives());
    const auto next = server.Run(Input("Abort"));
    ASSERT_TRUE(next);
    EXPECT_EQ(next->exit.signal, SIGABRT);
  }
}

TEST_F(ForkServerTest, SaysWhenItIsNoMore) {
  ForkServer server = Start();
  EXPECT_FALSE(server.Run(Input("Death to the server")));
  EXPECT_FALSE(server.Lives());
}

TEST_F(ForkServerTest, DoesNotTakeTheWordsOfAnOrphanForALaterRuns) {
  ForkServer server = Start();
  ASSERT_TRUE(server.Run(Input("Orphan")));
  usleep(200'000);
  const auto next = server.Run(Input("P next"));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->log.find("orphan"), std::string::npos) << next->log;
}

TEST_F(ForkServerTest, DoesNotTellOfAnInputThatIsNotThere) {
  ForkServer server = Start();
  EXPECT_FALSE(server.Run(folder_->Path() / "nothing"));
  EXPECT_FALSE(server.Run(folder_->Path() / std::string(5000, 'x')));
  EXPECT_TRUE(server.Run(Input("fine")));
}

TEST_F(ForkServerTest, StopsWhenItIsToldTo) {
  std::atomic<bool> cancel{true};
  options_.cancel = &cancel;
  ForkServer server = Start();
  EXPECT_FALSE(server.Run(Input("fine")));
}

TEST_F(ForkServerTest, IsNotInAProgramWithoutTheSdk) {
  EXPECT_TRUE(ForkServer::IsIn(target_));
  target_.argv = {"/bin/true"};
  EXPECT_FALSE(ForkServer::IsIn(target_));
}

}  // namespace
}  // namespace percuss::campaign
