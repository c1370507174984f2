// SPDX-License-Identifier: Apache-2.0
//
// From what was observed to a weakness of the CWE list (MITRE, version kCweListVersion), by a data
// table in the .cc. Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "campaign/triage/crash_report.h"

namespace percuss::campaign {

inline constexpr const char* kCweListVersion = "4.15";

struct CweVerdict {
  std::string cwe;     // "CWE-122" or "unclassified"
  std::string reason;  // the table's row in words, or why there is none
};

// cpu_ns and wall_ns of the run tell a busy loop from a blocked process; -1 when unknown.
[[nodiscard]] CweVerdict ClassifyCwe(const CrashReport& report, int64_t cpu_ns = -1,
                                     int64_t wall_ns = -1);

}  // namespace percuss::campaign
