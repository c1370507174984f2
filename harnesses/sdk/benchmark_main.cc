// SPDX-License-Identifier: Apache-2.0
//
// main() of the benchmark flavour: cpu time of the harness per input, measured by Google Benchmark.
//
//   PERCUSS_BENCHMARK_INPUTS=FILE ./benchmark --benchmark_format=json
//
// FILE lists input paths, one a line; the benchmark named after line N (from 0) measures that
// input.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

void RunInput(benchmark::State& state, const std::vector<uint8_t>& input) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(LLVMFuzzerTestOneInput(input.data(), input.size()));
  }
  state.counters["input_bytes"] = static_cast<double>(input.size());
}

bool RegisterInputs(const char* list_path) {
  std::ifstream list(list_path);
  if (!list) {
    std::fprintf(stderr, "%s: cannot be opened\n", list_path);
    return false;
  }
  int index = 0;
  for (std::string path; std::getline(list, path); ++index) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
      std::fprintf(stderr, "%s: cannot be opened\n", path.c_str());
      return false;
    }
    std::vector<uint8_t> input{std::istreambuf_iterator<char>(file), {}};
    benchmark::RegisterBenchmark(std::to_string(index).c_str(),
                                 [input](benchmark::State& state) { RunInput(state, input); });
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const char* list_path = std::getenv("PERCUSS_BENCHMARK_INPUTS");
  if (list_path == nullptr) {
    std::fprintf(stderr, "PERCUSS_BENCHMARK_INPUTS must name a file that lists the inputs\n");
    return 1;
  }
  if (!RegisterInputs(list_path)) return 1;
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
