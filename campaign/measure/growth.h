// SPDX-License-Identifier: Apache-2.0
//
// How cost grows with the length of inputs, and which inputs cost far more than others of their
// length.
//
// Google Benchmark's fit (MinimalLeastSq, not in its public headers) is one coefficient of one
// class by least squares, and the class with the least root mean square wins. Here a constant cost
// is fitted beside the coefficient, for a call's own cost would pass for another class in short
// inputs, and errors count relative to the cost, for costs of a corpus lie decades apart. The
// simplest class that fits about as well as the best is told (ADR 0029).
//
// Pure functions; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/model/run_record.h"

namespace percuss::campaign {

// What one input costs, in any unit.
struct InputCost {
  int64_t bytes = 0;
  int64_t cost = 0;
  size_t index = 0;  // the caller's
};

// Below these no class is told.
constexpr size_t kLeastLengths = 6;
constexpr int64_t kLeastLengthRatio = 8;  // longest to shortest
constexpr double kMostRms = 0.35;

// Lengths within a factor of about 1.4 are one range. bytes > 0.
[[nodiscard]] int LengthRange(int64_t bytes);

// The class of these costs, one of each length or range. shown_by and `of` are left to the caller.
[[nodiscard]] common::Growth FitGrowth(std::vector<InputCost> costs);

// One of each range of lengths, the shortest range first: the one in the middle by cost, or the
// costliest. Empty inputs have no range.
[[nodiscard]] std::vector<InputCost> TypicalByLength(const std::vector<InputCost>& costs);
[[nodiscard]] std::vector<InputCost> CostliestByLength(const std::vector<InputCost>& costs);

struct FarCost {
  InputCost input;
  int64_t typical = 0;  // the median of its neighbours by length
};
// Those that cost more than ten times what the inputs next to them in length do, where at least
// eight are within a factor of two of its length; the farthest first.
[[nodiscard]] std::vector<FarCost> FarFromTypical(std::vector<InputCost> costs);

}  // namespace percuss::campaign
