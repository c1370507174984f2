// SPDX-License-Identifier: Apache-2.0
//
// What is said of an input that makes its process hold more each time it runs: written by whoever
// measures it, read by crash_parsers.h's ParseRetention. Pure functions, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "common/model/finding.h"

namespace percuss::campaign {

// bug_class: one of the growth classes of crash_report.h. stack: where what is held came from; may
// be empty. details: for a person, whole lines.
[[nodiscard]] std::string RetentionReport(const std::string& bug_class,
                                          const common::RetentionRate& rate,
                                          const std::vector<common::StackFrame>& stack,
                                          const std::string& details);

}  // namespace percuss::campaign
