// SPDX-License-Identifier: Apache-2.0
//
// Which edges of a program the runs of nearly the same input took, those that show the bug apart
// from those that survive: what statistics over failing and surviving runs need ("spectra", Reps et
// al. 1997). Rides on runs that are made anyway.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "campaign/supervise/edge_trace_file.h"
#include "campaign/supervise/value_trace_file.h"
#include "campaign/triage/input_runner.h"
#include "common/result.h"

namespace percuss::campaign {

struct EdgeSpectra {
  std::string program;  // its path
  EdgePlaces places;
  // Per run how often it took each edge (modulo 256), as many numbers as there are places.
  std::vector<std::vector<uint8_t>> failing;
  std::vector<std::vector<uint8_t>> surviving;
  // Of the same runs in the same order, where values are traced: by number of the comparison its
  // place, and how it came out (ComparedValues).
  std::vector<uint64_t> comparisons;
  std::vector<std::vector<uint8_t>> failing_values;
  std::vector<std::vector<uint8_t>> surviving_values;
  std::string why_none;  // in words that follow the target's name, where nothing was traced
};

// kOther: it failed in another way, and belongs to neither side.
enum class NearRun { kFailing, kSurviving, kOther };

// Not thread-safe. At most kMostSpectraBytes are kept, further runs are not.
inline constexpr size_t kMostSpectraBytes = size_t{64} << 20;
class SpectraRecorder {
 public:
  explicit SpectraRecorder(std::string program);

  // For the next run, which must go through InputRunner.
  [[nodiscard]] RunVariation NextRun();
  // What the run was, after it.
  void Note(NearRun run);
  [[nodiscard]] const EdgeSpectra& Spectra() const { return spectra_; }

 private:
  void NoteValues(NearRun run);

  std::optional<EdgeTraceFile> file_;
  std::optional<ValueTraceFile> values_file_;
  EdgeSpectra spectra_;
  size_t bytes_ = 0;
};

struct NearBudget {
  int64_t max_runs = 24;
  int64_t wall_s = 4;
};

// Runs the input and then changed ones, large changes first and ever nearer ones where they matter,
// for bugs whose runs are too dear to measure each byte. Ends at the first error.
using RunNear = std::function<common::Result<NearRun>(const std::string& bytes)>;
void RunNearby(const RunNear& run, const std::string& input, const NearBudget& budget,
               const std::stop_token& cancel);

}  // namespace percuss::campaign
