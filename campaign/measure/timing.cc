// SPDX-License-Identifier: Apache-2.0
#include "campaign/measure/timing.h"

#include <stdlib.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <compare>
#include <string>

#include "campaign/supervise/run_tool.h"
#include "common/fs.h"
#include "common/hash.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;

constexpr size_t kMostInputs = 400;
constexpr size_t kSlowestKept = 5;
constexpr int64_t kTimeoutMs = 120'000;

struct Cost {
  int64_t cpu_ns;
  size_t index;
  auto operator<=>(const Cost&) const = default;
};

common::Timing Absent(const std::string& reason) {
  common::Timing timing;
  timing.absent_reason = reason;
  return timing;
}

std::vector<stdfs::path> Sample(std::vector<stdfs::path> inputs) {
  std::error_code ignored;
  std::sort(inputs.begin(), inputs.end(), [&](const stdfs::path& a, const stdfs::path& b) {
    const auto left = stdfs::file_size(a, ignored);
    const auto right = stdfs::file_size(b, ignored);
    return left != right ? left < right : a < b;
  });
  if (inputs.size() <= kMostInputs) return inputs;
  std::vector<stdfs::path> sample;
  for (size_t i = 0; i < kMostInputs; ++i) {
    sample.push_back(inputs[i * (inputs.size() - 1) / (kMostInputs - 1)]);
  }
  return sample;
}

double UnitNs(const std::string& unit) {
  if (unit == "us") return 1e3;
  if (unit == "ms") return 1e6;
  if (unit == "s") return 1e9;
  return 1;
}

}  // namespace

int64_t Percentile(const std::vector<int64_t>& sorted, double fraction) {
  const double rank = std::ceil(fraction * static_cast<double>(sorted.size()));
  const auto index = static_cast<size_t>(std::max(1.0, rank)) - 1;
  return sorted[std::min(index, sorted.size() - 1)];
}

common::Timing ReadBenchmark(const common::Json& report, const std::vector<stdfs::path>& inputs) {
  common::Timing timing;
  std::vector<Cost> costs;
  try {
    for (const common::Json& run : report.at("benchmarks")) {
      const auto name = run.at("name").get<std::string>();
      size_t index = inputs.size();
      std::from_chars(name.data(), name.data() + name.size(), index);
      if (index >= inputs.size()) continue;
      const double cost_ns =
          run.at("cpu_time").get<double>() * UnitNs(run.value("time_unit", "ns"));
      costs.push_back({static_cast<int64_t>(cost_ns), index});
    }
  } catch (const nlohmann::json::exception& error) {
    return Absent(std::string("the benchmark's report cannot be read: ") + error.what());
  }
  if (costs.empty()) return Absent("the benchmark measured nothing");
  std::sort(costs.begin(), costs.end());
  for (const auto& cost : costs) timing.samples.push_back(cost.cpu_ns);
  timing.present = true;
  timing.n = static_cast<int64_t>(costs.size());
  timing.min = timing.samples.front();
  timing.max = timing.samples.back();
  timing.p50 = Percentile(timing.samples, 0.5);
  timing.p90 = Percentile(timing.samples, 0.9);
  timing.p99 = Percentile(timing.samples, 0.99);
  timing.p999 = Percentile(timing.samples, 0.999);
  for (size_t i = 0; i < std::min(kSlowestKept, costs.size()); ++i) {
    const auto& cost = costs[costs.size() - 1 - i];
    std::error_code ignored;
    timing.slowest.push_back(
        {inputs[cost.index].string(), common::Sha256FileHex(inputs[cost.index]).value_or(""),
         static_cast<int64_t>(stdfs::file_size(inputs[cost.index], ignored)), cost.cpu_ns});
  }
  return timing;
}

common::Timing MeasureTiming(const TargetSpec& target, const std::vector<stdfs::path>& inputs,
                             const stdfs::path& scratch, const std::atomic<bool>& cancel) {
  const auto binary = target.binaries.find("benchmark");
  if (binary == target.binaries.end()) return Absent("the target has no benchmark build");
  if (inputs.empty()) return Absent("the corpus is empty");
  if (cancel) return Absent("interrupted");
  const auto sample = Sample(inputs);
  std::string list;
  for (const auto& input : sample) list += input.string() + "\n";
  const auto list_file = scratch / "benchmark-inputs";
  if (auto written = common::WriteFileAtomically(list_file, list); !written) {
    return Absent(written.error().Text());
  }
  auto environment = target.environment;
  environment["PERCUSS_BENCHMARK_INPUTS"] = list_file.string();
  const auto text =
      RunTool({binary->second.string(), "--benchmark_format=json", "--benchmark_min_time=0.01"},
              environment, kTimeoutMs);
  if (!text) return Absent(text.error().Text());
  // A target may print to stdout before the report.
  const size_t start = text->find("{\n  \"context\"");
  const auto json = common::ParseJson(
      start == std::string::npos ? *text : std::string_view(*text).substr(start), "benchmark");
  if (!json) return Absent(json.error().Text());
  auto timing = ReadBenchmark(*json, sample);
  double load = 0;
  if (getloadavg(&load, 1) == 1) timing.host_load = load;
  return timing;
}

}  // namespace percuss::campaign
