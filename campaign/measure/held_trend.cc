// SPDX-License-Identifier: Apache-2.0
#include "campaign/measure/held_trend.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace percuss::campaign {
namespace {

constexpr size_t kMostPoints = 128;  // all pairs of them are looked at
constexpr size_t kParts = 4;
constexpr size_t kDoublings = 4;
constexpr double kNormal95 = 1.96;

void FitSlope(const std::vector<int64_t>& held, size_t begin, HeldSlope& result) {
  std::vector<size_t> points;
  const size_t last = held.size() - 1;
  const size_t step = (last - begin) / kMostPoints + 1;
  for (size_t at = begin; at <= last; at += step) points.push_back(at);
  std::vector<double> slopes;
  for (size_t i = 0; i < points.size(); ++i) {
    for (size_t k = i + 1; k < points.size(); ++k) {
      slopes.push_back(static_cast<double>(held[points[k]] - held[points[i]]) /
                       static_cast<double>(points[k] - points[i]));
    }
  }
  std::sort(slopes.begin(), slopes.end());
  const auto count = static_cast<double>(slopes.size());
  const auto n = static_cast<double>(points.size());
  const double spread = kNormal95 * std::sqrt(n * (n - 1) * (2 * n + 5) / 18);
  const auto at = [&](double rank) {
    return slopes[static_cast<size_t>(std::clamp(rank, 0.0, count - 1))];
  };
  result.slope = (at(std::floor((count - 1) / 2)) + at(std::ceil((count - 1) / 2))) / 2;
  result.low = at(std::floor((count - spread) / 2) - 1);
  result.high = at(std::ceil((count + spread) / 2));
}

bool RisesSteadily(const std::vector<int64_t>& held, size_t begin, int64_t noise, double low) {
  const size_t last = held.size() - 1;
  std::array<int64_t, kParts> rises{};
  for (size_t part = 0; part < kParts; ++part) {
    const size_t from = begin + (last - begin) * part / kParts;
    const size_t to = begin + (last - begin) * (part + 1) / kParts;
    rises[part] = held[to] - held[from];
    if (rises[part] <= noise) return false;
  }
  const double mean = static_cast<double>(held[last] - held[begin]) / kParts;
  return low > 0 && static_cast<double>(rises[kParts - 1]) >= mean / 2;
}

bool RisesInSteps(const std::vector<int64_t>& held, int64_t noise) {
  const size_t last = held.size() - 1;
  int64_t after = -1;
  for (size_t doubling = 0; doubling < kDoublings; ++doubling) {
    const int64_t rise = held[last >> doubling] - held[last >> (doubling + 1)];
    if (rise <= noise || (doubling == 1 && rise > after)) return false;
    after = rise;
  }
  return true;
}

}  // namespace

HeldSlope JudgeHeld(const std::vector<int64_t>& held, int64_t noise) {
  HeldSlope result;
  if (held.size() < kLeastRounds + 1) return result;
  if (std::any_of(held.begin(), held.end(), [](int64_t count) { return count < 0; })) return result;
  const size_t last = held.size() - 1;
  const size_t begin = (last + 3) / 4;
  FitSlope(held, begin, result);
  const auto at = [&held](size_t index) {
    return held.begin() + static_cast<std::ptrdiff_t>(index);
  };
  const int64_t before = *std::max_element(at(begin), at(last / 2 + 1));
  const int64_t after = *std::max_element(at(last / 2), held.end());
  const int64_t rise = std::max<int64_t>(0, after - before);
  const size_t rounds_after = last - last / 2;
  result.at_most = static_cast<double>(rise) / static_cast<double>(rounds_after);
  if (rise <= noise) {
    result.trend = HeldTrend::kNone;
  } else if (RisesSteadily(held, begin, noise, result.low)) {
    result.trend = HeldTrend::kSteady;
  } else if (RisesInSteps(held, noise)) {
    result.trend = HeldTrend::kStepped;
    // Between steps nothing rises: the median says nothing of it.
    result.slope =
        static_cast<double>(held[last] - held[begin]) / static_cast<double>(last - begin);
    result.low = std::min(result.low, result.slope);
    result.high = std::max(result.high, result.slope);
  }
  return result;
}

}  // namespace percuss::campaign
