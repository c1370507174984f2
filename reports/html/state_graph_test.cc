// SPDX-License-Identifier: Apache-2.0
#include "reports/html/state_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>

namespace percuss::reports {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string NamesOf(const StateGraph& graph) {
  std::string names;
  for (const GraphState& state : graph.states) names += state.name + " ";
  return names;
}

TEST(StateGraph, StatesStandInTheOrderInWhichSessionsComeToThem) {
  common::SessionStates states;
  states.steps = {{"c", "x", "b", 9}, {"b", "x", "c", 3},         {"a", "x", "b", 5},
                  {"b", "y", "c", 4}, {"connected", "x", "a", 1}, {"lost", "x", "found", 50}};
  const StateGraph graph = GraphOf(states, 10);
  EXPECT_EQ(NamesOf(graph), "connected a b c found lost ");
  EXPECT_EQ(graph.states[2].entered, 14);
  EXPECT_EQ(graph.left_out, 0U);
  // Two requests between the same two are one arc.
  const auto arc = std::find_if(graph.arcs.begin(), graph.arcs.end(),
                                [](const GraphArc& one) { return one.from == 2 && one.to == 3; });
  ASSERT_NE(arc, graph.arcs.end());
  EXPECT_EQ(arc->count, 7);
}

TEST(StateGraph, TheFirstStateStaysWhereOthersAreLeftOut) {
  common::SessionStates states;
  states.steps = {{"connected", "x", "often", 90}, {"connected", "x", "seldom", 1}};
  const StateGraph graph = GraphOf(states, 2);
  EXPECT_EQ(NamesOf(graph), "connected often ");
  EXPECT_EQ(graph.left_out, 1U);
  EXPECT_EQ(graph.arcs.size(), 1U);
}

TEST(StateGraph, TheFigureHasEveryStateAndArcAndEscapesThem) {
  common::SessionStates states;
  states.steps = {{"connected", "x", "</svg><script>", 3}, {"</svg><script>", "", "connected", 1}};
  const std::string svg = GraphSvg({"states-0", "a \"title\"", "told & told"}, GraphOf(states, 9));
  EXPECT_THAT(svg, HasSubstr("aria-labelledby=\"states-0-t states-0-d\""));
  EXPECT_THAT(svg, HasSubstr("connected → &lt;/svg&gt;&lt;script&gt;: 3"));
  EXPECT_THAT(svg, HasSubstr("told &amp; told"));
  EXPECT_THAT(svg, HasSubstr("class=\"line s0\""));
  EXPECT_THAT(svg, HasSubstr("class=\"line s1\""));
  EXPECT_THAT(svg, Not(HasSubstr("<script>")));
  EXPECT_EQ(GraphSvg({"i", "t", "d"}, {}), "");
}

TEST(StateGraph, NumbersOfARecordThatNobodyCountedDoNoHarm) {
  common::SessionStates states;
  const int64_t most = std::numeric_limits<int64_t>::max();
  states.steps = {{"connected", "x", "a", most}, {"a", "x", "a", most}, {"b", "x", "a", -5}};
  const std::string svg = GraphSvg({"i", "t", "d"}, GraphOf(states, 9));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
}

}  // namespace
}  // namespace percuss::reports
