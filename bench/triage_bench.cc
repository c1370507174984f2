// SPDX-License-Identifier: Apache-2.0
//
// Reading a sanitizer's report and keying it, against the floor of touching each of its bytes once.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "campaign/triage/crash_report.h"
#include "campaign/triage/signature.h"
#include "common/fs.h"

namespace {

using percuss::campaign::CrashHint;

std::string Fixture(const std::string& name) {
  const auto folder =
      std::filesystem::path(PERCUSS_SOURCE_DIR) / "campaign" / "triage" / "fixtures";
  return percuss::common::ReadFile(folder / name).value();
}

void CountBytes(benchmark::State& state, const std::string& name) {
  const std::string log = Fixture(name);
  for (auto _ : state) benchmark::DoNotOptimize(std::count(log.begin(), log.end(), '\n'));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(log.size()));
}

void ParseReport(benchmark::State& state, const std::string& name) {
  const std::string log = Fixture(name);
  for (auto _ : state) {
    benchmark::DoNotOptimize(percuss::campaign::ParseCrashReport(log, CrashHint{"crash", 6, 0}));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(log.size()));
}

void KeyReport(benchmark::State& state, const std::string& name) {
  const auto report = percuss::campaign::ParseCrashReport(Fixture(name), CrashHint{"crash", 6, 0});
  for (auto _ : state) {
    benchmark::DoNotOptimize(percuss::campaign::StrictKey(*report));
    benchmark::DoNotOptimize(percuss::campaign::LooseKey(*report));
  }
}

BENCHMARK_CAPTURE(CountBytes, heap_write, "asan_heap_write.log");
BENCHMARK_CAPTURE(ParseReport, heap_write, "asan_heap_write.log");
BENCHMARK_CAPTURE(KeyReport, heap_write, "asan_heap_write.log");
BENCHMARK_CAPTURE(CountBytes, stack_overflow, "asan_stack_overflow.log");
BENCHMARK_CAPTURE(ParseReport, stack_overflow, "asan_stack_overflow.log");
BENCHMARK_CAPTURE(KeyReport, stack_overflow, "asan_stack_overflow.log");

}  // namespace
