// SPDX-License-Identifier: Apache-2.0
//
// Makes an input smaller without changing which bug it shows: delta debugging by blocks (Zeller and
// Hildebrandt 2002, IEEE TSE 28(2)), then simpler bytes. Every accepted step was seen to have the
// same key; the result is confirmed by further runs, and where these do not hold the original is
// returned unchanged.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "common/result.h"

namespace percuss::campaign {

struct MinimiseBudget {
  int64_t max_runs = 2000;
  int64_t wall_s = 60;
  int confirmations = 3;
};

struct Minimised {
  std::string bytes;
  int64_t runs = 0;
  int64_t steps = 0;        // accepted
  bool same_bug = false;    // the confirmations all had the key
  std::string stop_reason;  // minimal|budget|cancelled|not_confirmed|error: ...
};

// True when the bytes show the same bug. Errors stop the minimisation with what was reached.
using ShowsSameBug = std::function<common::Result<bool>(const std::string& bytes)>;

[[nodiscard]] Minimised Minimise(const ShowsSameBug& shows_same_bug, const std::string& input,
                                 const MinimiseBudget& budget, const std::stop_token& cancel = {});

}  // namespace percuss::campaign
