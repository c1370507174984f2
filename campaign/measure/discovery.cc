// SPDX-License-Identifier: Apache-2.0
#include "campaign/measure/discovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <boost/math/distributions/chi_squared.hpp>

namespace percuss::campaign {
namespace {

constexpr double kConfidence = 0.95;

// What a rare event's mean is not above when it was seen `count` times (Garwood 1936, Biometrika
// 28:437).
double UpperLimit(int64_t count) {
  const boost::math::chi_squared distribution(2.0 * static_cast<double>(count + 1));
  return boost::math::quantile(distribution, kConfidence) / 2;
}

double BoundOf(int64_t count, int64_t executions) {
  return std::min(1.0, UpperLimit(count) / static_cast<double>(executions));
}

// The span that the last input is in, and the one before it: half of the inputs at least.
void AddLateHalf(const EdgeTally& tally, common::DiscoveryEstimate& estimate) {
  const auto span = static_cast<size_t>(std::bit_width(static_cast<uint64_t>(tally.inputs)) - 1);
  const size_t first = span == 0 ? 0 : span - 1;
  estimate.late_executions += tally.inputs - (int64_t{1} << first) + 1;
  for (size_t i = first; i <= span; ++i) estimate.late_discoveries += tally.discoverers.at(i);
}

}  // namespace

common::DiscoveryEstimate EstimateDiscovery(const EngineTallies& tallies) {
  common::DiscoveryEstimate estimate;
  for (const auto& [engine, tally] : tallies) {
    if (!tally) {
      return {.absent_reason = fmt::format("{} {}", engine, tally.error().message)};
    }
    estimate.singletons += tally->singletons;
    estimate.executions += tally->inputs;
    AddLateHalf(*tally, estimate);
  }
  if (estimate.executions == 0) return {.absent_reason = "no engine ran"};
  estimate.present = true;
  estimate.estimate =
      static_cast<double>(estimate.singletons) / static_cast<double>(estimate.executions);
  estimate.bound = std::max(BoundOf(estimate.singletons, estimate.executions),
                            BoundOf(estimate.late_discoveries, estimate.late_executions));
  return estimate;
}

common::DiscoveryEstimate EstimateDiscovery(const std::vector<std::unique_ptr<Engine>>& engines) {
  EngineTallies tallies;
  tallies.reserve(engines.size());
  for (const auto& engine : engines) tallies.emplace_back(engine->Name(), engine->Tally());
  return EstimateDiscovery(tallies);
}

}  // namespace percuss::campaign
