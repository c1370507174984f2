// SPDX-License-Identifier: Apache-2.0
//
// A sanitizer's, engine's, C library's or harness's last words, read into one structure.
//
// The text is hostile: it comes from a process under attack. Reading is linear in its size, looks
// at kLogLimitBytes of it (half from either end when there is more) and keeps the innermost
// kFrameLimit frames. Pure functions, thread-safe.
//
// Classes are those of the planted bugs' EXPECT.json: heap-buffer-overflow, stack-buffer-overflow,
// global-buffer-overflow, heap-use-after-free, stack-use-after-return, stack-use-after-scope,
// double-free, bad-free, null-dereference, segv, allocation-size-too-big, out-of-memory,
// stack-overflow, division-by-zero, signed-integer-overflow, invalid-shift,
// array-index-out-of-bounds, misaligned-access, use-of-uninitialized-value, assertion-failure,
// memory-leak, memory-growth, thread-growth, process-growth, descriptor-growth, file-growth,
// mapping-growth, hang, slow, deadline-missed, property-violation, stack-smashing, heap-corruption,
// abort, unexpected-exit, illegal-instruction, bus-error and the sanitizers' own rarer names as
// they write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/finding.h"

namespace percuss::campaign {

constexpr size_t kLogLimitBytes = size_t{4} << 20;
constexpr size_t kFrameLimit = 512;

// What the process's end said, beside its words. `kind` is the supervisor's verdict on the run (see
// Observation); hang, slow and oom overrule what the text says, because the text is then only where
// the process was stopped.
struct CrashHint {
  std::string kind;
  int signal = 0;
  int exit_code = 0;
};

struct CrashReport {
  std::string source;  // asan|ubsan|msan|tsan|lsan|valgrind|gdb|honggfuzz|libfuzzer|assert|glibc|
                       // percuss|signal|supervisor
  std::string kind;    // crash|hang|slow|oom|leak|deadline|property|assertion
  std::string bug_class;
  std::string access;  // read|write or empty
  int64_t access_bytes = -1;
  std::string message;      // the line that says what happened, printable, at most 300 bytes
  std::string property_id;  // of a broken property
  std::string stride;       // its category as in threats.json, where it names one
  std::string threat;       // likewise the id of a threat
  common::RetentionRate retention;        // of growth over many inputs
  std::vector<common::StackFrame> stack;  // innermost first, user_code set by frame_filter.h
};

// nullopt: neither the text nor the hint says that anything went wrong.
[[nodiscard]] std::optional<CrashReport> ParseCrashReport(std::string_view log,
                                                          const CrashHint& hint);

// First frame of the user's code; nullptr when the stack has none.
[[nodiscard]] const common::StackFrame* FirstUserFrame(const CrashReport& report);

// "heap-buffer-overflow (write of 4 bytes) in parse_pdu at pdu.c:42".
[[nodiscard]] std::string SummaryOf(const CrashReport& report);

}  // namespace percuss::campaign
