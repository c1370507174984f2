// SPDX-License-Identifier: Apache-2.0
//
// When two crashes are the same bug. 16 hex digits of SHA-256 over text that holds nothing which
// varies between engines, builds of the same source, or runs: no address, no column, no runtime
// frame, no size.
//
// Strict: class, access, property and the user frames as function, file's base name and line
// (module and offset where there are no symbols), each function once, so that the depth of a
// recursion does not matter. Two kinds of stack are samples: where a process was stopped because it
// ran too long (hang, slow) the key is over function names alone, and the judge gives it only the
// outer frames that all reruns share (CommonOuterStack); where the stack ran out (stack-overflow)
// it is over the set of functions that recur. Loose: class (hang and slow are one) and the top
// three user functions. Pure, thread-safe.
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

// The user frames, outermost first to as far in as both stacks call the same functions; returned
// innermost first.
[[nodiscard]] std::vector<common::StackFrame> CommonOuterStack(
    const std::vector<common::StackFrame>& one, const std::vector<common::StackFrame>& other);

}  // namespace percuss::campaign
