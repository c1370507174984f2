// SPDX-License-Identifier: Apache-2.0
//
// Whether what was run meets the protocol's criteria. A criterion that names a measure is judged
// from the packages alone; one that does not is for people. A criterion that is not older than the
// first run of its target does not count: it was chosen with the result in view.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/validation/trace.h"

namespace percuss::reports {

// What a criterion can ask for; docs/validation-files.md tells what each counts.
struct Measure {
  const char* name;
  bool at_least;  // the limit is a lower one
  const char* unit;
  const char* unit_of_one;  // after the value 1
};
// nullptr when there is none of that name.
[[nodiscard]] const Measure* FindMeasure(std::string_view name);
[[nodiscard]] std::vector<std::string> MeasureNames();

// For each criterion of each protocol entry, and each of its targets, in the files' order. `trace`
// has its items judged.
[[nodiscard]] std::vector<CriterionResult> JudgeCriteria(const ValidationFiles& files,
                                                         const std::vector<TracedPackage>& packages,
                                                         const Trace& trace);

}  // namespace percuss::reports
