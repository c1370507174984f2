// SPDX-License-Identifier: Apache-2.0
#include "campaign/retest.h"

#include <fmt/format.h>

#include <algorithm>

#include "campaign/triage/reproduction.h"
#include "campaign/triage/surroundings_effect.h"

namespace percuss::campaign {
namespace {

using common::Result;

template <typename Predicate>
const ReplayResult* FirstOf(const Retest& retest, Predicate predicate) {
  const auto found =
      std::find_if(retest.inputs.begin(), retest.inputs.end(),
                   [&](const InputRetest& input) { return predicate(input.replay); });
  return found == retest.inputs.end() ? nullptr : &found->replay;
}

const char* NameOf(const InputRetest& input) { return input.minimised ? "minimised" : "original"; }

// Why inputs that stayed clean show nothing; empty where they do.
std::string Doubt(const Retest& retest, const common::Finding& finding,
                  const RetestOptions& options) {
  if (FirstOf(retest, [](const ReplayResult& replay) { return replay.campaigns_binary; })) {
    return "it is the very build that the finding was made on";
  }
  for (const InputRetest& input : retest.inputs) {
    if (input.replay.cannot_tell) {
      return fmt::format("of the {} input: {}", NameOf(input), input.replay.reason);
    }
  }
  const Shown then = ShownWhereReplayed(finding.reproduction);
  if (then.reproduced <= 0) {
    return fmt::format(
        "the package's own binary did not show it again either (0 of {}): that "
        "another survives shows nothing",
        then.reruns);
  }
  const int needed = CleanRunsNeeded(then.reproduced, then.reruns);
  const auto few = [&](const ReplayResult& replay) { return replay.reruns < needed; };
  const ReplayResult* shortest = FirstOf(retest, few);
  if (options.most_runs == 0 || shortest == nullptr) return "";
  return fmt::format(
      "it failed {} of {} times in the campaign: {} clean runs are needed, and {} were made",
      then.reproduced, then.reruns, needed, shortest->reruns);
}

void Decide(const common::Finding& finding, const RetestOptions& options, Retest& retest) {
  if (FirstOf(retest, [](const ReplayResult& replay) { return replay.shown > 0; })) {
    retest.status = RetestStatus::kStillThere;
    return;
  }
  if (FirstOf(retest, [](const ReplayResult& replay) { return replay.reproduced > 0; })) {
    retest.status = RetestStatus::kChanged;
    return;
  }
  retest.reason = Doubt(retest, finding, options);
  retest.status = retest.reason.empty() ? RetestStatus::kFixed : RetestStatus::kCannotTell;
}

}  // namespace

const char* RetestStatusName(RetestStatus status) {
  switch (status) {
    case RetestStatus::kFixed:
      return "fixed";
    case RetestStatus::kStillThere:
      return "still_there";
    case RetestStatus::kChanged:
      return "changed";
    case RetestStatus::kCannotTell:
      break;
  }
  return "cannot_tell";
}

Result<Retest> RetestFinding(const std::filesystem::path& package_folder,
                             const common::Finding& finding, const RetestOptions& options) {
  Retest retest;
  const Shown then = ShownWhereReplayed(finding.reproduction);
  retest.runs = std::max(
      options.runs, std::min(options.most_runs, CleanRunsNeeded(then.reproduced, then.reruns)));
  ReplayOptions replaying;
  replaying.runs = retest.runs;
  replaying.binary = options.binary;
  replaying.scratch = options.scratch;
  replaying.cancel = options.cancel;
  for (const bool minimised : {false, true}) {
    if (minimised && finding.minimised_sha256.empty()) continue;
    replaying.minimised = minimised;
    auto replay = ReplayFinding(package_folder, finding.id, replaying);
    if (!replay) return tl::make_unexpected(replay.error());
    retest.inputs.push_back({minimised, std::move(*replay)});
  }
  Decide(finding, options, retest);
  return retest;
}

}  // namespace percuss::campaign
