// SPDX-License-Identifier: Apache-2.0
//
// One input again and again in one process, in rounds: whether the process holds more after each
// (held_trend.h), how much, and where in the target that came from.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "campaign/supervise/rounds.h"
#include "campaign/triage/finding_files.h"
#include "campaign/triage/input_runner.h"
#include "common/model/run_record.h"
#include "common/result.h"

namespace percuss::campaign {

inline constexpr const char* kRetentionEngine = "retention";  // of sightings

// The counts of one kind, at each stop.
[[nodiscard]] std::vector<int64_t> SeriesOf(const std::vector<HeldAtStop>& stops, Held held);
// What may come and go of it: more where the heap is counted by the C library.
[[nodiscard]] int64_t NoiseOf(const std::vector<HeldAtStop>& stops, Held held);
// The rate of one kind, where rounds are of so many inputs. Steps are unknown here: whether they go
// on a longer run must tell.
[[nodiscard]] common::RetentionRate RateOf(const std::vector<HeldAtStop>& stops, Held held,
                                           int64_t round_inputs, bool steps_go_on);

// How often an input is run by itself, to judge it.
constexpr Repetition kRepetition{128, 16};

// So much has risen that the system's own limits come near: no further round, if there were enough.
[[nodiscard]] bool IsEnough(const std::vector<HeldAtStop>& stops);

// What a file may ask for, and how few rounds are enough where they take long.
constexpr int64_t kMostRepeatedRounds = 1000;
constexpr int64_t kMostRepetitions = 100'000;
constexpr int64_t kLeastRepeatedRounds = 16;

// Kind leak where the process holds more after each round, ok where not, error where nobody can
// tell. The history is not run. Thread-safe.
class RetentionRunner : public InputRunner {
 public:
  RetentionRunner(TargetCommand target, InputLimits limits, Repetition repetition,
                  const std::atomic<bool>* cancel = nullptr)
      : target_(std::move(target)), limits_(limits), repetition_(repetition), cancel_(cancel) {}
  [[nodiscard]] common::Result<Observation> Run(const std::vector<std::filesystem::path>& history,
                                                const std::filesystem::path& input,
                                                const RunVariation& variation) override;

 private:
  TargetCommand target_;
  InputLimits limits_;
  Repetition repetition_;
  const std::atomic<bool>* cancel_;
};

}  // namespace percuss::campaign
