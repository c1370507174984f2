// SPDX-License-Identifier: Apache-2.0
//
// From what was observed to a weakness of the CWE list (MITRE), by a data table in the .cc. Pure
// functions, thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "campaign/triage/crash_report.h"

namespace percuss::campaign {

// By which the table was checked: each of its ids is a weakness there, and none is deprecated.
inline constexpr const char* kCweListVersion = "4.14";

// Of all that the table says: another table has another one.
[[nodiscard]] const std::string& CweTableSha256();

struct CweVerdict {
  std::string cwe;     // "CWE-122" or "unclassified"
  std::string reason;  // the table's row in words, or why there is none
  // Empty where a property's id names the weakness: whoever wrote it chose by a list of theirs.
  std::string list_version;
  std::string table_sha256;
};

// cpu_ns and wall_ns of the run tell a busy loop from a blocked process; -1 when unknown.
[[nodiscard]] CweVerdict ClassifyCwe(const CrashReport& report, int64_t cpu_ns = -1,
                                     int64_t wall_ns = -1);

}  // namespace percuss::campaign
