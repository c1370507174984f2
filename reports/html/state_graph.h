// SPDX-License-Identifier: Apache-2.0
//
// States of sessions and the steps between them as SVG to stand inside an HTML page: the states
// below each other in the order in which sessions come to them, arcs to later ones on the right,
// back to earlier ones on the left, the thicker the more often. Pure and thread safe; texts are
// escaped. Style: plots.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/model/run_record.h"
#include "reports/html/plots.h"

namespace percuss::reports {

struct GraphState {
  std::string name;
  int64_t entered = 0;  // how often; 0 of the first
};

struct GraphArc {
  size_t from = 0;  // of the states
  size_t to = 0;
  int64_t count = 0;  // of all steps between the two, whatever was asked
};

struct StateGraph {
  std::vector<GraphState> states;  // by distance from "connected", then by how often
  std::vector<GraphArc> arcs;
  size_t left_out = 0;  // states
};

// Of the `most` states that were entered most often.
[[nodiscard]] StateGraph GraphOf(const common::SessionStates& states, size_t most);

// Empty where there is no state.
[[nodiscard]] std::string GraphSvg(const PlotLabels& labels, const StateGraph& graph);

}  // namespace percuss::reports
