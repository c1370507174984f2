// SPDX-License-Identifier: Apache-2.0
//
// Which basic blocks of firmware a corpus runs on the fast core: the inputs once more, on the
// machine that the engines had, traced (emulation/rehost/block_coverage.h).
#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "campaign/campaign_file.h"
#include "common/model/run_record.h"

namespace percuss::campaign {

// The lists are written to <package>/<place>, of schema percuss.blocks.v1. What could not be
// measured is absent, with the reason; without a reason where the target is no such firmware.
[[nodiscard]] common::BlockCoverage MeasureBlocks(const TargetSpec& target,
                                                  const std::vector<std::filesystem::path>& inputs,
                                                  const std::filesystem::path& package,
                                                  const std::filesystem::path& place,
                                                  const std::atomic<bool>& cancel);

}  // namespace percuss::campaign
