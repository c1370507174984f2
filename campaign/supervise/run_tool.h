// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "campaign/supervise/process.h"
#include "common/result.h"

namespace percuss::campaign {

// What a tool printed on stdout. An Error with the end of its stderr when it did not end with exit
// code 0 in time. Thread-safe.
[[nodiscard]] common::Result<std::string> RunTool(
    const std::vector<std::string>& argv, const std::map<std::string, std::string>& environment,
    int64_t timeout_ms, const ProcessLimits& limits = {});

}  // namespace percuss::campaign
