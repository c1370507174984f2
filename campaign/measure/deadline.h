// SPDX-License-Identifier: Apache-2.0
//
// Inputs held against the cpu time that they may take, on the plain optimised build that Google
// Benchmark drives. The least of several repetitions counts: whatever else a host does only adds to
// it. While the host is busy cpu time itself grows, by what its threads do to each other's caches:
// then a miss by less than half of the deadline is not told.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "campaign/campaign_file.h"
#include "campaign/triage/input_runner.h"
#include "common/model/run_record.h"
#include "common/result.h"

namespace percuss::campaign {

constexpr int kDeadlineRepetitions = 5;
constexpr double kBusyMargin = 1.5;

struct DeadlineSetting {
  std::filesystem::path binary;  // of the role "benchmark"
  std::map<std::string, std::string> environment;
  int64_t cpu_us = 0;
  std::string source;
};

// Repetitions of one input, in Google Benchmark's JSON.
struct Repetitions {
  int64_t count = 0;
  int64_t least_cpu_ns = 0;
  int64_t least_wall_ns = 0;
};
[[nodiscard]] common::Result<Repetitions> ReadRepetitions(const std::string& report);

enum class DeadlineVerdict { kMet, kMissed, kUnknown };
[[nodiscard]] DeadlineVerdict JudgeDeadline(int64_t cpu_ns, int64_t deadline_us, bool busy);

// Kind deadline where the input missed it, ok where not, error where nobody can tell. The history
// is not run: a deadline is of one input. Thread-safe.
class DeadlineRunner : public InputRunner {
 public:
  DeadlineRunner(DeadlineSetting setting, std::filesystem::path scratch)
      : setting_(std::move(setting)), scratch_(std::move(scratch)) {}
  [[nodiscard]] common::Result<Observation> Run(const std::vector<std::filesystem::path>& history,
                                                const std::filesystem::path& input,
                                                const RunVariation& variation) override;

 private:
  DeadlineSetting setting_;
  std::filesystem::path scratch_;
  std::atomic<uint64_t> runs_ = 0;
};

struct DeadlineMeasurement {
  common::Deadline result;
  std::vector<std::filesystem::path> missed;  // the costliest first, some of them
};

// All inputs once, and those that come near the deadline again and again. Never fails: what could
// not be measured is unknown, with the reason.
[[nodiscard]] DeadlineMeasurement HoldAgainstDeadline(
    const TargetSpec& target, const std::vector<std::filesystem::path>& inputs,
    const std::filesystem::path& scratch, const std::atomic<bool>& cancel);

}  // namespace percuss::campaign
