// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "campaign/engine/engine.h"
#include "common/model/run_record.h"
#include "common/result.h"

namespace percuss::campaign {

// Each engine's name and what it counted, or why it did not.
using EngineTallies = std::vector<std::pair<std::string, common::Result<EdgeTally>>>;

// Of one more execution by any of the engines, in proportion to how many each did: an edge is new
// when the engine that reaches it has not reached it before. Absent, with the reason, unless all of
// them have counted. Pure, thread-safe.
[[nodiscard]] common::DiscoveryEstimate EstimateDiscovery(const EngineTallies& tallies);

// The same of engines that were stopped.
[[nodiscard]] common::DiscoveryEstimate EstimateDiscovery(
    const std::vector<std::unique_ptr<Engine>>& engines);

}  // namespace percuss::campaign
