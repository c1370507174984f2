// SPDX-License-Identifier: Apache-2.0
#include "reports/html/session_parts.h"

#include <fmt/format.h>

#include <algorithm>

#include "reports/export/text.h"
#include "reports/html/state_graph.h"

namespace percuss::reports {
namespace {

using common::SessionStates;

constexpr size_t kMostStates = 24;
constexpr size_t kMostSteps = 60;

std::string Summary(const SessionStates& states, const StateGraph& graph) {
  std::string text = fmt::format(
      "{} sessions of the final corpus, with {} connections and {} messages, went through {} "
      "states by {} different steps; {} different sequences of replies.",
      CountText(states.sessions), CountText(states.connections), CountText(states.messages),
      CountText(static_cast<int64_t>(graph.states.size() + graph.left_out)),
      CountText(static_cast<int64_t>(states.steps.size())), CountText(states.reply_sequences));
  if (states.lost > 0) {
    text += fmt::format(" {} steps or sequences more had no room in a table and are not told.",
                        CountText(states.lost));
  }
  return text;
}

std::string Spoken(const StateGraph& graph) {
  std::string text;
  for (const GraphState& state : graph.states) {
    text += fmt::format("{}: entered {} times. ", state.name, CountText(state.entered));
  }
  return text + "The table below has every step.";
}

Table StepsTable(const common::TargetRun& target) {
  Table table{
      "Steps of sessions with " + target.id + ", those taken most often first",
      {{"State", false}, {"Request", false}, {"Reply, the next state", false}, {"Taken", true}},
      {},
      ""};
  for (const common::SessionStep& step : target.session_states.steps) {
    if (table.rows.size() == kMostSteps) break;
    table.rows.push_back({{step.from, "", ""},
                          {step.request.empty() ? "(a further reply)" : step.request, "", ""},
                          {step.reply, "", ""},
                          {CountText(step.count), "num", ""}});
  }
  const size_t all = target.session_states.steps.size();
  if (all > table.rows.size()) {
    table.note =
        fmt::format("{} more steps are left out; all are in manifest.json, section session_states.",
                    CountText(static_cast<int64_t>(all - table.rows.size())));
  }
  return table;
}

}  // namespace

void AddSessions(Renderer& renderer, const common::TargetRun& target, size_t index, Data& data) {
  const SessionStates& states = target.session_states;
  if (!states.present) return;
  const StateGraph graph = GraphOf(states, kMostStates);
  data["sessions_summary"] = Summary(states, graph);
  const std::string svg =
      GraphSvg({fmt::format("states-{}", index),
                "States that sessions with " + target.id + " reached", Spoken(graph)},
               graph);
  if (!svg.empty()) {
    data["sessions_svg"] = svg;
    data["sessions_caption"] = fmt::format(
        "States of sessions with {}, and how often each was entered; steps to later "
        "states on the right, to the same and earlier ones on the left{}",
        target.id,
        graph.left_out == 0 ? ""
                            : fmt::format(". {} more states are left out",
                                          CountText(static_cast<int64_t>(graph.left_out))));
  }
  data["sessions_table"] = renderer.TableHtml(StepsTable(target));
}

}  // namespace percuss::reports
