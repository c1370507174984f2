// SPDX-License-Identifier: Apache-2.0
//
// What supervision adds to an execution, against copying as many bytes once: telling of the input,
// and looking at the counters of the target's edges for those that no two inputs have reached.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "campaign/supervise/edge_tally_file.h"
#include "campaign/supervise/heartbeat_file.h"
#include "harnesses/sdk/edge_tally.h"
#include "harnesses/sdk/heartbeat.h"

namespace {

void CopyOnce(benchmark::State& state) {
  const std::vector<uint8_t> input(static_cast<size_t>(state.range(0)), 'x');
  std::vector<uint8_t> copy(input.size());
  for (auto _ : state) {
    std::memcpy(copy.data(), input.data(), input.size());
    benchmark::DoNotOptimize(copy.data());
    benchmark::ClobberMemory();
  }
}

void BeginAndEnd(benchmark::State& state) {
  static auto file = percuss::campaign::HeartbeatFile::Create().value();
  for (const auto& [name, value] : file.Environment()) setenv(name.c_str(), value.c_str(), 1);
  const std::vector<uint8_t> input(static_cast<size_t>(state.range(0)), 'x');
  for (auto _ : state) {
    percuss_input_begin(input.data(), input.size());
    percuss_input_end();
  }
  if (file.Read().sequence == 0) state.SkipWithError("the heartbeat did not beat");
}

// All reached by several inputs, as nearly all are in a campaign.
void CountEdges(benchmark::State& state) {
  static auto file = percuss::campaign::EdgeTallyFile::Create().value();
  for (const auto& [name, value] : file.Environment()) setenv(name.c_str(), value.c_str(), 1);
  std::vector<uint8_t> counters(static_cast<size_t>(state.range(0)), 1);
  uint8_t* const at = counters.data();
  percuss_edge_tally_source(&at, counters.size());
  uint64_t input = 0;
  for (auto _ : state) {
    ++input;
    percuss_edge_tally_begin(reinterpret_cast<const uint8_t*>(&input), sizeof input);
    percuss_edge_tally_end();
  }
  percuss_edge_tally_source(nullptr, 0);
  if (!file.Read()) state.SkipWithError("no edge was counted");
}

// First: the SDK looks once for where to count.
BENCHMARK(CountEdges)->Arg(4096)->Arg(65536);
BENCHMARK(CopyOnce)->Arg(16)->Arg(256)->Arg(4096)->Arg(65536);
BENCHMARK(BeginAndEnd)->Arg(16)->Arg(256)->Arg(4096);

}  // namespace
