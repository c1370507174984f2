// SPDX-License-Identifier: Apache-2.0
//
// Writing a sighting down, against the floor of one atomic file write: both wait for the disk.
#include <benchmark/benchmark.h>

#include <string>

#include "campaign/store/journal.h"
#include "common/fs.h"

namespace {

namespace common = percuss::common;
namespace campaign = percuss::campaign;

std::string Input(int64_t number) {
  return "input " + std::to_string(number) + std::string(200, 'x');
}

void AtomicWrite(benchmark::State& state) {
  const auto folder = common::TemporaryFolder::Make("percuss-bench").value();
  int64_t number = 0;
  for (auto _ : state) {
    ++number;
    const auto written =
        common::WriteFileAtomically(folder.Path() / std::to_string(number), Input(number));
    if (!written) state.SkipWithError(written.error().Text().c_str());
  }
}

void AppendSighting(benchmark::State& state) {
  const auto folder = common::TemporaryFolder::Make("percuss-bench").value();
  const auto journal = campaign::Journal::Open(folder.Path()).value();
  int64_t number = 0;
  for (auto _ : state) {
    campaign::JournalEntry entry;
    entry.target = "bench";
    entry.engine = "libfuzzer";
    entry.kind = "crash";
    const auto appended = journal->AppendSighting(entry, {Input(++number), {}, ""});
    if (!appended) state.SkipWithError(appended.error().Text().c_str());
  }
}

BENCHMARK(AtomicWrite)->Unit(benchmark::kMicrosecond);
BENCHMARK(AppendSighting)->Unit(benchmark::kMicrosecond);

}  // namespace
