// SPDX-License-Identifier: Apache-2.0
#include "campaign/measure/benchmark_run.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "campaign/supervise/run_tool.h"
#include "common/fs.h"
#include "common/json_file.h"

namespace percuss::campaign {
namespace {

using common::Result;

double UnitNs(const std::string& unit) {
  if (unit == "us") return 1e3;
  if (unit == "ms") return 1e6;
  if (unit == "s") return 1e9;
  return 1;
}

}  // namespace

Result<std::string> RunBenchmark(const BenchmarkRun& run,
                                 const std::vector<std::filesystem::path>& inputs) {
  std::string list;
  for (const auto& input : inputs) list += std::filesystem::absolute(input).string() + "\n";
  if (auto written = common::WriteFileAtomically(run.list_file, list); !written) {
    return tl::make_unexpected(written.error());
  }
  auto environment = run.environment;
  environment["PERCUSS_BENCHMARK_INPUTS"] = std::filesystem::absolute(run.list_file).string();
  std::vector<std::string> argv = {run.binary.string(), "--benchmark_format=json",
                                   fmt::format("--benchmark_min_time={}", run.least_s)};
  if (run.repetitions > 1) {
    argv.push_back(fmt::format("--benchmark_repetitions={}", run.repetitions));
  }
  return RunTool(argv, environment, run.timeout_ms);
}

Result<std::vector<BenchmarkCost>> ReadBenchmarkCosts(const std::string& report) {
  const size_t start = report.find("{\n  \"context\"");
  const auto json = common::ParseJson(
      start == std::string::npos ? report : std::string_view(report).substr(start), "benchmark");
  if (!json) return tl::make_unexpected(json.error());
  std::vector<BenchmarkCost> costs;
  try {
    for (const common::Json& run : json->at("benchmarks")) {
      if (run.value("run_type", "iteration") != "iteration") continue;
      const auto name = run.at("name").get<std::string>();
      BenchmarkCost cost;
      const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), cost.index);
      if (error != std::errc()) continue;
      const double unit_ns = UnitNs(run.value("time_unit", "ns"));
      cost.cpu_ns = static_cast<int64_t>(run.at("cpu_time").get<double>() * unit_ns);
      cost.wall_ns = static_cast<int64_t>(run.at("real_time").get<double>() * unit_ns);
      costs.push_back(cost);
    }
  } catch (const nlohmann::json::exception& error) {
    return common::Fail(common::ErrorCode::kCorrupt,
                        std::string("the benchmark's report cannot be read: ") + error.what());
  }
  return costs;
}

}  // namespace percuss::campaign
