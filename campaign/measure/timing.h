// SPDX-License-Identifier: Apache-2.0
//
// Cost of each input of a corpus: cpu time through the harness on a plain optimised build, repeated
// and averaged by Google Benchmark; of firmware, the instructions from its checkpoint to its end.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "campaign/campaign_file.h"
#include "campaign/measure/reply_graph.h"
#include "common/model/run_record.h"

namespace percuss::campaign {

// Never fails: what could not be measured is absent, with the reason. Large corpora are sampled,
// evenly by size. How cost grows with length, and which inputs stand out, is in it: growth.h.
// What the same runs on the emulator tell of a server's replies is added to `replies`.
[[nodiscard]] common::Timing MeasureTiming(const TargetSpec& target,
                                           const std::vector<std::filesystem::path>& inputs,
                                           const std::filesystem::path& scratch,
                                           const std::atomic<bool>& cancel, ReplyGraph& replies);

// The value below or at which `fraction` of the sorted samples lie (nearest rank). samples must not
// be empty.
[[nodiscard]] int64_t Percentile(const std::vector<int64_t>& sorted, double fraction);

}  // namespace percuss::campaign
