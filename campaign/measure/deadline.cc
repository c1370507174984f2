// SPDX-License-Identifier: Apache-2.0
#include "campaign/measure/deadline.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <thread>
#include <utility>

#include "campaign/measure/benchmark_run.h"
#include "campaign/measure/host.h"
#include "common/words.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;
using common::Result;

constexpr int64_t kNsPerUs = 1000;
// An input that goes on for longer is no matter of a deadline.
constexpr int64_t kOneInputMs = 30'000;
constexpr int64_t kAllInputsMs = 300'000;
constexpr size_t kMostMeasuredAgain = 60;
constexpr size_t kMostReported = 20;

// More wants the processors than there are.
bool HostIsBusy() { return HostLoad() > std::max(1U, std::thread::hardware_concurrency()); }

std::string Ms(int64_t ns) { return fmt::format("{:.3f} ms", static_cast<double>(ns) / 1e6); }

DeadlineSetting SettingOf(const TargetSpec& target) {
  const auto binary = target.binaries.find("benchmark");
  return {binary == target.binaries.end() ? stdfs::path() : binary->second, target.environment,
          target.deadline.cpu_us, target.deadline.source};
}

common::Deadline Unknown(common::Deadline deadline, const std::string& reason) {
  deadline.verdict = "unknown";
  deadline.reason = reason;
  return deadline;
}

void Conclude(common::Deadline& deadline) {
  const std::string inputs = common::Counted(deadline.inputs, "input");
  deadline.verdict = "met";
  deadline.reason =
      fmt::format("the costliest of {} takes {} of cpu time", inputs, Ms(deadline.worst_cpu_ns));
  if (deadline.unknown > 0) {
    deadline.verdict = "unknown";
    deadline.reason = fmt::format("{} of {} cannot be told: they took longer, on a busy host",
                                  deadline.unknown, inputs);
  }
  if (deadline.missed > 0) {
    deadline.verdict = "missed";
    deadline.reason = fmt::format("{} of {} took longer, the costliest {} of cpu time",
                                  deadline.missed, inputs, Ms(deadline.worst_cpu_ns));
  }
}

}  // namespace

Result<Repetitions> ReadRepetitions(const std::string& report) {
  auto costs = ReadBenchmarkCosts(report);
  if (!costs) return tl::make_unexpected(costs.error());
  Repetitions repetitions;
  for (const BenchmarkCost& cost : *costs) {
    const bool first = repetitions.count++ == 0;
    repetitions.least_cpu_ns =
        first ? cost.cpu_ns : std::min(repetitions.least_cpu_ns, cost.cpu_ns);
    repetitions.least_wall_ns =
        first ? cost.wall_ns : std::min(repetitions.least_wall_ns, cost.wall_ns);
  }
  if (repetitions.count == 0) {
    return common::Fail(common::ErrorCode::kCorrupt, "the benchmark measured nothing");
  }
  return repetitions;
}

DeadlineVerdict JudgeDeadline(int64_t cpu_ns, int64_t deadline_us, bool busy) {
  const auto deadline_ns = static_cast<double>(deadline_us * kNsPerUs);
  const auto taken_ns = static_cast<double>(cpu_ns);
  if (taken_ns <= deadline_ns) return DeadlineVerdict::kMet;
  if (busy && taken_ns <= deadline_ns * kBusyMargin) return DeadlineVerdict::kUnknown;
  return DeadlineVerdict::kMissed;
}

Result<Observation> DeadlineRunner::Run(const std::vector<stdfs::path>& /*history*/,
                                        const stdfs::path& input,
                                        const RunVariation& /*variation*/) {
  const stdfs::path list = scratch_ / fmt::format("deadline-{}", runs_.fetch_add(1));
  BenchmarkRun run{setting_.binary, setting_.environment, list, kOneInputMs, kDeadlineRepetitions};
  const auto report = RunBenchmark(run, {input});
  std::error_code ignored;
  stdfs::remove(list, ignored);
  const auto measured =
      report ? ReadRepetitions(*report) : Result<Repetitions>(tl::make_unexpected(report.error()));
  Observation seen;
  seen.kind = "error";
  if (!measured) {
    seen.detail = seen.log = "the benchmark build: " + measured.error().message;
    return seen;
  }
  seen.cpu_ns = measured->least_cpu_ns;
  seen.wall_ns = measured->least_wall_ns;
  const std::string words =
      fmt::format("{} of cpu time, the least of {} runs; the deadline of {} is {}", Ms(seen.cpu_ns),
                  measured->count, setting_.source.empty() ? "the campaign file" : setting_.source,
                  Ms(setting_.cpu_us * kNsPerUs));
  switch (JudgeDeadline(seen.cpu_ns, setting_.cpu_us, HostIsBusy())) {
    case DeadlineVerdict::kMet:
      seen.kind = "ok";
      break;
    case DeadlineVerdict::kMissed:
      seen.kind = "deadline";
      seen.log = "percuss: deadline-missed: " + words + "\n";
      break;
    case DeadlineVerdict::kUnknown:
      seen.detail = seen.log = "the host is too busy to tell: " + words;
      break;
  }
  return seen;
}

DeadlineMeasurement HoldAgainstDeadline(const TargetSpec& target,
                                        const std::vector<stdfs::path>& inputs,
                                        const stdfs::path& scratch,
                                        const std::atomic<bool>& cancel) {
  DeadlineMeasurement measurement;
  common::Deadline& deadline = measurement.result;
  if (target.deadline.cpu_us == 0) return measurement;
  deadline.present = true;
  deadline.cpu_us = target.deadline.cpu_us;
  deadline.source = target.deadline.source;
  const DeadlineSetting setting = SettingOf(target);
  const auto unknown = [&](const std::string& reason) {
    deadline = Unknown(deadline, reason);
    return measurement;
  };
  if (setting.binary.empty()) {
    return unknown("there is no benchmark build, and instrumented ones take longer");
  }
  if (inputs.empty()) return unknown("the corpus is empty");
  const BenchmarkRun all{setting.binary, setting.environment, scratch / "deadline-inputs",
                         kAllInputsMs, 1};
  const auto report = RunBenchmark(all, inputs);
  if (!report) return unknown(report.error().Text());
  auto costs = ReadBenchmarkCosts(*report);
  if (!costs) return unknown(costs.error().Text());
  std::sort(costs->begin(), costs->end(), [](const BenchmarkCost& one, const BenchmarkCost& other) {
    return std::pair(-one.cpu_ns, one.index) < std::pair(-other.cpu_ns, other.index);
  });
  deadline.inputs = static_cast<int64_t>(costs->size());
  DeadlineRunner runner(setting, scratch);
  for (size_t i = 0; i < costs->size(); ++i) {
    const BenchmarkCost& cost = (*costs)[i];
    const bool near = cost.cpu_ns > deadline.cpu_us * kNsPerUs;
    if (cost.index >= inputs.size() || (!near && i > 0)) continue;
    if (cancel) return unknown("interrupted");
    if (i >= kMostMeasuredAgain) {
      ++deadline.unknown;
      continue;
    }
    const auto seen = runner.Run({}, inputs[cost.index], {});
    const bool told = seen && seen->kind != "error";
    if (!told) ++deadline.unknown;
    if (seen) deadline.worst_cpu_ns = std::max(deadline.worst_cpu_ns, seen->cpu_ns);
    if (!told || seen->kind != "deadline") continue;
    ++deadline.missed;
    if (measurement.missed.size() < kMostReported) measurement.missed.push_back(inputs[cost.index]);
  }
  Conclude(deadline);
  return measurement;
}

}  // namespace percuss::campaign
