// SPDX-License-Identifier: Apache-2.0
//
// What of a process's surroundings (surroundings.h) a fault depends on, from reruns that differ in
// them. Plain values; thread-safe.
//
// Told is only what is clear: reruns are parted by layout, by whether the heap is filled, by each
// content and by each combination, and the parting with the least p of Fisher's exact test (R. A.
// Fisher, 1922, J. R. Stat. Soc. 85:87) is named where p, times the number of partings, is below
// 1 %. Ten reruns are too few for that, thirty are not.
#pragma once

#include <vector>

#include "campaign/supervise/surroundings.h"
#include "common/model/finding.h"

namespace percuss::campaign {

struct RunIn {
  Surroundings surroundings;
  bool shown = false;
};

// Sets varied, runs, depends_on and shown_in.
void TellSurroundings(const std::vector<RunIn>& runs, const Variable& varies,
                      common::Reproduction& reproduction);

// Two-sided, of the table {{a, b}, {c, d}}; 1 when it is empty.
[[nodiscard]] double FisherExact(int a, int b, int c, int d);

// In which a single run shows the finding best: plain ones, mostly.
[[nodiscard]] Surroundings SurroundingsToShow(const common::Finding& finding);

// k of n in what a replay runs: all reruns of the series, or those in `shown_in`.
struct Shown {
  int reproduced = 0;
  int reruns = 0;
};
[[nodiscard]] Shown ShownWhereReplayed(const common::Reproduction& reproduction);

}  // namespace percuss::campaign
