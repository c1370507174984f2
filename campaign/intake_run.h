// SPDX-License-Identifier: Apache-2.0
//
// Crashes that were handed in, judged on one target: a run record and a staging folder for the
// package, as a campaign leaves them.
//
//   intake ──► self-check ──► read and told apart by their bytes ──► judged ──► minimised ──►
//   verdict
//
// Nothing that was handed in is lost: intake.json in the package lists each file with what became
// of it, and not_reproduced/ holds the inputs that failed before and did not here. Call from one
// thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "campaign/campaign_file.h"
#include "campaign/intake/intake.h"
#include "campaign/record_parts.h"
#include "common/model/run_record.h"
#include "common/result.h"

namespace percuss::campaign {

struct IntakeProgress {
  std::string phase;  // self-check|reading|judging|minimising
  int64_t elapsed_s = 0;
  int64_t done = 0;  // inputs and logs, of this phase
  int64_t total = 0;
  double per_s = 0;     // 0 until known
  int64_t left_s = -1;  // -1 until known
  int64_t findings = 0;
  int64_t flaky = 0;
};

struct IntakeOptions {
  std::filesystem::path out;           // must not hold a campaign or a package
  std::filesystem::path harness_root;  // for the self-check's binaries
  RunSettings settings;
  int reruns = 10;
  bool minimise = true;
  const std::atomic<bool>* interrupted = nullptr;
  std::function<void(const IntakeProgress&)> on_progress;  // some times a second; may be empty
};

// `campaign` has one target (ChooseTarget). kBadInput when `out` cannot be used, or when the intake
// holds nothing to judge on this target.
[[nodiscard]] common::Result<common::RunRecord> JudgeHandedIn(const CampaignSpec& campaign,
                                                              Intake intake,
                                                              const IntakeOptions& options);

}  // namespace percuss::campaign
