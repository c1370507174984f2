// SPDX-License-Identifier: Apache-2.0
//
// Where the memory that was misused came from and went: the stacks that AddressSanitizer,
// MemorySanitizer (with -fsanitize-memory-track-origins), ThreadSanitizer, valgrind and `percuss
// emulate --last-writer` print behind their report. Hostile text, read in linear time. Pure,
// thread-safe.
#pragma once

#include <string_view>

#include "campaign/triage/crash_report.h"
#include "common/model/finding.h"

namespace percuss::campaign {

// Empty where the log tells nothing of a block. Stacks are cut at kMostBlockFrames, their user's
// frames marked. report: what was read from the same log.
inline constexpr size_t kMostBlockFrames = 24;
[[nodiscard]] common::MemoryBlock ReadMemoryBlock(std::string_view log, const CrashReport& report);

}  // namespace percuss::campaign
