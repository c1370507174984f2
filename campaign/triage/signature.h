// SPDX-License-Identifier: Apache-2.0
//
// When two crashes are the same bug. 16 hex digits of SHA-256 over text that holds nothing which varies between engines,
// builds of the same source, or runs: no address, no column, no runtime frame, no size.
//
// Strict: kind, class, access, property and every user frame as function, file's base name and line (module and offset where there
// are no symbols), direct recursion collapsed. Where a process was stopped because it ran too long (hang, slow) the
// innermost frames vary with the moment, so the strict key is over function names alone, and only over the outer
// frames that all reruns share (CommonOuterStack). Loose: class (hang and slow are one) and the top three user
// functions. Pure functions, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "campaign/triage/crash_report.h"

namespace percuss::campaign {

[[nodiscard]] std::string StrictKey(const CrashReport& report);
[[nodiscard]] std::string LooseKey(const CrashReport& report);

// "F-" and 12 hex digits.
[[nodiscard]] std::string FindingId(const std::string& target, const std::string& strict_key);

// True for the kinds whose stack is a sample of where time went.
[[nodiscard]] bool IsTimeKind(const std::string& kind);

// The user frames, outermost first to as far in as both stacks call the same functions; returned innermost first.
[[nodiscard]] std::vector<common::StackFrame> CommonOuterStack(
    const std::vector<common::StackFrame>& one, const std::vector<common::StackFrame>& other);

}  // namespace percuss::campaign
