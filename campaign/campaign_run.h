// SPDX-License-Identifier: Apache-2.0
//
// The main job: a campaign file's content in, a complete run record and a staging folder for the
// package out.
//
//   self-check ──► targets, some at a time: prepare, fuzz ──► triage drained ──► measured ──►
//   verdict
//
// Whatever goes wrong for one target leaves the others running and ends in the record: only an
// unusable output folder is an Error. Call from one thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "campaign/campaign_file.h"
#include "campaign/target_session.h"
#include "common/model/run_record.h"
#include "common/result.h"

namespace percuss::campaign {

struct CampaignProgress {
  std::string phase;  // self-check|preparing|fuzzing|judging|measuring
  int64_t elapsed_s = 0;
  int64_t left_s = 0;  // of the planned fuzzing time
  int64_t targets_done = 0;
  int64_t targets_total = 0;
  std::vector<EngineProgress> engines;  // of the targets that run now
  TriageProgress triage;
  int64_t findings = 0;
  int64_t flaky = 0;
};

struct CampaignOptions {
  std::filesystem::path out;
  std::filesystem::path harness_root;  // for the self-check's binaries
  int64_t wall_s = 0;                  // of the whole campaign; 0: as the file says
  int64_t jobs = 0;                    // engines at a time; 0: one per core
  int64_t seed = 1;
  bool resume = false;
  std::string command;  // as typed, for the record
  std::string tool_version;
  const std::atomic<bool>* interrupted = nullptr;
  std::function<void(const CampaignProgress&)> on_progress;  // about once a second
};

// kBadInput when `out` holds another campaign, or one that was not asked to be resumed.
[[nodiscard]] common::Result<common::RunRecord> RunCampaign(const CampaignSpec& campaign,
                                                            const CampaignOptions& options);

}  // namespace percuss::campaign
