// SPDX-License-Identifier: Apache-2.0
#include "campaign/measure/session_states.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "common/fs.h"
#include "common/json_file.h"

namespace percuss::campaign {
namespace {

using common::Json;
using common::SessionStates;
using Steps = std::map<std::tuple<std::string, std::string, std::string>, int64_t>;

constexpr uint64_t kMostBytes = 8U << 20U;  // of a file: a harness has 8,192 steps
constexpr size_t kMostWordBytes = 63;
constexpr int64_t kMostCount = int64_t{1} << 53U;  // what JSON's numbers hold everywhere

int64_t CountIn(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer()) return 0;
  if (found->is_number_unsigned() && found->get<uint64_t>() > kMostCount) return kMostCount - 1;
  return std::clamp<int64_t>(found->get<int64_t>(), 0, kMostCount - 1);
}

void Add(int64_t& sum, int64_t count) { sum = std::min(sum + count, kMostCount - 1); }

std::string WordIn(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return {};
  std::string word = found->get<std::string>().substr(0, kMostWordBytes);
  std::replace_if(
      word.begin(), word.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return word;
}

void AddGraph(const Json& graph, SessionStates& states, Steps& steps) {
  states.present = true;
  Add(states.sessions, CountIn(graph, "sessions"));
  Add(states.connections, CountIn(graph, "connections"));
  Add(states.messages, CountIn(graph, "messages"));
  Add(states.lost, CountIn(graph, "lost"));
  states.reply_sequences = std::max(states.reply_sequences, CountIn(graph, "reply_sequences"));
  const auto told = graph.find("steps");
  if (told == graph.end() || !told->is_array()) return;
  for (const Json& step : *told) {
    if (!step.is_object()) continue;
    const std::string from = WordIn(step, "from");
    const std::string reply = WordIn(step, "reply");
    if (from.empty() || reply.empty()) continue;
    Add(steps[{from, WordIn(step, "request"), reply}], CountIn(step, "count"));
  }
}

}  // namespace

SessionStates ReadSessionStates(const std::filesystem::path& folder) {
  SessionStates states;
  Steps steps;
  for (const auto& file : common::ListFiles(folder)) {
    const auto text = common::ReadFile(file, kMostBytes);
    if (!text) continue;
    const auto graph = common::ParseJson(*text, "session states");
    if (!graph || !graph->is_object()) continue;
    if (graph->value("schema", Json()) != "percuss.session-states.v1") continue;
    AddGraph(*graph, states, steps);
  }
  for (const auto& [step, count] : steps) {
    states.steps.push_back({std::get<0>(step), std::get<1>(step), std::get<2>(step), count});
  }
  KeepFrequentSteps(states);
  return states;
}

void KeepFrequentSteps(SessionStates& states) {
  std::stable_sort(states.steps.begin(), states.steps.end(),
                   [](const auto& one, const auto& other) { return one.count > other.count; });
  if (states.steps.size() <= kMostSessionSteps) return;
  Add(states.lost, static_cast<int64_t>(states.steps.size() - kMostSessionSteps));
  states.steps.resize(kMostSessionSteps);
}

}  // namespace percuss::campaign
