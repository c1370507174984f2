// SPDX-License-Identifier: Apache-2.0
//
// What telling the supervisor of each input costs a harness, against copying the input once: the
// only work that supervision adds to an execution.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "campaign/supervise/heartbeat_file.h"
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

BENCHMARK(CopyOnce)->Arg(16)->Arg(256)->Arg(4096);
BENCHMARK(BeginAndEnd)->Arg(16)->Arg(256)->Arg(4096);

}  // namespace
