// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/candidate_runs.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "campaign/triage/crash_report.h"
#include "campaign/triage/evidence.h"
#include "campaign/triage/signature.h"
#include "campaign/triage/surroundings_effect.h"
#include "campaign/triage/symbolizer.h"

namespace percuss::campaign {

using common::Result;

CandidateRuns::CandidateRuns(InputRunner& runner, const common::Finding& finding,
                             std::filesystem::path folder, size_t most, double limits)
    : runner_(runner),
      finding_(finding),
      folder_(std::move(folder)),
      most_(std::max<size_t>(1, most)),
      limits_(limits) {}

Result<Attempt> CandidateRuns::Try(const std::vector<std::string>& candidates) {
  const size_t count = std::min(most_, candidates.size());
  const auto end = candidates.begin() + static_cast<ptrdiff_t>(count);
  RunVariation variation;
  variation.history_has_time = false;
  variation.time_limit_factor = limits_;
  variation.surroundings = SurroundingsToShow(finding_);
  const Result<Observation> seen =
      runner_.RunInOrder({candidates.begin(), end}, folder_, variation);
  if (!seen) return tl::unexpected(seen.error());
  if (seen->kind == "ok") return Attempt{count, false};
  if (count == 1) return Attempt{1, IsSameBug(*seen)};
  const auto last = seen->last_input && seen->kind != "error"
                        ? std::find(candidates.begin(), end, *seen->last_input)
                        : end;
  if (last != end)
    return Attempt{static_cast<size_t>(last - candidates.begin()) + 1, IsSameBug(*seen)};
  most_ = 1;
  return Try(candidates);
}

bool CandidateRuns::IsSameBug(const Observation& seen) {
  std::optional<CrashReport> report =
      ParseCrashReport(seen.log, {seen.kind, seen.signal, seen.exit_code});
  if (!report) return false;
  const auto [known, is_new] = known_.try_emplace(StrictKey(*report), false);
  if (!is_new) return known->second;
  Symbolize(report->stack);
  known->second = IsTimeKind(finding_.kind)
                      ? IsTimeKind(report->kind) && IsSampleOf(report->stack, finding_.stack)
                      : StrictKey(*report) == finding_.strict_key;
  return known->second;
}

}  // namespace percuss::campaign
