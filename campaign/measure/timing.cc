// SPDX-License-Identifier: Apache-2.0
#include "campaign/measure/timing.h"

#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include "campaign/measure/benchmark_run.h"
#include "campaign/measure/growth.h"
#include "campaign/supervise/run_tool.h"
#include "campaign/target_command.h"
#include "common/fs.h"
#include "common/hash.h"
#include "common/json_file.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;

constexpr size_t kMostInputs = 400;
constexpr size_t kMostOnBoard = 150;  // each takes the machine's start
constexpr size_t kSlowestKept = 5;
constexpr size_t kOutliersKept = 10;
constexpr int64_t kTimeoutMs = 120'000;

common::Timing Absent(const std::string& reason) {
  common::Timing timing;
  timing.absent_reason = reason;
  return timing;
}

struct SizedInput {
  stdfs::path path;
  int64_t bytes = 0;
};

// Some of them, by indices that are evenly apart.
void AddEvenly(const std::vector<size_t>& from, size_t most, std::set<size_t>& chosen) {
  if (from.size() <= most) return chosen.insert(from.begin(), from.end());
  for (size_t i = 0; i < most; ++i) chosen.insert(from[i * (from.size() - 1) / (most - 1)]);
}

// Half of a sample are as the corpus is, the other half are shared out over all lengths: how cost
// grows shows in the few long inputs as well.
std::vector<SizedInput> Sample(const std::vector<stdfs::path>& paths, size_t most) {
  std::vector<SizedInput> inputs;
  std::error_code error;
  for (const auto& path : paths) {
    const auto bytes = stdfs::file_size(path, error);
    if (!error) inputs.push_back({path, static_cast<int64_t>(bytes)});
  }
  std::sort(inputs.begin(), inputs.end(), [](const SizedInput& a, const SizedInput& b) {
    return a.bytes != b.bytes ? a.bytes < b.bytes : a.path < b.path;
  });
  if (inputs.size() <= most) return inputs;
  std::map<int, std::vector<size_t>> ranges;
  std::vector<size_t> all;
  for (size_t i = 0; i < inputs.size(); ++i) {
    all.push_back(i);
    ranges[inputs[i].bytes > 0 ? LengthRange(inputs[i].bytes) : -1].push_back(i);
  }
  std::set<size_t> chosen;
  AddEvenly(all, most / 2, chosen);
  const size_t of_each = std::max<size_t>(2, most / 2 / ranges.size());
  for (const auto& [range, members] : ranges) AddEvenly(members, of_each, chosen);
  std::vector<SizedInput> sample;
  sample.reserve(chosen.size());
  for (const size_t i : chosen) sample.push_back(std::move(inputs[i]));
  return sample;
}

common::SlowInput Named(const InputCost& cost, const std::vector<SizedInput>& inputs) {
  const SizedInput& input = inputs[cost.index];
  return {input.path.string(), common::Sha256FileHex(input.path).value_or(""), input.bytes,
          cost.cost};
}

void AddGrowth(const std::vector<InputCost>& costs, const std::vector<SizedInput>& inputs,
               common::Timing& timing) {
  for (const bool costliest : {false, true}) {
    const auto chosen = costliest ? CostliestByLength(costs) : TypicalByLength(costs);
    common::Growth growth = FitGrowth(chosen);
    growth.of = costliest ? "costliest" : "typical";
    for (const InputCost& cost : chosen) growth.shown_by.push_back(Named(cost, inputs));
    timing.growth.push_back(std::move(growth));
  }
  for (const FarCost& far : FarFromTypical(costs)) {
    if (timing.outliers.size() == kOutliersKept) break;
    const common::SlowInput input = Named(far.input, inputs);
    timing.outliers.push_back({input.path, input.sha256, input.bytes, input.cost, far.typical});
  }
}

common::Timing Summary(std::vector<InputCost> costs, const std::vector<SizedInput>& inputs,
                       const std::string& unit) {
  common::Timing timing;
  std::sort(costs.begin(), costs.end(), [](const InputCost& one, const InputCost& other) {
    return std::pair(one.cost, one.index) < std::pair(other.cost, other.index);
  });
  for (const auto& cost : costs) timing.samples.push_back(cost.cost);
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
    timing.slowest.push_back(Named(costs[costs.size() - 1 - i], inputs));
  }
  AddGrowth(costs, inputs, timing);
  return timing;
}

void AddReplies(const stdfs::path& input, const common::Json& run, ReplyGraph& replies) {
  const auto session = common::ReadFile(input);
  const auto codes = run.find("replies");
  if (!session || codes == run.end() || !codes->is_array()) return;
  replies.Add(*session, codes->get<std::vector<std::string>>());
}

// One run each: every run takes as many.
common::Timing MeasureInstructions(const TargetSpec& target, const std::vector<SizedInput>& inputs,
                                   const std::atomic<bool>& cancel, ReplyGraph& replies) {
  const bool tells_replies = target.program.socket.find(",code=") != std::string::npos;
  std::vector<InputCost> costs;
  std::string refused;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (cancel) return Absent("interrupted");
    const TargetCommand command = CommandFor(target, MainRole(target));
    std::vector<std::string> argv = command.argv;
    std::replace(argv.begin(), argv.end(), std::string("@@"), inputs[i].path.string());
    argv.emplace_back("--json");
    const auto text = RunTool(argv, command.environment, kTimeoutMs);
    const auto json = text ? common::ParseJson(*text, "emulate")
                           : common::Result<common::Json>(tl::make_unexpected(text.error()));
    if (json && tells_replies) AddReplies(inputs[i].path, *json, replies);
    if (json && json->contains("instructions")) {
      costs.push_back({inputs[i].bytes, json->at("instructions").get<int64_t>(), i});
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

common::Timing MeasureTiming(const TargetSpec& target, const std::vector<stdfs::path>& inputs,
                             const stdfs::path& scratch, const std::atomic<bool>& cancel,
                             ReplyGraph& replies) {
  if (target.binaries.contains("firmware") || target.binaries.contains("program")) {
    return inputs.empty()
               ? Absent("the corpus is empty")
               : MeasureInstructions(target, Sample(inputs, kMostOnBoard), cancel, replies);
  }
  const auto binary = target.binaries.find("benchmark");
  if (binary == target.binaries.end()) return Absent("the target has no benchmark build");
  if (inputs.empty()) return Absent("the corpus is empty");
  if (cancel) return Absent("interrupted");
  const auto sample = Sample(inputs, kMostInputs);
  std::vector<stdfs::path> paths;
  paths.reserve(sample.size());
  for (const SizedInput& input : sample) paths.push_back(input.path);
  constexpr double kLeastS = 0.01;
  const auto report = RunBenchmark(
      {binary->second, target.environment, scratch / "benchmark-inputs", kTimeoutMs, 1, kLeastS},
      paths);
  if (!report) return Absent(report.error().Text());
  const auto measured = ReadBenchmarkCosts(*report);
  if (!measured) return Absent(measured.error().Text());
  std::vector<InputCost> costs;
  for (const BenchmarkCost& cost : *measured) {
    if (cost.index < sample.size()) {
      costs.push_back({sample[cost.index].bytes, cost.cpu_ns, cost.index});
    }
  }
  if (costs.empty()) return Absent("the benchmark measured nothing");
  auto timing = Summary(std::move(costs), sample, "cpu_ns");
  double load = 0;
  if (getloadavg(&load, 1) == 1) timing.host_load = load;
  return timing;
}

}  // namespace percuss::campaign
