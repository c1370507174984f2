// SPDX-License-Identifier: Apache-2.0
//
// Tracing a large device: 10,000 requirements, 1,000 campaigns, 100,000 findings. The peer is the
// time that nlohmann::json needs to parse the same files into its own documents, and do nothing.
// Packages count as read: verifying them costs what bench/seal_bench says.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include "common/fs.h"
#include "common/json_file.h"
#include "reports/validation/trace.h"
#include "reports/validation/trace_text.h"
#include "reports/validation/validation_files.h"

namespace {

namespace common = percuss::common;
namespace reports = percuss::reports;

constexpr int kRequirements = 10'000;
constexpr int kCampaigns = 1'000;
constexpr int kFindings = 100'000;
constexpr int kInterfaces = 100;

std::string List(int count, const auto& entry) {
  std::string text = "[\n";
  for (int i = 0; i < count; ++i) text += (i == 0 ? "" : ",\n") + entry(i);
  return text + "\n]";
}

bool Write(const std::filesystem::path& folder, const char* kind, const std::string& members) {
  const auto text = fmt::format("{{ \"schema\": \"percuss.{}.v1\",\n{} }}\n", kind, members);
  return common::WriteFileAtomically(reports::ValidationPath(folder, kind), text).has_value();
}

bool WriteFiles(const std::filesystem::path& folder) {
  const std::string interfaces = List(kInterfaces, [](int i) {
    return fmt::format(
        R"({{ "id": "I-{}", "description": "d", "protocol": "p", "scope": "tested" }})", i);
  });
  const std::string requirements = List(kRequirements, [](int i) {
    return fmt::format(R"({{ "id": "R-{}", "text": "{:x>80}", "category": "robustness",
      "interfaces": ["I-{}"] }})",
                       i, "", i % kInterfaces);
  });
  const std::string controls = List(kRequirements, [](int i) {
    return fmt::format(R"({{ "id": "C-{}", "text": "{:x>40}", "requirements": ["R-{}", "R-{}"] }})",
                       i, "", i, (i + 1) % kRequirements);
  });
  const std::string threats = List(kRequirements, [](int i) {
    return fmt::format(R"({{ "id": "T-{}", "text": "{:x>60}", "stride": "tampering", "asset": "a",
      "interface": "I-{}", "controls": ["C-{}"] }})",
                       i, "", i % kInterfaces, i);
  });
  const std::string entries = List(kCampaigns, [](int i) {
    std::string ids;
    for (int r = i; r < kRequirements; r += kCampaigns) {
      ids += fmt::format("{}\"R-{}\"", ids.empty() ? "" : ", ", r);
    }
    return fmt::format(R"({{ "id": "P-{}", "title": "t", "interfaces": ["I-{}"],
      "requirements": [{}], "targets": ["target-{}"], "criteria": ["A-1"] }})",
                       i, i % kInterfaces, ids, i);
  });
  const std::string packages = List(kCampaigns, [](int i) {
    return fmt::format(
        R"({{ "id": "package-{}", "sha256": "{:a>64}", "result": "fail", "conclusion": "c" }})", i,
        "");
  });
  const std::string dispositions = List(kFindings, [](int i) {
    return fmt::format(R"({{ "id": "D-{}", "finding": "F-{:012x}", "decision": "accepted",
      "rationale": "{:x>80}", "date": "2026-02-02", "by": "somebody" }})",
                       i, i, "");
  });
  return Write(folder, "interfaces", "\"interfaces\": " + interfaces) &&
         Write(folder, "requirements",
               "\"requirements\": " + requirements + ", \"controls\": " + controls) &&
         Write(folder, "threats", "\"threats\": " + threats) &&
         Write(folder, "risks", "\"safety\": [], \"security\": []") &&
         Write(folder, "protocol",
               R"("title": "t", "approvals": [], "criteria": [
                 { "id": "A-1", "text": "t", "dated": "2026-01-01" } ], "entries": )" +
                   entries) &&
         Write(folder, "records",
               "\"signatures\": [], \"packages\": " + packages +
                   ", \"dispositions\": " + dispositions);
}

std::vector<reports::TracedPackage> Packages() {
  std::vector<reports::TracedPackage> packages;
  for (int i = 0; i < kCampaigns; ++i) {
    const std::string target = fmt::format("target-{}", i);
    reports::TracedPackage package{fmt::format("run-{}.zip", i),
                                   fmt::format("package-{}", i),
                                   std::string(64, 'a'),
                                   "",
                                   "2026-02-01T00:00:00Z",
                                   "fail",
                                   {{target, fmt::format("I-{}", i % kInterfaces), "fail"}},
                                   {}};
    for (int f = i; f < kFindings; f += kCampaigns) {
      package.findings.push_back(
          {fmt::format("F-{:012x}", f), target, "crash, heap-buffer-overflow, CWE-122 in parse"});
    }
    packages.push_back(std::move(package));
  }
  return packages;
}

double PeakMib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

// First, so that its peak of memory is its own.
void TraceAndWriteJson(benchmark::State& state) {
  const auto folder = common::TemporaryFolder::Make("percuss-bench").value();
  if (!WriteFiles(folder.Path())) state.SkipWithError("cannot write the files");
  const auto packages = Packages();
  for (auto _ : state) {
    const auto loaded = reports::LoadValidation(folder.Path());
    if (!loaded || !loaded->problems.empty()) state.SkipWithError("the files have problems");
    const auto trace = reports::BuildTrace(loaded->files, packages);
    if (!trace || !trace->gaps.empty()) state.SkipWithError("there are gaps");
    benchmark::DoNotOptimize(reports::TraceJsonText(*trace));
  }
  state.counters["peak_MiB"] = PeakMib();
}

void LoadOnly(benchmark::State& state) {
  const auto folder = common::TemporaryFolder::Make("percuss-bench").value();
  if (!WriteFiles(folder.Path())) state.SkipWithError("cannot write the files");
  for (auto _ : state) benchmark::DoNotOptimize(reports::LoadValidation(folder.Path()));
}

void ParseOnly(benchmark::State& state) {
  const auto folder = common::TemporaryFolder::Make("percuss-bench").value();
  if (!WriteFiles(folder.Path())) state.SkipWithError("cannot write the files");
  for (auto _ : state) {
    for (const char* kind : reports::kValidationKinds) {
      benchmark::DoNotOptimize(common::ReadJsonFile(reports::ValidationPath(folder.Path(), kind)));
    }
  }
}

BENCHMARK(TraceAndWriteJson)->Unit(benchmark::kMillisecond);
BENCHMARK(LoadOnly)->Unit(benchmark::kMillisecond);
BENCHMARK(ParseOnly)->Unit(benchmark::kMillisecond);

}  // namespace
