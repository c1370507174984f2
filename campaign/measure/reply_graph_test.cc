// SPDX-License-Identifier: Apache-2.0
#include "campaign/measure/reply_graph.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "campaign/measure/session_states.h"
#include "campaign/session/session_text.h"

namespace percuss::campaign {
namespace {

std::string Session(const std::string& lines) {
  return *SessionFromText("# percuss session 1\n" + lines, "session");
}

TEST(ReplyGraph, HasAStepFromEachCodeToTheNext) {
  ReplyGraph graph;
  graph.Add(Session("> \"HELLO\"\nclose > \"ARM\"\nreset > \"\"\n"), {"32", "33", "33"});
  graph.Add(Session("> \"HELLO\"\n"), {"32"});
  graph.Add(Session("> \"HELLO\"\npipelined > \"HELLO\"\n"), {"32"});
  const auto states = graph.States();
  EXPECT_TRUE(states.present);
  EXPECT_EQ(states.sessions, 3);
  EXPECT_EQ(states.connections, 5);
  EXPECT_EQ(states.messages, 5);
  EXPECT_EQ(states.reply_sequences, 2);
  EXPECT_EQ(states.lost, 0);
  ASSERT_EQ(states.steps.size(), 3U);
  EXPECT_EQ(states.steps[0].from, "connected");
  EXPECT_EQ(states.steps[0].reply, "32");
  EXPECT_EQ(states.steps[0].count, 3);
  EXPECT_EQ(states.steps[1].from, "32");
  EXPECT_EQ(states.steps[1].reply, "33");
  EXPECT_EQ(states.steps[2].from, "33");
}

TEST(ReplyGraph, OfNoSessionIsNone) { EXPECT_FALSE(ReplyGraph().States().present); }

TEST(ReplyGraph, SaysHowManyStepsItLeavesOut) {
  ReplyGraph graph;
  for (int code = 0; code < 2100; ++code) graph.Add("", {fmt::format("{:04x}", code)});
  const auto states = graph.States();
  EXPECT_EQ(states.steps.size(), kMostSessionSteps);
  EXPECT_EQ(states.lost, 100);
}

}  // namespace
}  // namespace percuss::campaign
