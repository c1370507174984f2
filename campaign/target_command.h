// SPDX-License-Identifier: Apache-2.0
//
// How a target of the campaign file is run on one input.
#pragma once

#include <string>

#include "campaign/campaign_file.h"
#include "campaign/supervise/run_input.h"

namespace percuss::campaign {

// role: libfuzzer, aflpp or msan; the target must have a binary of it.
[[nodiscard]] TargetCommand CommandFor(const TargetSpec& target, const std::string& role);
[[nodiscard]] InputLimits LimitsFor(const TargetSpec& target);

}  // namespace percuss::campaign
