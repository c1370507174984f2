// SPDX-License-Identifier: Apache-2.0
//
// Whether what a process holds grows without end over rounds of the same inputs, or only until
// something is full. Looked at is the time after a quarter of the rounds, in which caches fill
// and lists find their size:
//
//   steady    it rises in each of four equal parts, in the last one by half of the mean at least,
//             and the 95 % interval of its slope (Theil and Sen; Sen 1968, JASA 63:1379) is above 0
//   stepped   it rises in each of the last four doublings of the number of rounds, in the last one
//             as much as in the one before: an array that doubles when it is full
//   none      it rises no higher in the second half of all rounds, in which such an array would
//   unclear   anything else
//
// Whether a cache is larger than all that was seen nobody can tell: numbers of inputs belong to
// every answer. Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace percuss::campaign {

enum class HeldTrend { kNone, kSteady, kStepped, kUnclear };

struct HeldSlope {
  HeldTrend trend = HeldTrend::kUnclear;
  // Each round, over the rounds looked at, with its 95 % interval; the mean where it rises in
  // steps.
  double slope = 0;
  double low = 0;
  double high = 0;
  // What a rise over the second half can be at most, each round; of kNone.
  double at_most = 0;
};

constexpr size_t kLeastRounds = 8;

// held: at the begin and after each round, so one more than there were rounds. Rises of up to
// `noise` are none. Below kLeastRounds, or where a count is missing (-1), unclear.
[[nodiscard]] HeldSlope JudgeHeld(const std::vector<int64_t>& held, int64_t noise);

}  // namespace percuss::campaign
