// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/self_check.h"

#include <algorithm>
#include <array>

#include "common/fs.h"

namespace percuss::campaign {

using common::ErrorCode;
using common::Fail;
using common::Result;
using common::SelfCheckCase;

namespace {

constexpr int64_t kNsPerMs = 1'000'000;
constexpr int64_t kLongestWallMs = 1000;
constexpr int64_t kMostMemoryMib = 512;

struct Planted {
  const char* name;
  const char* bytes;
  const char* kind;
  bool timed;
};

constexpr std::array<Planted, 5> kPlanted = {{{"crash", "Crash", "crash", false},
                                              {"hang", "Hang", "hang", true},
                                              {"sleep", "Sleep", "hang", true},
                                              {"memory", "Memory", "oom", false},
                                              {"leak", "Leak", "leak", false}}};

Result<SelfCheckCase> RunCase(const Planted& planted, const TargetCommand& target,
                              const SelfCheckOptions& options) {
  const auto input = options.folder / (target.style + "-" + planted.name);
  if (auto written = common::WriteFileAtomically(input, planted.bytes); !written) {
    return tl::make_unexpected(written.error());
  }
  InputLimits limits = options.limits;
  // Only the two that are timed are: the others need their reports, however slow the host is.
  constexpr int64_t kReportWallMs = 30'000;
  limits.wall_ms = planted.timed ? std::min(limits.wall_ms, kLongestWallMs) : kReportWallMs;
  limits.cpu_ms = 0;
  limits.rss_mib = limits.rss_mib > 0 ? std::min(limits.rss_mib, kMostMemoryMib) : kMostMemoryMib;
  RunOptions run;
  run.cancel = options.cancel;
  auto outcome = RunInput(target, {input}, limits, run);
  if (!outcome) return tl::make_unexpected(outcome.error());
  SelfCheckCase result;
  result.engine = target.style;
  result.planted = planted.name;
  result.expected = planted.kind;
  result.observed = outcome->kind;
  result.passed = result.observed == result.expected;
  if (planted.timed) {
    result.limit_ms = limits.wall_ms;
    if (outcome->judged_after_ns >= 0) result.judged_after_ms = outcome->judged_after_ns / kNsPerMs;
    result.passed = result.passed && outcome->heartbeat &&
                    result.judged_after_ms >= limits.wall_ms &&
                    result.judged_after_ms <= limits.wall_ms + kSelfCheckToleranceMs;
  }
  return result;
}

// A host that was busy for a moment must not end a campaign that runs for a night.
Result<SelfCheckCase> RunCaseInTime(const Planted& planted, const TargetCommand& target,
                                    const SelfCheckOptions& options) {
  constexpr int64_t kMostAttempts = 3;
  auto result = RunCase(planted, target, options);
  for (int64_t attempt = 2; result && attempt <= kMostAttempts; ++attempt) {
    const bool late = !result->passed && planted.timed && result->observed == result->expected;
    if (!late) break;
    result = RunCase(planted, target, options);
    if (result) result->attempts = attempt;
  }
  return result;
}

}  // namespace

Result<std::vector<SelfCheckCase>> RunSelfCheck(const SelfCheckOptions& options) {
  std::vector<TargetCommand> targets;
  for (const bool libfuzzer : {true, false}) {
    const auto& binary = libfuzzer ? options.libfuzzer_binary : options.aflpp_binary;
    if (binary.empty()) continue;
    TargetCommand target;
    target.argv = {binary.string()};
    target.style = libfuzzer ? "libfuzzer" : "aflpp";
    targets.push_back(target);
  }
  if (targets.empty()) {
    return Fail(ErrorCode::kBadInput,
                "the self-check has no harness to run; build the harness 'selfcheck'");
  }
  if (auto made = common::MakeFolder(options.folder); !made) {
    return tl::make_unexpected(made.error());
  }
  std::vector<SelfCheckCase> cases;
  for (const TargetCommand& target : targets) {
    for (const Planted& planted : kPlanted) {
      auto result = RunCaseInTime(planted, target, options);
      if (!result) return tl::make_unexpected(result.error().While("self-check"));
      // What was cut off says nothing of the oracle.
      if (options.cancel != nullptr && *options.cancel) return cases;
      cases.push_back(*result);
    }
  }
  return cases;
}

}  // namespace percuss::campaign
