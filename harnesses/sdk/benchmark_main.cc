// SPDX-License-Identifier: Apache-2.0
//
// main() of the benchmark flavour: cpu time of the harness per input, measured by Google Benchmark.
//
//   PERCUSS_BENCHMARK_INPUTS=FILE ./benchmark --benchmark_format=json
//   ./benchmark INPUT...
//
// FILE lists input paths, one a line; the benchmark named after line N (from 0) measures that
// input, and so with arguments.
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

bool RegisterInput(int index, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "%s: cannot be opened\n", path.c_str());
    return false;
  }
  std::vector<uint8_t> input{std::istreambuf_iterator<char>(file), {}};
  benchmark::RegisterBenchmark(std::to_string(index).c_str(),
                               [input](benchmark::State& state) { RunInput(state, input); });
  return true;
}

bool RegisterList(const char* list_path) {
  std::ifstream list(list_path);
  if (!list) {
    std::fprintf(stderr, "%s: cannot be opened\n", list_path);
    return false;
  }
  int index = 0;
  for (std::string path; std::getline(list, path); ++index) {
    if (!RegisterInput(index, path)) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  const char* list_path = std::getenv("PERCUSS_BENCHMARK_INPUTS");
  if (list_path == nullptr && argc < 2) {
    std::fprintf(stderr, "name inputs, or in PERCUSS_BENCHMARK_INPUTS a file that lists them\n");
    return 1;
  }
  for (int i = 1; list_path == nullptr && i < argc; ++i) {
    if (!RegisterInput(i - 1, argv[i])) return 1;
  }
  if (list_path != nullptr && !RegisterList(list_path)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
