// SPDX-License-Identifier: Apache-2.0
//
// The sanitizer options under which targets run, in one place, so that fuzzing and judging differ
// only where they must.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "campaign/supervise/surroundings.h"

namespace percuss::campaign {

enum class SanitizerPurpose {
  kFuzzing,       // no symbols: looking them up dominates the restart after a crash
  kFuzzingLeaks,  // for an engine that asks for leaks after an input, as libFuzzer does
  kJudging,       // symbols and leaks: the report is the evidence
};

// Exit codes of a process that a sanitizer stopped without a signal. AFL++ insists on MSan's.
constexpr int kSanitizerExitCode = 99;
constexpr int kMsanExitCode = 86;

// ASAN_OPTIONS, MSAN_OPTIONS, TSAN_OPTIONS and UBSAN_OPTIONS, and LSAN_OPTIONS for judging. rss_mib
// 0: no memory limit.
[[nodiscard]] std::map<std::string, std::string> SanitizerEnvironment(SanitizerPurpose purpose,
                                                                      int64_t rss_mib);

// A target's own variables over ours. Options of sanitizers are appended, so that of a flag that
// both name the target's counts, and our others stay.
void AddTargetEnvironment(const std::map<std::string, std::string>& targets,
                          std::map<std::string, std::string>& environment);

// What a rerun of one input has, wherever it is run: our options for judging with the target's own
// variables, but for PERCUSS_ISOLATE. Going on past a crash is for engines: here the crash is the
// answer. Of a heap that is filled: so that the target's own options count.
[[nodiscard]] std::map<std::string, std::string> JudgingEnvironment(
    const std::map<std::string, std::string>& targets, int64_t rss_mib,
    HeapFill heap = HeapFill::kOwn);

// For libFuzzer's -malloc_limit_mb, which ends the process at a large allocation whatever the
// sanitizers' options say: out of the way of a target that asked for allocator_may_return_null=1.
[[nodiscard]] int64_t MallocLimitMib(const std::map<std::string, std::string>& targets,
                                     int64_t rss_mib);

// llvm-symbolizer of this host; empty when it has none.
[[nodiscard]] const std::string& SymbolizerPath();

}  // namespace percuss::campaign
