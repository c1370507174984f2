// SPDX-License-Identifier: Apache-2.0
//
// Inputs that are run before any engine starts: the regression corpus, each input in a process of
// its own, and the seeds, of which only those that survive reach the engines (an engine dies of a
// seed that kills its target).
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "campaign/campaign_file.h"
#include "campaign/supervise/run_input.h"
#include "common/result.h"

namespace percuss::campaign {

struct FailedInput {
  std::filesystem::path path;
  InputOutcome outcome;
};

struct ReplaySummary {
  int64_t run = 0;
  std::vector<std::filesystem::path> survivors;
  std::vector<FailedInput> failed;
  // Of the survivors, those that the target went on without, and why of the first.
  int64_t unheard = 0;
  std::string why_unheard;
};

// Runs every input once with the build of that role. Groups share a process where the harness has
// our SDK, which tells which input a process died of. Errors: the host or the binary cannot run
// inputs at all.
[[nodiscard]] common::Result<ReplaySummary> ReplayAll(
    const TargetSpec& target, const std::string& role,
    const std::vector<std::filesystem::path>& inputs, const std::atomic<bool>& cancel);

}  // namespace percuss::campaign
