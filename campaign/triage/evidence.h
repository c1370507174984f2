// SPDX-License-Identifier: Apache-2.0
//
// What reruns showed, and what follows from it. Plain values; thread-safe for distinct objects.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "campaign/triage/crash_report.h"
#include "campaign/triage/input_runner.h"
#include "common/model/finding.h"
#include "common/result.h"

namespace percuss::campaign {

struct Rerun {
  Observation observation;
  std::optional<CrashReport> report;  // nullopt: nothing went wrong
  std::string key;                    // strict; empty without a report
  Surroundings surroundings;

  // The run says something about the input.
  [[nodiscard]] bool Counts() const {
    return observation.kind != "error" && !observation.history_failed;
  }
};

// An Error only when the runner could not run anything.
[[nodiscard]] common::Result<Rerun> RunOnce(InputRunner& runner,
                                            const std::vector<std::filesystem::path>& history,
                                            const std::filesystem::path& input,
                                            const RunVariation& variation = {});

// The same by a runner whose processes look up no symbols: we do.
[[nodiscard]] common::Result<Rerun> RunUnsymbolised(
    InputRunner& runner, const std::vector<std::filesystem::path>& history,
    const std::filesystem::path& input, const RunVariation& variation = {});

struct Evidence {
  std::vector<Rerun> alone;
  std::vector<Rerun> with_history;
  std::optional<Rerun> traced;   // one more that tells where the bad value is from
  std::optional<Rerun> patient;  // the run that waited longer, where time is the question
  std::optional<Rerun>
      half_way;     // the run that was stopped early, where time was the question once
  Variable varies;  // between reruns

  // Those that the verdict rests on: with the history only if none alone showed a fault.
  [[nodiscard]] const std::vector<Rerun>& Deciding() const;
};

// The most frequent fault among reruns. Hangs are one fault whatever the moment at which each was
// stopped.
struct DominantFault {
  std::optional<CrashReport> report;  // of a hang: with the outer stack that all its reruns share
  std::string strict_key;
  int reproduced = 0;
  const Rerun* example = nullptr;  // the rerun that the report is from
};
[[nodiscard]] DominantFault MostFrequent(const std::vector<Rerun>& reruns);

// Whether the rerun shows the fault.
[[nodiscard]] bool Shows(const Rerun& rerun, const DominantFault& fault);

// Whether those that count show different things, or some show nothing. Never where one was over
// its time, which differs with the host.
[[nodiscard]] bool Differ(const std::vector<Rerun>& reruns);

// k of n, interval, distribution, times and surroundings of the deciding reruns, and what of the
// surroundings the fault depends on.
[[nodiscard]] common::Reproduction ReproductionOf(const Evidence& evidence,
                                                  const DominantFault& verdict);

// What the deciding reruns over their time did with it: the most frequent answer, with the times of
// the first of them that gave it. Empty where none was over.
[[nodiscard]] common::TimeUse TimeUseOf(const Evidence& evidence);

// How long the run took by itself; own_time.h.
[[nodiscard]] int64_t OwnNs(const Observation& seen);

// Cpu time and own time of all deciding reruns.
struct OwnTimes {
  int64_t cpu_ns = 0;
  int64_t own_ns = 0;
};
[[nodiscard]] OwnTimes OwnTimesOf(const Evidence& evidence);

// Whether two reports of the time kinds are stopped in the same work: all of `outer`'s functions
// are `sample`'s outer ones.
[[nodiscard]] bool IsSampleOf(const std::vector<common::StackFrame>& sample,
                              const std::vector<common::StackFrame>& outer);

}  // namespace percuss::campaign
