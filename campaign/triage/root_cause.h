// SPDX-License-Identifier: Apache-2.0
//
// Ranks the functions and lines that may be the defect behind a finding. Three witnesses:
//
// - the runs nearby: for each edge, whether the failing inputs take it (or take it t times or more,
//   or fewer) and the surviving ones do not, by Ochiai's coefficient (Abreu et al. 2007, On the
//   Accuracy of Spectrum-based Fault Localization) with both sides given the same weight, moved so
//   that what holds in all runs is 0 and what holds in all failing ones alone is 1. Surviving runs
//   weigh the more the fewer edges they differ in from a failing one (nearest neighbours, Renieris
//   and Reiss 2003): others differ in much that has nothing to do with the bug.
// - the stack of the fault, innermost first. Of a broken property the innermost function is the
//   check, which only tells that another one let it happen.
// - of memory errors who freed the block, and who allocated it.
//
// A hypothesis for who reads the code, with what it rests on in words. How often it is right:
// docs/triage.md. Pure functions but for the names of edges; thread-safe.
#pragma once

#include <vector>

#include "campaign/triage/edge_spectra.h"
#include "common/model/finding.h"

namespace percuss::campaign {

// What an edge says; the counts are of runs that agree with it.
struct EdgeEvidence {
  size_t edge = 0;     // or the comparison's number, where `relation` is set
  double score = 0;    // 0 to 1
  bool fewer = false;  // taken less than `times` times; else at least that often
  int times = 1;
  int64_t failing = 0;
  int64_t surviving = 0;
  int relation = 0;  // of a comparison's values: a percuss_relation
};

// Of all edges, and of how comparisons come out, what tells failing runs from surviving ones, the
// strongest first; none where one side has no runs.
[[nodiscard]] std::vector<EdgeEvidence> CompareRuns(const EdgeSpectra& spectra);

// frames: of each piece of evidence, where it is. Fills all but `block`, which is used.
[[nodiscard]] common::RootCause RankCauses(const common::Finding& finding,
                                           const EdgeSpectra& spectra,
                                           const std::vector<EdgeEvidence>& evidence,
                                           const std::vector<common::StackFrame>& frames);

// All of it: compares, asks the symboliser for the places, ranks.
[[nodiscard]] common::RootCause FindRootCause(const common::Finding& finding,
                                              const EdgeSpectra& spectra);

}  // namespace percuss::campaign
