// SPDX-License-Identifier: Apache-2.0
//
// One input in a fresh process, judged from outside: what triage, minimiser, self-check, regression
// and replay share.
//
// What counts is the input's own time: the wall time less what the host withheld (own_time.h). One
// that was hardly ever let run says nothing: kind "error".
//
// The clock of an input starts when the harness begins it (heartbeat), to 5 ms; where the target
// has no harness SDK, at the start of the process, and kStartupAllowanceMs is added to the limits.
// A process over a limit is asked for its stack with SIGABRT, which lands in the log, and killed
// with its whole tree after 2 s at most.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "campaign/supervise/process.h"
#include "campaign/supervise/surroundings.h"
#include "common/model/finding.h"
#include "common/result.h"

namespace percuss::campaign {

constexpr int64_t kStartupAllowanceMs = 500;
constexpr int64_t kStackAllowanceMs = 2000;
constexpr int64_t kHistoryAllowance = 10;

struct TargetCommand {
  // Binary and fixed options. The input paths replace the argument "@@". Without one they are
  // appended, or for style plain the input becomes standard input.
  std::vector<std::string> argv;
  std::map<std::string, std::string> environment;  // over the sanitizers' options of ours
  // libfuzzer | aflpp: takes several files, runs them in order in one process. plain, emulate:
  // takes one; a history cannot be replayed and only the last input is run. emulate: `percuss
  // emulate`, whose exit code is the verdict.
  std::string style = "libfuzzer";
  bool symbolize = true;
};

struct InputLimits {
  int64_t wall_ms = 1000;  // of own time
  int64_t cpu_ms = 0;      // 0: no limit
  int64_t rss_mib = 2048;  // 0: no limit
};

struct RunOptions {
  Surroundings surroundings;                       // no more than varies (WhatVaries)
  std::map<std::string, std::string> environment;  // over everything else
  int64_t history_allowance = kHistoryAllowance;   // times the limits, for each input but the last
  std::filesystem::path folder;  // to run in; empty: a temporary one, deleted afterwards
  const std::atomic<bool>* cancel = nullptr;  // set: the run ends at once with kind "error"
};

struct InputOutcome {
  // ok | crash | hang | slow (over a limit, but ended before it was judged) | oom | leak | error
  // (could not be run, or the host left it no time)
  std::string kind = "error";
  ExitStatus exit;
  std::string log;  // stdout, then stderr, capped
  bool timed_out = false;
  bool heartbeat = false;  // the times below are of the input alone, not of the whole process
  int64_t input_wall_ns = 0;
  int64_t input_cpu_ns = 0;
  int64_t input_withheld_ns = 0;  // of the wall time, as far as it was looked at
  common::TimeUse time_use;       // of kind hang and slow, and of what was hardly let run
  // Kind hang: own time from the input's begin to our verdict.
  int64_t judged_after_ns = -1;
  // Index in `inputs` at which the process ended; less than the last one: a predecessor failed and
  // the last input was never judged. -1 when unknown.
  int64_t ended_at_input = -1;
  // Of several inputs, the bytes of the one that ran last, where the target tells. An engine may
  // run one twice, so counting does not tell.
  std::optional<std::string> last_input;
  // Kind error, for what arrived is not the input: the emulated firmware went on without it.
  bool unheard = false;
  std::string detail;  // why, in words, where kind is error, hang or oom
};

// Errors are of the host only (no temporary folder, no process). A target that cannot be run is
// kind "error". Thread-safe.
[[nodiscard]] common::Result<InputOutcome> RunInput(
    const TargetCommand& target, const std::vector<std::filesystem::path>& inputs,
    const InputLimits& limits, const RunOptions& options = {});

}  // namespace percuss::campaign
