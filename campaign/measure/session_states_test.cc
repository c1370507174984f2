// SPDX-License-Identifier: Apache-2.0
#include "campaign/measure/session_states.h"

#include <gtest/gtest.h>

#include <string>

#include "common/fs.h"

namespace percuss::campaign {
namespace {

class SessionStatesTest : public ::testing::Test {
 protected:
  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(common::WriteFileAtomically(folder_.Path() / name, text));
  }
  common::SessionStates Read() const { return ReadSessionStates(folder_.Path()); }
  static std::string Graph(const std::string& steps) {
    return R"({"schema":"percuss.session-states.v1","sessions":2,"connections":3,"messages":9,)"
           R"("reply_sequences":2,"lost":0,"steps":[)" +
           steps + "]}";
  }

 private:
  common::TemporaryFolder folder_ = *common::TemporaryFolder::Make("session-states-test");
};

TEST_F(SessionStatesTest, AddsUpWhatSeveralRunsReached) {
  Write("0.json", Graph(R"({"from":"connected","request":"open","reply":"opened","count":2},)"
                        R"({"from":"opened","request":null,"reply":"more","count":1})"));
  Write("500.json", Graph(R"({"from":"opened","request":null,"reply":"more","count":4})"));
  const auto states = Read();
  EXPECT_TRUE(states.present);
  EXPECT_EQ(states.sessions, 4);
  EXPECT_EQ(states.connections, 6);
  EXPECT_EQ(states.messages, 18);
  EXPECT_EQ(states.reply_sequences, 2);
  ASSERT_EQ(states.steps.size(), 2U);
  EXPECT_EQ(states.steps[0].from, "opened");
  EXPECT_EQ(states.steps[0].request, "");
  EXPECT_EQ(states.steps[0].reply, "more");
  EXPECT_EQ(states.steps[0].count, 5);
  EXPECT_EQ(states.steps[1].request, "open");
}

TEST_F(SessionStatesTest, AHarnessOfNoSessionsHasNone) {
  EXPECT_FALSE(Read().present);
  EXPECT_FALSE(ReadSessionStates("/nonexistent").present);
}

TEST_F(SessionStatesTest, PassesOverWhatATargetWroteThatIsNoGraph) {
  Write("1.json", "{\"schema\":");
  Write("2.json", "[1,2]");
  Write("3.json", R"({"schema":7})");
  Write("4.json", R"({"schema":"percuss.session-states.v1","sessions":-4,"messages":1e99,)"
                  R"("connections":18446744073709551615,"steps":{"from":"x"}})");
  const auto states = Read();
  EXPECT_TRUE(states.present);
  EXPECT_EQ(states.sessions, 0);
  EXPECT_EQ(states.messages, 0);
  EXPECT_EQ(states.connections, (int64_t{1} << 53U) - 1);
  EXPECT_TRUE(states.steps.empty());
}

TEST_F(SessionStatesTest, WordsAndStepsAreBounded) {
  std::string steps = R"(1,"x",null,{"from":"a"},{"from":"a","reply":"\u0000\n<\u00e4)" +
                      std::string(100, 'b') + R"(","count":99})";
  for (int i = 0; i < 2500; ++i) {
    steps += R"(,{"from":"a","reply":")" + std::to_string(i) + R"(","count":1})";
  }
  Write("1.json", Graph(steps));
  const auto states = Read();
  ASSERT_EQ(states.steps.size(), kMostSessionSteps);
  EXPECT_EQ(states.lost, 501);
  EXPECT_EQ(states.steps[0].reply, "?\?<?\?" + std::string(58, 'b'));
}

}  // namespace
}  // namespace percuss::campaign
