// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/edge_spectra.h"

#include <deque>
#include <utility>

#include "common/clock.h"

namespace percuss::campaign {

namespace {

constexpr int64_t kNsPerS = 1'000'000'000;

std::string Changed(const std::string& input, size_t begin, size_t end, bool far) {
  std::string bytes = input;
  for (size_t i = begin; i < end; ++i) {
    const auto byte = static_cast<uint8_t>(bytes[i]);
    bytes[i] = static_cast<char>(far ? byte ^ 0x80u : byte + 1u);
  }
  return bytes;
}

}  // namespace

SpectraRecorder::SpectraRecorder(std::string program) {
  spectra_.program = std::move(program);
  auto file = EdgeTraceFile::Create();
  if (file) {
    file_ = std::move(*file);
  } else {
    spectra_.why_none = "could not be traced: " + file.error().Text();
  }
  if (auto values = ValueTraceFile::Create()) values_file_ = std::move(*values);
}

RunVariation SpectraRecorder::NextRun() {
  RunVariation variation;
  if (!file_) return variation;
  file_->Forget();
  variation.environment = file_->Environment();
  if (values_file_) {
    values_file_->Forget();
    variation.environment.merge(values_file_->Environment());
  }
  return variation;
}

void SpectraRecorder::Note(NearRun run) {
  if (!file_ || run == NearRun::kOther) return;
  auto counts = file_->Counts();
  if (counts && spectra_.places.offsets.empty()) {
    if (auto places = file_->Places()) spectra_.places = std::move(*places);
  }
  // Without places there are no edges, and a target that changes their number is not believed.
  if (counts && counts->size() != spectra_.places.offsets.size()) return;
  if (!counts) {
    spectra_.why_none = counts.error().message;
    return;
  }
  if (bytes_ + counts->size() > kMostSpectraBytes) return;
  bytes_ += counts->size();
  auto& side = run == NearRun::kFailing ? spectra_.failing : spectra_.surviving;
  side.push_back(std::move(*counts));
  NoteValues(run);
}

// Of a target that traces none they stay empty, and so does one run's number of a target that
// changes them.
void SpectraRecorder::NoteValues(NearRun run) {
  ComparedValues values = values_file_ ? values_file_->Values() : ComparedValues();
  for (size_t i = 0; i < values.places.size(); ++i) {
    spectra_.comparisons.resize(values.places.size());
    uint64_t& known = spectra_.comparisons[i];
    if (known == 0) known = values.places[i];
    if (known != values.places[i]) values.relations[i] = 0;
  }
  auto& side = run == NearRun::kFailing ? spectra_.failing_values : spectra_.surviving_values;
  bytes_ += values.relations.size();
  side.push_back(std::move(values.relations));
}

void RunNearby(const RunNear& run, const std::string& input, const NearBudget& budget,
               const std::stop_token& cancel) {
  const int64_t deadline_ns = common::SystemClock().MonotonicNs() + budget.wall_s * kNsPerS;
  int64_t runs = 0;
  const auto may_run = [&] {
    return runs < budget.max_runs && !cancel.stop_requested() &&
           common::SystemClock().MonotonicNs() < deadline_ns;
  };
  if (!may_run() || !run(input)) return;
  ++runs;
  std::deque<std::pair<size_t, size_t>> ranges = {{0, input.size()}};
  for (; !ranges.empty() && may_run(); ranges.pop_front()) {
    const auto [begin, end] = ranges.front();
    if (begin == end) continue;
    bool matters = false;
    for (const bool far : {false, true}) {
      if (matters || !may_run()) break;
      const auto seen = run(Changed(input, begin, end, far));
      if (!seen) return;
      ++runs;
      matters = *seen != NearRun::kFailing;
    }
    if (!matters || end - begin == 1) continue;
    const size_t middle = begin + (end - begin) / 2;
    ranges.emplace_back(begin, middle);
    ranges.emplace_back(middle, end);
  }
}

}  // namespace percuss::campaign
