// SPDX-License-Identifier: Apache-2.0
//
// The oracle proves itself before it judges anything: a planted crash, hang, sleep, memory blow-up
// and leak go through the same RunInput as the target and must each be reported as what they are,
// hang and sleep within 100 ms of the limit, in one of three attempts. A case that does not is in
// the result with passed = false; it is never an error and never hangs.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "campaign/supervise/run_input.h"
#include "common/model/run_record.h"
#include "common/result.h"

namespace percuss::campaign {

constexpr int64_t kSelfCheckToleranceMs = 100;

struct SelfCheckOptions {
  // The harness `selfcheck` in the flavours that the campaign uses; empty: that flavour is not
  // checked.
  std::filesystem::path libfuzzer_binary;
  std::filesystem::path aflpp_binary;
  InputLimits limits;            // wall_ms is cut to 1000, to keep the check short; rss_mib to 512
  std::filesystem::path folder;  // for its files; created, left behind
  const std::atomic<bool>* cancel = nullptr;
};

// Five cases per flavour; cancelled, those that were over by then. kBadInput when there is no
// flavour to check, otherwise only errors of the host.
[[nodiscard]] common::Result<std::vector<common::SelfCheckCase>> RunSelfCheck(
    const SelfCheckOptions& options);

}  // namespace percuss::campaign
