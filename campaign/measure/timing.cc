// SPDX-License-Identifier: Apache-2.0
#include "campaign/measure/timing.h"

#include <stdlib.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <compare>
#include <string>

#include "campaign/supervise/run_tool.h"
#include "campaign/target_command.h"
#include "common/fs.h"
#include "common/hash.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;

constexpr size_t kMostInputs = 400;
constexpr size_t kMostOnBoard = 150;  // each takes the machine's start
constexpr size_t kSlowestKept = 5;
constexpr int64_t kTimeoutMs = 120'000;

struct Cost {
  int64_t value;  // in the timing's unit
  size_t index;
  auto operator<=>(const Cost&) const = default;
};

common::Timing Absent(const std::string& reason) {
  common::Timing timing;
  timing.absent_reason = reason;
  return timing;
}

std::vector<stdfs::path> Sample(std::vector<stdfs::path> inputs, size_t most) {
  std::error_code ignored;
  std::sort(inputs.begin(), inputs.end(), [&](const stdfs::path& a, const stdfs::path& b) {
    const auto left = stdfs::file_size(a, ignored);
    const auto right = stdfs::file_size(b, ignored);
    return left != right ? left < right : a < b;
  });
  if (inputs.size() <= most) return inputs;
  std::vector<stdfs::path> sample;
  for (size_t i = 0; i < most; ++i) {
    sample.push_back(inputs[i * (inputs.size() - 1) / (most - 1)]);
  }
  return sample;
}

common::Timing Summary(std::vector<Cost> costs, const std::vector<stdfs::path>& inputs,
                       const std::string& unit) {
  common::Timing timing;
  std::sort(costs.begin(), costs.end());
  for (const auto& cost : costs) timing.samples.push_back(cost.value);
  timing.unit = unit;
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
         static_cast<int64_t>(stdfs::file_size(inputs[cost.index], ignored)), cost.value});
  }
  return timing;
}

double UnitNs(const std::string& unit) {
  if (unit == "us") return 1e3;
  if (unit == "ms") return 1e6;
  if (unit == "s") return 1e9;
  return 1;
}

// One run each: every run takes as many.
common::Timing MeasureInstructions(const TargetSpec& target, const std::vector<stdfs::path>& inputs,
                                   const std::atomic<bool>& cancel) {
  std::vector<Cost> costs;
  std::string refused;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (cancel) return Absent("interrupted");
    const TargetCommand command = CommandFor(target, MainRole(target));
    std::vector<std::string> argv = command.argv;
    std::replace(argv.begin(), argv.end(), std::string("@@"), inputs[i].string());
    argv.emplace_back("--json");
    const auto text = RunTool(argv, command.environment, kTimeoutMs);
    const auto json = text ? common::ParseJson(*text, "emulate")
                           : common::Result<common::Json>(tl::make_unexpected(text.error()));
    if (json && json->contains("instructions")) {
      costs.push_back({json->at("instructions").get<int64_t>(), i});
    } else if (refused.empty()) {
      refused = json ? "it tells no instructions" : json.error().Text();
    }
  }
  if (costs.empty()) return Absent("no input could be run to its end on the emulator: " + refused);
  return Summary(costs, inputs, "guest_instructions");
}

}  // namespace

int64_t Percentile(const std::vector<int64_t>& sorted, double fraction) {
  const double rank = std::ceil(fraction * static_cast<double>(sorted.size()));
  const auto index = static_cast<size_t>(std::max(1.0, rank)) - 1;
  return sorted[std::min(index, sorted.size() - 1)];
}

common::Timing ReadBenchmark(const common::Json& report, const std::vector<stdfs::path>& inputs) {
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
  return Summary(costs, inputs, "cpu_ns");
}

common::Timing MeasureTiming(const TargetSpec& target, const std::vector<stdfs::path>& inputs,
                             const stdfs::path& scratch, const std::atomic<bool>& cancel) {
  if (target.binaries.contains("firmware") || target.binaries.contains("program")) {
    return inputs.empty() ? Absent("the corpus is empty")
                          : MeasureInstructions(target, Sample(inputs, kMostOnBoard), cancel);
  }
  const auto binary = target.binaries.find("benchmark");
  if (binary == target.binaries.end()) return Absent("the target has no benchmark build");
  if (inputs.empty()) return Absent("the corpus is empty");
  if (cancel) return Absent("interrupted");
  const auto sample = Sample(inputs, kMostInputs);
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
