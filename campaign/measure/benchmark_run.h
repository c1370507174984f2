// SPDX-License-Identifier: Apache-2.0
//
// A benchmark build (harnesses/sdk/benchmark_main.cc) run on a list of inputs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/result.h"

namespace percuss::campaign {

struct BenchmarkRun {
  std::filesystem::path binary;
  std::map<std::string, std::string> environment;
  std::filesystem::path list_file;  // written, and left behind
  int64_t timeout_ms = 0;
  int repetitions = 1;
  double least_s = 0;  // of each repetition; 0: one iteration is enough
};

// Google Benchmark's JSON.
[[nodiscard]] common::Result<std::string> RunBenchmark(
    const BenchmarkRun& run, const std::vector<std::filesystem::path>& inputs);

// The time of one iteration, of one repetition.
struct BenchmarkCost {
  size_t index = 0;  // of the input in the list
  int64_t cpu_ns = 0;
  int64_t wall_ns = 0;
};
// What a target prints before the report is passed over.
[[nodiscard]] common::Result<std::vector<BenchmarkCost>> ReadBenchmarkCosts(
    const std::string& report);

}  // namespace percuss::campaign
