// SPDX-License-Identifier: Apache-2.0
//
// What each byte of a failing input has to do with its failing, measured by changing it: groups of
// bytes first (as in group testing, Dorfman 1943), single ones where a group matters.
//
// A byte steers when the bug stays the same (the caller's key) and what is said of it changes: the
// number of bytes written, the distance to the buffer, the address. Numbers that change from run to
// run with one and the same input, as addresses do, are not compared. Pure but for the runs.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "campaign/triage/crash_report.h"
#include "common/model/finding.h"
#include "common/result.h"

namespace percuss::campaign {

struct InfluenceBudget {
  int64_t max_runs = 300;
  int64_t wall_s = 8;
};

// What was said of the bug (FaultText) where the bytes show the same one; nullopt where they do
// not. Errors stop the measurement with what was reached.
using TryBytes =
    std::function<common::Result<std::optional<std::string>>(const std::string& bytes)>;

[[nodiscard]] common::Influence MeasureInfluence(const TryBytes& try_bytes,
                                                 const std::string& input,
                                                 const InfluenceBudget& budget,
                                                 const std::stop_token& cancel = {});

// The part of a log that says what the fault was: from the report's message to the sanitizer's
// summary, without stacks, at most 4 KiB.
[[nodiscard]] std::string FaultText(std::string_view log, const CrashReport& report);

}  // namespace percuss::campaign
