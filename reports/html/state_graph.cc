// SPDX-License-Identifier: Apache-2.0
#include "reports/html/state_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "reports/export/text.h"

namespace percuss::reports {
namespace {

constexpr double kWidth = 760;
constexpr double kBoxLeft = 150;
constexpr double kBoxWidth = 460;
constexpr double kRow = 34;
constexpr double kBoxHeight = 24;
constexpr double kNearest = 16;  // how far an arc to the next state swings out
constexpr double kFurthest = 140;
constexpr size_t kNameBytes = 63;
constexpr const char* kFirst = "connected";

using Counts = std::map<std::pair<std::string, std::string>, int64_t>;

// A record may claim any number.
void Add(int64_t& sum, int64_t count) {
  constexpr int64_t kMost = int64_t{1} << 53U;
  sum = std::min(sum + std::clamp<int64_t>(count, 0, kMost), kMost);
}

std::map<std::string, int64_t> Entered(const common::SessionStates& states) {
  std::map<std::string, int64_t> entered;
  for (const common::SessionStep& step : states.steps) {
    entered.try_emplace(step.from, 0);
    Add(entered[step.reply], step.count);
  }
  return entered;
}

// How many steps it takes to come to a state; states that nothing leads to are last.
std::map<std::string, size_t> Distances(const Counts& steps) {
  std::map<std::string, size_t> distances = {{kFirst, 0}};
  std::vector<std::string> reached = {kFirst};
  std::map<std::string, std::vector<std::string>> next;
  for (const auto& [ends, count] : steps) next[ends.first].push_back(ends.second);
  for (size_t i = 0; i < reached.size(); ++i) {
    const std::string from = reached[i];
    for (const std::string& to : next[from]) {
      if (distances.try_emplace(to, distances[from] + 1).second) reached.push_back(to);
    }
  }
  return distances;
}

double Thickness(int64_t count) {
  return std::min(5.0, 1 + std::log10(static_cast<double>(std::max<int64_t>(count, 1))));
}

double MiddleOf(size_t state) { return kRow * static_cast<double>(state) + kRow / 2; }

std::string ArcSvg(const StateGraph& graph, const GraphArc& arc) {
  const bool back = arc.to <= arc.from;
  const double side = back ? -1 : 1;
  const double edge = back ? kBoxLeft : kBoxLeft + kBoxWidth;
  const auto apart = static_cast<double>(back ? arc.from - arc.to : arc.to - arc.from);
  const auto all = static_cast<double>(std::max<size_t>(graph.states.size(), 2) - 1);
  const double swing = kNearest + (kFurthest - kNearest) * apart / all;
  // Arcs leave below the middle and arrive above it, so that one to itself is seen.
  const double begin = MiddleOf(arc.from) + 5;
  const double end = MiddleOf(arc.to) - 5;
  const double out = edge + side * swing * 4 / 3;  // of a curve that comes out at `swing`
  return fmt::format(
      "<g><title>{0}</title><path class=\"line {1}\" style=\"stroke-width:{2:.1f}\" "
      "d=\"M{3:.1f},{4:.1f} C{5:.1f},{4:.1f} {5:.1f},{6:.1f} {7:.1f},{6:.1f}\"/>"
      "<path class=\"tip {1}\" d=\"M{3:.1f},{6:.1f} l{8:.1f},-4 v8 z\"/></g>",
      EscapeMarkup(fmt::format("{} → {}: {}", ClippedText(graph.states[arc.from].name, kNameBytes),
                               ClippedText(graph.states[arc.to].name, kNameBytes),
                               CountText(arc.count))),
      back ? "s1" : "s0", Thickness(arc.count), edge, begin, out, end, edge + side * 6, side * 8);
}

std::string StateSvg(const GraphState& state, size_t index) {
  const double top = MiddleOf(index) - kBoxHeight / 2;
  const double baseline = MiddleOf(index) + 4;
  return fmt::format(
      "<rect class=\"whole\" x=\"{0:.1f}\" y=\"{1:.1f}\" width=\"{2:.1f}\" height=\"{3:.1f}\" "
      "rx=\"4\"/><text x=\"{4:.1f}\" y=\"{5:.1f}\">{6}</text>"
      "<text x=\"{7:.1f}\" y=\"{5:.1f}\" text-anchor=\"end\">{8}</text>",
      kBoxLeft, top, kBoxWidth, kBoxHeight, kBoxLeft + 8, baseline,
      EscapeMarkup(ClippedText(state.name, kNameBytes)), kBoxLeft + kBoxWidth - 8,
      state.entered > 0 ? CountText(state.entered) : "");
}

}  // namespace

StateGraph GraphOf(const common::SessionStates& states, size_t most) {
  Counts steps;
  for (const common::SessionStep& step : states.steps) {
    Add(steps[{step.from, step.reply}], step.count);
  }
  StateGraph graph;
  for (const auto& [name, entered] : Entered(states)) graph.states.push_back({name, entered});
  // The beginning stays, however seldom anything comes back to it.
  std::stable_sort(graph.states.begin(), graph.states.end(), [](const auto& one, const auto& two) {
    return std::tuple(one.name != kFirst, -one.entered) <
           std::tuple(two.name != kFirst, -two.entered);
  });
  if (graph.states.size() > most) {
    graph.left_out = graph.states.size() - most;
    graph.states.resize(most);
  }
  const auto distances = Distances(steps);
  const auto distance_of = [&distances](const std::string& name) {
    const auto found = distances.find(name);
    return found == distances.end() ? SIZE_MAX : found->second;
  };
  std::stable_sort(graph.states.begin(), graph.states.end(), [&](const auto& one, const auto& two) {
    return distance_of(one.name) < distance_of(two.name);
  });
  std::map<std::string, size_t> places;
  for (size_t i = 0; i < graph.states.size(); ++i) places[graph.states[i].name] = i;
  for (const auto& [ends, count] : steps) {
    const auto from = places.find(ends.first);
    const auto to = places.find(ends.second);
    if (from == places.end() || to == places.end()) continue;
    graph.arcs.push_back({from->second, to->second, count});
  }
  return graph;
}

std::string GraphSvg(const PlotLabels& labels, const StateGraph& graph) {
  if (graph.states.empty()) return {};
  std::string svg = fmt::format(
      "<svg class=\"plot\" role=\"img\" viewBox=\"0 0 {0:g} {1:g}\" "
      "aria-labelledby=\"{2}-t {2}-d\"><title id=\"{2}-t\">{3}</title>"
      "<desc id=\"{2}-d\">{4}</desc>",
      kWidth, kRow * static_cast<double>(graph.states.size()), labels.id,
      EscapeMarkup(ClippedText(labels.title, 200)),
      EscapeMarkup(ClippedText(labels.description, 1000)));
  for (const GraphArc& arc : graph.arcs) svg += ArcSvg(graph, arc);
  for (size_t i = 0; i < graph.states.size(); ++i) svg += StateSvg(graph.states[i], i);
  return svg + "</svg>";
}

}  // namespace percuss::reports
