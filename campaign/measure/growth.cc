// SPDX-License-Identifier: Apache-2.0
#include "campaign/measure/growth.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>

namespace percuss::campaign {
namespace {

// A simpler class is told where its error is no more than so many times the best one's.
constexpr double kAboutAsGood = 1.25;
// Errors below are noise of a quiet host: no reason to prefer one class to another.
constexpr double kNoise = 0.02;
// A cost that stays within this is constant.
constexpr double kConstantWithin = 0.1;

struct Class {
  const char* name;
  double (*of)(double bytes);
};

// Simplest first.
constexpr Class kClasses[] = {
    {"O(1)", [](double) { return 0.0; }},
    {"O(log n)", [](double n) { return std::log2(n); }},
    {"O(n)", [](double n) { return n; }},
    {"O(n log n)", [](double n) { return n * std::log2(n); }},
    {"O(n^2)", [](double n) { return n * n; }},
    {"O(n^3)", [](double n) { return n * n * n; }},
};

struct Fit {
  std::string name;
  double constant = 0;
  double coefficient = 0;
  double base = 0;
  double rms = 0;
  double r_squared = 0;
};

double CostOf(const InputCost& cost) {
  return static_cast<double>(std::max<int64_t>(cost.cost, 1));
}

// cost = constant + coefficient * g by least squares of the relative errors, neither below 0.
template <typename Function>
Fit FitTo(const std::string& name, const std::vector<InputCost>& costs, const Function& g) {
  double ones = 0;
  double gs = 0;
  double squares = 0;
  double costs_sum = 0;
  double products = 0;
  for (const InputCost& cost : costs) {
    const double weight = 1 / (CostOf(cost) * CostOf(cost));
    const double value = g(static_cast<double>(cost.bytes));
    ones += weight;
    gs += weight * value;
    squares += weight * value * value;
    costs_sum += weight * CostOf(cost);
    products += weight * value * CostOf(cost);
  }
  Fit fit;
  fit.name = name;
  const double determinant = ones * squares - gs * gs;
  if (determinant > 1e-12 * ones * squares) {
    fit.constant = (costs_sum * squares - products * gs) / determinant;
    fit.coefficient = (ones * products - gs * costs_sum) / determinant;
  }
  if (fit.constant < 0 && squares > 0) {
    fit.constant = 0;
    fit.coefficient = products / squares;
  }
  if (fit.coefficient <= 0) {
    fit.coefficient = 0;
    fit.constant = costs_sum / ones;
  }
  double mean = 0;
  for (const InputCost& cost : costs) mean += CostOf(cost) / static_cast<double>(costs.size());
  double relative = 0;
  double residual = 0;
  double total = 0;
  for (const InputCost& cost : costs) {
    const double told = fit.constant + fit.coefficient * g(static_cast<double>(cost.bytes));
    const double error = told - CostOf(cost);
    relative += error * error / (CostOf(cost) * CostOf(cost));
    residual += error * error;
    total += (CostOf(cost) - mean) * (CostOf(cost) - mean);
  }
  fit.rms = std::sqrt(relative / static_cast<double>(costs.size()));
  fit.r_squared = total > 0 ? std::max(0.0, 1 - residual / total) : 0;
  return fit;
}

// The best of all bases by which the cost grows fourfold to a trillionfold over the lengths.
Fit FitExponential(const std::vector<InputCost>& costs) {
  constexpr int kLeastDoublings = 2;
  constexpr int kMostDoublings = 40;
  constexpr int kSteps = 4;  // of each doubling
  const auto shortest = static_cast<double>(costs.front().bytes);
  const double span = static_cast<double>(costs.back().bytes) - shortest;
  Fit best;
  best.rms = INFINITY;
  for (int step = kLeastDoublings * kSteps; step <= kMostDoublings * kSteps; ++step) {
    const double per_byte = static_cast<double>(step) / kSteps / span;
    // From the shortest on, so that no power is too large for a double.
    const Fit fit =
        FitTo("O(c^n)", costs, [&](double n) { return std::exp2(per_byte * (n - shortest)); });
    if (fit.coefficient <= 0 || fit.rms >= best.rms) continue;
    best = fit;
    best.base = std::exp2(per_byte);
    best.coefficient = fit.coefficient * std::exp2(-per_byte * shortest);
  }
  return best;
}

std::string WhyNotTold(const std::vector<InputCost>& costs) {
  if (costs.size() < kLeastLengths) {
    return fmt::format("inputs of {} different lengths are too few: {} are needed", costs.size(),
                       kLeastLengths);
  }
  if (costs.back().bytes < kLeastLengthRatio * costs.front().bytes) {
    return fmt::format("lengths from {} to {} bytes are too close: a ratio of {} is needed",
                       costs.front().bytes, costs.back().bytes, kLeastLengthRatio);
  }
  return "";
}

// Of log cost over log length, for classes that are not in the table.
double Exponent(const std::vector<InputCost>& costs) {
  double x = 0;
  double y = 0;
  double xx = 0;
  double xy = 0;
  const auto n = static_cast<double>(costs.size());
  for (const InputCost& cost : costs) {
    const double length = std::log(static_cast<double>(cost.bytes));
    const double value = std::log(CostOf(cost));
    x += length;
    y += value;
    xx += length * length;
    xy += length * value;
  }
  return (n * xy - x * y) / (n * xx - x * x);
}

// Which of the fits is told, and which is next best.
std::pair<Fit, Fit> Choose(const std::vector<Fit>& fits, const Fit& exponential) {
  const auto better = [](const Fit& one, const Fit& other) { return one.rms < other.rms; };
  const double best = std::min_element(fits.begin(), fits.end(), better)->rms;
  Fit told;
  for (const Fit& fit : fits) {
    const double enough =
        std::max(kAboutAsGood * best, fit.name == "O(1)" ? kConstantWithin : kNoise);
    if (fit.rms > enough) continue;
    told = fit;
    break;
  }
  // One parameter more must earn its place.
  if (told.rms > kConstantWithin && exponential.rms < told.rms / 2) told = exponential;
  Fit next;
  next.rms = INFINITY;
  for (const Fit& fit : fits) {
    if (fit.name != told.name && fit.rms < next.rms) next = fit;
  }
  if (told.name != exponential.name && exponential.rms < next.rms) next = exponential;
  return {told, next};
}

std::vector<InputCost> ByLength(const std::vector<InputCost>& costs, bool costliest) {
  std::map<int, std::vector<InputCost>> ranges;
  for (const InputCost& cost : costs) {
    if (cost.bytes > 0) ranges[LengthRange(cost.bytes)].push_back(cost);
  }
  std::vector<InputCost> chosen;
  for (auto& [range, members] : ranges) {
    std::sort(members.begin(), members.end(), [](const InputCost& one, const InputCost& other) {
      return std::pair(one.cost, one.index) < std::pair(other.cost, other.index);
    });
    chosen.push_back(costliest ? members.back() : members[(members.size() - 1) / 2]);
  }
  return chosen;
}

}  // namespace

int LengthRange(int64_t bytes) {
  return static_cast<int>(std::floor(2 * std::log2(static_cast<double>(bytes))));
}

common::Growth FitGrowth(std::vector<InputCost> costs) {
  std::sort(costs.begin(), costs.end(),
            [](const InputCost& one, const InputCost& other) { return one.bytes < other.bytes; });
  common::Growth growth;
  growth.lengths = static_cast<int64_t>(costs.size());
  if (costs.empty()) {
    growth.absent_reason = "there are no inputs";
    return growth;
  }
  growth.shortest_bytes = costs.front().bytes;
  growth.longest_bytes = costs.back().bytes;
  growth.absent_reason = WhyNotTold(costs);
  if (!growth.absent_reason.empty()) return growth;
  std::vector<Fit> fits;
  for (const Class& one : kClasses) fits.push_back(FitTo(one.name, costs, one.of));
  const auto [told, next] = Choose(fits, FitExponential(costs));
  if (told.rms > kMostRms) {
    growth.absent_reason = fmt::format(
        "no class fits: the best, {}, is off by {:.0f} % (on the whole the cost grows as "
        "length ^ {:.1f})",
        told.name, told.rms * 100, Exponent(costs));
    return growth;
  }
  growth.present = true;
  growth.complexity = told.name;
  growth.constant = told.constant;
  growth.coefficient = told.coefficient;
  growth.base = told.base;
  growth.rms = told.rms;
  growth.r_squared = told.r_squared;
  growth.next = next.name;
  growth.next_rms = next.rms;
  return growth;
}

std::vector<InputCost> TypicalByLength(const std::vector<InputCost>& costs) {
  return ByLength(costs, false);
}

std::vector<InputCost> CostliestByLength(const std::vector<InputCost>& costs) {
  return ByLength(costs, true);
}

std::vector<FarCost> FarFromTypical(std::vector<InputCost> costs) {
  constexpr size_t kNeighbours = 10;  // on either side
  constexpr size_t kLeastNeighbours = 8;
  constexpr int64_t kFar = 10;
  std::sort(costs.begin(), costs.end(), [](const InputCost& one, const InputCost& other) {
    return std::pair(one.bytes, one.index) < std::pair(other.bytes, other.index);
  });
  std::vector<FarCost> far;
  for (size_t i = 0; i < costs.size(); ++i) {
    std::vector<int64_t> near;
    const size_t end = std::min(costs.size(), i + kNeighbours + 1);
    for (size_t k = i - std::min(i, kNeighbours); k < end; ++k) {
      const bool alike =
          costs[k].bytes <= 2 * costs[i].bytes && costs[i].bytes <= 2 * costs[k].bytes;
      if (k != i && alike) near.push_back(costs[k].cost);
    }
    if (near.size() < kLeastNeighbours) continue;
    const auto middle = near.begin() + static_cast<std::ptrdiff_t>(near.size() / 2);
    std::nth_element(near.begin(), middle, near.end());
    const int64_t typical = std::max<int64_t>(*middle, 1);
    if (costs[i].cost / kFar > typical) far.push_back({costs[i], typical});
  }
  std::sort(far.begin(), far.end(), [](const FarCost& one, const FarCost& other) {
    return static_cast<double>(one.input.cost) / static_cast<double>(one.typical) >
           static_cast<double>(other.input.cost) / static_cast<double>(other.typical);
  });
  return far;
}

}  // namespace percuss::campaign
