// SPDX-License-Identifier: Apache-2.0
//
// What a linked trace lacks. The rules are the table in trace_gaps.cc; docs/validation-files.md
// tells them in words.
#pragma once

#include <vector>

#include "reports/validation/trace.h"

namespace percuss::reports {

// In order of the rules, then of the items.
[[nodiscard]] std::vector<TraceGap> FindGaps(const ValidationFiles& files,
                                             const std::vector<TracedPackage>& packages,
                                             const Trace& trace);

}  // namespace percuss::reports
