// SPDX-License-Identifier: Apache-2.0
#include "campaign/preflight.h"

#include <algorithm>

#include "campaign/harness_facts.h"
#include "campaign/target_command.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;

constexpr size_t kGroup = 64;

}  // namespace

common::Result<ReplaySummary> ReplayAll(const TargetSpec& target, const std::string& role,
                                        const std::vector<stdfs::path>& inputs,
                                        const std::atomic<bool>& cancel) {
  const TargetCommand command = CommandFor(target, role);
  const bool tells_which = ReadHarnessFacts(target.binaries.at(role)).has_value();
  RunOptions options;
  options.cancel = &cancel;
  ReplaySummary summary;
  for (size_t at = 0; at < inputs.size() && !cancel;) {
    const size_t count = tells_which ? std::min(kGroup, inputs.size() - at) : 1;
    const auto first = inputs.begin() + static_cast<std::ptrdiff_t>(at);
    const std::vector<stdfs::path> group(first, first + static_cast<std::ptrdiff_t>(count));
    auto outcome = RunInput(command, group, LimitsFor(target), options);
    if (!outcome) return tl::make_unexpected(outcome.error());
    if (cancel) break;
    if (outcome->unheard) {
      if (++summary.unheard == 1) summary.why_unheard = outcome->detail;
      outcome->kind = "ok";
    }
    if (outcome->kind == "error") {
      return common::Fail(common::ErrorCode::kUnavailable,
                          "cannot run inputs: " + outcome->detail + " " + outcome->log,
                          target.binaries.at(role).string());
    }
    if (outcome->kind == "ok") {
      summary.survivors.insert(summary.survivors.end(), group.begin(), group.end());
      summary.run += static_cast<int64_t>(count);
      at += count;
      continue;
    }
    // Where nothing says which input it was (a leak shows after the fact), each is run alone.
    if (count > 1 && (outcome->ended_at_input < 0 || outcome->kind == "leak")) {
      for (const stdfs::path& input : group) {
        auto alone = ReplayAll(target, role, {input}, cancel);
        if (!alone) return alone;
        std::move(alone->survivors.begin(), alone->survivors.end(),
                  std::back_inserter(summary.survivors));
        std::move(alone->failed.begin(), alone->failed.end(), std::back_inserter(summary.failed));
      }
      summary.run += static_cast<int64_t>(count);
      at += count;
      continue;
    }
    const size_t bad =
        count > 1 ? std::min(static_cast<size_t>(outcome->ended_at_input), count - 1) : 0;
    summary.survivors.insert(summary.survivors.end(), group.begin(),
                             group.begin() + static_cast<std::ptrdiff_t>(bad));
    summary.failed.push_back({group[bad], std::move(*outcome)});
    summary.run += static_cast<int64_t>(bad + 1);
    at += bad + 1;
  }
  return summary;
}

}  // namespace percuss::campaign
