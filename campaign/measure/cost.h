// SPDX-License-Identifier: Apache-2.0
//
// What a cost search came to: the inputs that make the target execute the most edges. A count, the
// same on any host under any load.
#pragma once

#include <atomic>
#include <filesystem>
#include <vector>

#include "campaign/campaign_file.h"
#include "common/model/run_record.h"
#include "common/result.h"

namespace percuss::campaign {

// The costliest ten, by the target's binary "cost", the costliest first; of the same cost the
// shorter one. Inputs that kill it are passed over. kNotFound when no input could be measured;
// `scratch` is a folder that exists.
[[nodiscard]] common::Result<std::vector<common::SlowInput>> CostliestInputs(
    const TargetSpec& target, const std::vector<std::filesystem::path>& inputs,
    const std::filesystem::path& scratch, const std::atomic<bool>& cancel);

}  // namespace percuss::campaign
