// SPDX-License-Identifier: Apache-2.0
//
// What report.txt of a finding says: what was decided, each rerun, and what processes said. Pure,
// thread-safe.
#pragma once

#include <string>

#include "campaign/triage/evidence.h"
#include "common/model/finding.h"

namespace percuss::campaign {

// first_log: of the first sighting, may be empty. example: the rerun that the stack is from, may be
// nullptr.
[[nodiscard]] std::string ReportText(const common::Finding& finding, const std::string& first_log,
                                     const Evidence& evidence, const Rerun* example);

}  // namespace percuss::campaign
