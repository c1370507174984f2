// SPDX-License-Identifier: Apache-2.0
//
// Inputs of findings as the protocol model of their target sees them, for reports.
#pragma once

#include <functional>
#include <string>

#include "campaign/campaign_file.h"
#include "common/model/finding.h"

namespace percuss::campaign {

// Bounded: of large inputs the first lines, of very large ones (above 1 MiB) nothing. Empty where
// the target has no model, or one that cannot be read any more.
[[nodiscard]] std::function<common::InputDump(const std::string& input)> DumpByModel(
    const TargetSpec& target);

}  // namespace percuss::campaign
