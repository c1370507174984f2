// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/target_process.h"

#include <map>
#include <mutex>
#include <system_error>
#include <utility>

#include "campaign/supervise/sanitizer_environment.h"
#include "common/fs.h"
#include "harnesses/sdk/heartbeat.h"

namespace percuss::campaign {

namespace stdfs = std::filesystem;

namespace {

constexpr int64_t kNsPerMs = 1'000'000;

bool Contains(std::string_view text, std::string_view what) {
  return text.find(what) != std::string_view::npos;
}

bool IsOutOfMemory(std::string_view log) {
  return Contains(log, "libFuzzer: out-of-memory") || Contains(log, "libFuzzer: malloc-limit") ||
         Contains(log, "allocation-size-too-big") || Contains(log, "rss limit exhausted") ||
         Contains(log, "Sanitizer: out of memory") || Contains(log, "Sanitizer: out-of-memory");
}

// Of `percuss emulate`.
constexpr int kWentOn = 0;
constexpr int kFailed = 2;
constexpr int kWentOnWithoutInput = 3;

// It says by itself what it saw. An input that never ends ran out of instructions.
std::string KindOfEmulated(const InputOutcome& outcome) {
  if (!outcome.exit.exited || (outcome.exit.code != kWentOn && outcome.exit.code != kFailed)) {
    return "error";
  }
  if (outcome.exit.code == kWentOn) return "ok";
  if (Contains(outcome.log, "percuss: firmware deadline-missed")) return "deadline";
  return Contains(outcome.log, "percuss: firmware budget") ? "hang" : "crash";
}

// The kind of a process that ended by itself.
std::string KindOf(const InputOutcome& outcome, const std::string& style, bool began) {
  const ExitStatus& exit = outcome.exit;
  if (!exit.kill_reason.empty()) return "crash";
  if (exit.exited && exit.code == 0) return "ok";
  if (Contains(outcome.log, "LeakSanitizer: detected memory leaks")) return "leak";
  if (IsOutOfMemory(outcome.log)) return "oom";
  if (!exit.exited || HasReport(outcome.log) || exit.code == kSanitizerExitCode ||
      exit.code == kMsanExitCode)
    return "crash";
  // libFuzzer ends with 0 unless something was wrong; others may exit as they like.
  if (!began) return "error";
  return style == "libfuzzer" ? "crash" : "ok";
}

std::string LineAfter(std::string_view log, std::string_view mark) {
  const size_t at = log.find(mark);
  if (at == std::string_view::npos) return "";
  log.remove_prefix(at + mark.size());
  return std::string(log.substr(0, log.find('\n')));
}

}  // namespace

bool TakesOne(const TargetCommand& target) {
  return target.style == "plain" || target.style == "emulate";
}

bool HasReport(std::string_view log) {
  return Contains(log, "ERROR: AddressSanitizer") || Contains(log, "ERROR: LeakSanitizer") ||
         Contains(log, "ERROR: libFuzzer") || Contains(log, "MemorySanitizer") ||
         Contains(log, "ThreadSanitizer") || Contains(log, "runtime error:") ||
         Contains(log, "percuss: property violated") || Contains(log, "percuss: firmware ");
}

bool BinaryMentions(const std::string& binary, const std::string& text) {
  static std::mutex mutex;
  static std::map<std::pair<std::string, std::string>, std::pair<stdfs::file_time_type, bool>>
      known;
  std::error_code error;
  const auto changed = stdfs::last_write_time(binary, error);
  const std::lock_guard lock(mutex);
  const auto found = known.find({binary, text});
  if (found != known.end() && found->second.first == changed) return found->second.second;
  const auto bytes = common::ReadFile(binary);
  const bool mentions = bytes && Contains(*bytes, text);
  known[{binary, text}] = {changed, mentions};
  return mentions;
}

bool HasSdk(const TargetCommand& target, const std::string& binary) {
  return target.style == "emulate" || BinaryMentions(binary, PERCUSS_HEARTBEAT_ENV);
}

ProcessSpec SpecForInputs(const TargetCommand& target, const std::vector<stdfs::path>& inputs,
                          const InputLimits& limits, const RunOptions& options) {
  ProcessSpec spec;
  std::vector<std::string> paths;
  std::error_code error;
  const bool plain = TakesOne(target);
  paths.reserve(inputs.size());
  for (const auto& input : inputs) paths.push_back(stdfs::absolute(input, error).string());
  if (plain) paths.erase(paths.begin(), paths.end() - 1);
  bool placed = false;
  for (const std::string& argument : target.argv) {
    if (argument == "@@") {
      spec.argv.insert(spec.argv.end(), paths.begin(), paths.end());
      placed = true;
    } else {
      spec.argv.push_back(argument);
    }
  }
  if (spec.argv[0].find('/') != std::string::npos) {
    spec.argv[0] = stdfs::absolute(spec.argv[0], error).string();
  }
  if (target.style == "libfuzzer") {
    // Its own clock must not come first; its memory limit gives the better report.
    spec.argv.insert(
        spec.argv.begin() + 1,
        {"-timeout=0", "-rss_limit_mb=" + std::to_string(limits.rss_mib),
         "-malloc_limit_mb=" + std::to_string(MallocLimitMib(target.environment, limits.rss_mib))});
  }
  if (!placed && plain) spec.stdin_path = paths.back();
  if (!placed && !plain) spec.argv.insert(spec.argv.end(), paths.begin(), paths.end());
  spec.environment =
      JudgingEnvironment(target.environment, limits.rss_mib, options.surroundings.heap);
  for (auto& [name, value] : spec.environment) {
    if (!target.symbolize && name.ends_with("SAN_OPTIONS")) value += ":symbolize=0";
  }
  for (const auto& [name, value] : options.environment) spec.environment[name] = value;
  spec.capture_output = true;
  spec.fixed_layout = options.surroundings.fixed_layout;
  constexpr int64_t kFileMib = 256;
  spec.limits.file_size_mib = kFileMib;
  return spec;
}

void ClassifyEnd(InputOutcome& outcome, const TargetCommand& target, const InputLimits& limits,
                 int64_t counted_ns, bool has_sdk) {
  const bool began = outcome.heartbeat || !has_sdk;
  outcome.kind =
      target.style == "emulate" ? KindOfEmulated(outcome) : KindOf(outcome, target.style, began);
  if (outcome.kind == "ok" && !began) outcome.kind = "error";
  outcome.unheard =
      target.style == "emulate" && outcome.exit.exited && outcome.exit.code == kWentOnWithoutInput;
  if (outcome.unheard) {
    outcome.detail = LineAfter(outcome.log, "inconclusive: ");
  } else if (outcome.kind == "error") {
    outcome.detail = "the program ended with code " + std::to_string(outcome.exit.code) +
                     " before it began an input";
  }
  if (!outcome.exit.kill_reason.empty()) {
    outcome.detail = "broke the limit on " + outcome.exit.kill_reason;
    outcome.log += "\npercuss: killed: limit on " + outcome.exit.kill_reason + "\n";
  }
  const int64_t allowance_ms = outcome.heartbeat ? 0 : kStartupAllowanceMs;
  const bool over_wall = counted_ns > (limits.wall_ms + allowance_ms) * kNsPerMs;
  const bool over_cpu =
      limits.cpu_ms > 0 && outcome.input_cpu_ns > (limits.cpu_ms + allowance_ms) * kNsPerMs;
  if (outcome.kind == "ok" && (over_wall || over_cpu)) outcome.kind = "slow";
}

void RefuseOtherInput(const HeartbeatFile& heartbeat, const stdfs::path& input,
                      InputOutcome& outcome) {
  const auto ran = heartbeat.CurrentInput();
  if (outcome.kind != "ok" || !ran) return;
  const auto given = common::ReadFile(input);
  if (given && *given == *ran) return;
  outcome.kind = "error";
  outcome.detail = "the program ran another input than the one it was given";
}

}  // namespace percuss::campaign
