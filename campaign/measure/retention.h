// SPDX-License-Identifier: Apache-2.0
//
// What one process of a target holds after many inputs: the final corpus, in rounds of the same
// inputs in the same order, counted after each round. Where something rises, more rounds tell
// whether it goes on; then each input is looked at by itself for which of them do it.
#pragma once

#include <atomic>
#include <filesystem>
#include <vector>

#include "campaign/campaign_file.h"
#include "common/model/run_record.h"

namespace percuss::campaign {

struct RetentionMeasurement {
  common::Retention result;
  // Of each kind of growth the input that shows it fastest, seen alone in a process of its own.
  std::vector<std::filesystem::path> growing;
};

// Never fails: what could not be measured is absent or unknown, with the reason. Takes the cpu time
// that the target's setting allows, and where something rises some times as much; in wall time ten
// times that at most.
[[nodiscard]] RetentionMeasurement MeasureRetention(
    const TargetSpec& target, const std::vector<std::filesystem::path>& inputs,
    const std::atomic<bool>& cancel);

}  // namespace percuss::campaign
