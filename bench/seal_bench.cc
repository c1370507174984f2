// SPDX-License-Identifier: Apache-2.0
//
// Sealing and checking a package, against the floor of hashing its files once.
#include <benchmark/benchmark.h>

#include <string>

#include "common/fs.h"
#include "common/hash.h"
#include "reports/evidence/package.h"
#include "reports/verify/verify.h"

namespace {

namespace common = percuss::common;
namespace reports = percuss::reports;

constexpr size_t kFiles = 200;
constexpr size_t kFileBytes = size_t{64} << 10;
constexpr int64_t kTotalBytes = static_cast<int64_t>(kFiles * kFileBytes);

bool Fill(const std::filesystem::path& folder) {
  bool written = common::MakeFolder(folder / "findings").has_value();
  std::string bytes(kFileBytes, '\0');
  uint32_t state = 1;
  for (size_t i = 0; i < kFiles; ++i) {
    for (char& byte : bytes) {
      state = state * 1664525U + 1013904223U;
      byte = static_cast<char>(state >> 24U);
    }
    const auto path = folder / "findings" / std::to_string(i);
    written = written && common::WriteFileAtomically(path, bytes).has_value();
  }
  return written;
}

void HashFiles(benchmark::State& state) {
  const auto folder = common::TemporaryFolder::Make("percuss-bench").value();
  if (!Fill(folder.Path())) state.SkipWithError("cannot write the files");
  for (auto _ : state) {
    for (const auto& file : common::ListFiles(folder.Path() / "findings")) {
      benchmark::DoNotOptimize(common::Sha256FileHex(file));
    }
  }
  state.SetBytesProcessed(state.iterations() * kTotalBytes);
}

reports::SealOptions Options(const std::filesystem::path& zip) {
  reports::SealOptions options;
  options.zip = zip;
  return options;
}

void Seal(benchmark::State& state) {
  const auto folder = common::TemporaryFolder::Make("percuss-bench").value();
  if (!Fill(folder.Path() / "staging")) state.SkipWithError("cannot write the files");
  for (auto _ : state) {
    const auto sealed =
        reports::SealPackage({}, folder.Path() / "staging", Options(folder.Path() / "package.zip"));
    if (!sealed) state.SkipWithError(sealed.error().Text().c_str());
  }
  state.SetBytesProcessed(state.iterations() * kTotalBytes);
}

void Verify(benchmark::State& state) {
  const auto folder = common::TemporaryFolder::Make("percuss-bench").value();
  const auto zip = folder.Path() / "package.zip";
  if (!Fill(folder.Path() / "staging")) state.SkipWithError("cannot write the files");
  const auto sealed = reports::SealPackage({}, folder.Path() / "staging", Options(zip));
  if (!sealed) state.SkipWithError(sealed.error().Text().c_str());
  for (auto _ : state) {
    const auto verified = reports::VerifyPackage(zip, std::nullopt);
    if (!verified || !verified->sealed) state.SkipWithError("does not verify");
  }
  state.SetBytesProcessed(state.iterations() * kTotalBytes);
}

BENCHMARK(HashFiles)->Unit(benchmark::kMillisecond);
BENCHMARK(Seal)->Unit(benchmark::kMillisecond);
BENCHMARK(Verify)->Unit(benchmark::kMillisecond);

}  // namespace
