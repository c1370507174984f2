// SPDX-License-Identifier: Apache-2.0
//
// Makes an input smaller without changing which bug it shows: delta debugging by blocks (Zeller and
// Hildebrandt 2002, IEEE TSE 28(2)), then simpler bytes, again and again until nothing more can go.
// Every accepted step was seen to have the same key; the result is confirmed by further runs of it
// alone, and where these do not hold the original is returned unchanged.
//
// Candidates are handed over many at a time, the boldest first. What a candidate costs is the end
// of a process: of those that fail nothing, many can run in one.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "common/model/finding.h"
#include "common/result.h"

namespace percuss::campaign {

struct MinimiseBudget {
  int64_t max_runs = 2000;  // processes
  int64_t wall_s = 60;
  int confirmations = 3;
};

// Of a campaign and of triage: a fraction of what finding the bug cost.
inline constexpr MinimiseBudget kMinimiseBudget{.max_runs = 400, .wall_s = 20, .confirmations = 3};

struct Minimised {
  std::string bytes;
  bool same_bug = false;     // the confirmations all had the key
  common::Minimisation how;  // stop_reason may be not_confirmed or "error: ..." too
};

// What one process told of candidates that it was given in this order.
struct Attempt {
  size_t tried = 0;       // from the first on, at least one
  bool same_bug = false;  // the last of those shows the bug; none before it does
};

// Runs candidates, of which there is at least one, in one process until one of them fails. Errors
// stop the minimisation with what was reached.
using TryInOrder = std::function<common::Result<Attempt>(const std::vector<std::string>&)>;

// An input without some of its bytes, others of which may have changed with it.
struct ReducedInput {
  size_t at = 0;
  size_t size = 0;  // bytes that are gone
  std::string bytes;
  // Further ones that are gone, behind those.
  size_t also_at = 0;
  size_t also = 0;
};

// What an input can go without, as a description of its protocol or its own table of streams sees
// it, the biggest parts first.
using ReduceByParts = std::function<std::vector<ReducedInput>(const std::string& input)>;

struct MinimiseRuns {
  TryInOrder steps;
  TryInOrder alone;  // for one candidate, in a process of its own: what confirms the result
  bool many =
      true;  // a step's process takes many candidates, so that those that survive cost little
  // Steps are judged more kindly than the result: where that does not hold, it is the latest step
  // before it that does, as far as halving finds it.
  bool kind_steps = false;
  // Tried before blocks of bytes; none where nothing is known of the protocol.
  ReduceByParts parts = nullptr;
};

[[nodiscard]] Minimised Minimise(const MinimiseRuns& runs, const std::string& input,
                                 const MinimiseBudget& budget, const std::stop_token& cancel = {});

}  // namespace percuss::campaign
