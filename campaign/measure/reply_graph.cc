// SPDX-License-Identifier: Apache-2.0
#include "campaign/measure/reply_graph.h"

#include <algorithm>

#include "campaign/measure/session_states.h"
#include "campaign/session/session_text.h"

namespace percuss::campaign {

void ReplyGraph::Add(std::string_view session, const std::vector<std::string>& codes) {
  sums_.present = true;
  ++sums_.sessions;
  ++sums_.connections;
  for (const SessionMessage& message : ReadSession(session)) {
    const std::string kind = SessionKindName(message.kind);
    if (kind == "close" || kind == "reset") ++sums_.connections;
    if (!message.bytes.empty()) ++sums_.messages;
  }
  std::string state = "connected";
  for (const std::string& code : codes) {
    ++steps_[{state, code}];
    state = code;
  }
  sequences_.insert(codes);
}

common::SessionStates ReplyGraph::States() const {
  common::SessionStates states = sums_;
  states.reply_sequences = static_cast<int64_t>(sequences_.size());
  for (const auto& [step, count] : steps_) {
    states.steps.push_back({step.first, "not told", step.second, count});
  }
  KeepFrequentSteps(states);
  return states;
}

}  // namespace percuss::campaign
