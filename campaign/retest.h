// SPDX-License-Identifier: Apache-2.0
//
// Whether a finding is fixed in another build: both of its inputs, the original and the minimised
// one, run again and held against what the package says.
//
// Fixed is claimed only where the build would have shown the finding: it has another digest and is
// otherwise alike (see build_likeness.h), every run of both inputs stayed clean, and the finding
// failed so often in the campaign that so many clean runs are no accident.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "campaign/replay.h"
#include "common/model/finding.h"
#include "common/result.h"

namespace percuss::campaign {

enum class RetestStatus { kFixed, kStillThere, kChanged, kCannotTell };
// "fixed", "still_there", "changed", "cannot_tell".
[[nodiscard]] const char* RetestStatusName(RetestStatus status);

struct RetestOptions {
  std::filesystem::path binary;
  int runs = 10;  // of each input, at least
  // Of a flaky finding up to so many, until a miss is unlikely (CleanRunsNeeded); where they do not
  // suffice it cannot tell. 0: `runs`, and no question asked.
  int most_runs = 0;
  std::filesystem::path scratch;  // exists
  const std::atomic<bool>* cancel = nullptr;
};

struct InputRetest {
  bool minimised = false;
  ReplayResult replay;
};

struct Retest {
  RetestStatus status = RetestStatus::kCannotTell;
  std::string reason;  // of kCannotTell
  int runs = 0;        // that were asked of each input
  std::vector<InputRetest> inputs;
};

// `finding` as the package's manifest has it. One input that still shows the finding decides over
// one that fails elsewhere, that over one that nobody can tell of, and that over clean ones. Errors
// as ReplayFinding's. The package's files are hostile; its binary is not run, that of the options
// is.
[[nodiscard]] common::Result<Retest> RetestFinding(const std::filesystem::path& package_folder,
                                                   const common::Finding& finding,
                                                   const RetestOptions& options);

}  // namespace percuss::campaign
