// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/run_input.h"

#include <algorithm>
#include <mutex>
#include <string_view>

#include "campaign/supervise/heartbeat_file.h"
#include "campaign/supervise/input_clock.h"
#include "campaign/supervise/sanitizer_environment.h"
#include "campaign/supervise/time_use.h"
#include "common/clock.h"
#include "common/fs.h"
#include "harnesses/sdk/heartbeat.h"

namespace percuss::campaign {

namespace stdfs = std::filesystem;
using common::Result;

namespace {

constexpr int64_t kPollMs = 2;
constexpr int64_t kNsPerMs = 1'000'000;
constexpr int64_t kBeginWithinNs = 30'000 * kNsPerMs;
constexpr int64_t kReportWithinNs = 30'000 * kNsPerMs;
constexpr uint64_t kRingBytes = 1 << 16;

int64_t Now() { return common::SystemClock().MonotonicNs(); }

bool Contains(std::string_view text, std::string_view what) {
  return text.find(what) != std::string_view::npos;
}

bool HasReport(std::string_view log) {
  return Contains(log, "ERROR: AddressSanitizer") || Contains(log, "ERROR: LeakSanitizer") ||
         Contains(log, "ERROR: libFuzzer") || Contains(log, "MemorySanitizer") ||
         Contains(log, "ThreadSanitizer") || Contains(log, "runtime error:") ||
         Contains(log, "percuss: property violated") || Contains(log, "percuss: firmware ");
}

bool TakesOne(const TargetCommand& target) {
  return target.style == "plain" || target.style == "emulate";
}

// Whether the harness SDK is linked in: then an input that never begins is no hang of the target.
// Remembered for each file, because a run takes less time than reading a large binary.
bool HasSdk(const std::string& binary) {
  static std::mutex mutex;
  static std::map<std::string, std::pair<stdfs::file_time_type, bool>> known;
  std::error_code error;
  const auto changed = stdfs::last_write_time(binary, error);
  const std::lock_guard lock(mutex);
  const auto found = known.find(binary);
  if (found != known.end() && found->second.first == changed) return found->second.second;
  const auto bytes = common::ReadFile(binary);
  const bool has = bytes && Contains(*bytes, PERCUSS_HEARTBEAT_ENV);
  known[binary] = {changed, has};
  return has;
}

ProcessSpec BuildSpec(const TargetCommand& target, const std::vector<stdfs::path>& inputs,
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
  if (target.style == "libfuzzer") {
    // Its own clock must not come first; its memory limit gives the better report.
    spec.argv.insert(
        spec.argv.begin() + 1,
        {"-timeout=0", "-rss_limit_mb=" + std::to_string(limits.rss_mib),
         "-malloc_limit_mb=" + std::to_string(MallocLimitMib(target.environment, limits.rss_mib))});
  }
  if (!placed && plain) spec.stdin_path = paths.back();
  if (!placed && !plain) spec.argv.insert(spec.argv.end(), paths.begin(), paths.end());
  spec.environment = JudgingEnvironment(target.environment, limits.rss_mib);
  for (auto& [name, value] : spec.environment) {
    if (!target.symbolize && name.ends_with("SAN_OPTIONS")) value += ":symbolize=0";
  }
  for (const auto& [name, value] : options.environment) spec.environment[name] = value;
  spec.capture_output = true;
  spec.fixed_layout = options.fixed_layout;
  constexpr int64_t kFileMib = 256;
  spec.limits.file_size_mib = kFileMib;
  return spec;
}

// Watches one process until it ends or breaks a limit.
class Judge {
 public:
  // emulated: the input runs in a process below the one that was started.
  Judge(Process& process, const HeartbeatFile& heartbeat, const InputLimits& limits,
        const RunOptions& options, bool emulated)
      : process_(process),
        heartbeat_(heartbeat),
        limits_(limits),
        options_(options),
        emulated_(emulated) {
    clock_.Begin(pid_, started_ns_);
  }

  void Watch(size_t inputs, bool has_sdk);
  [[nodiscard]] const InputOutcome& Outcome() const { return outcome_; }
  [[nodiscard]] InputOutcome& Outcome() { return outcome_; }
  [[nodiscard]] bool Judged() const { return judged_; }
  [[nodiscard]] const InputClock& Clock() const { return clock_; }

 private:
  [[nodiscard]] pid_t RunningPid(const HeartbeatSnapshot& seen) const;
  void Observe(size_t inputs, bool ended);
  bool OverLimit(size_t inputs, bool has_sdk);
  bool OverTimeLimit(size_t inputs);
  bool Reporting();
  void Stop(const char* kind, std::string detail);
  void StopOverTime(std::string detail);

  Process& process_;
  const HeartbeatFile& heartbeat_;
  const InputLimits& limits_;
  const RunOptions& options_;
  bool emulated_;
  InputOutcome outcome_;
  bool judged_ = false;
  std::string early_log_;  // taken when a limit was reached
  int64_t reporting_since_ns_ = 0;
  int64_t started_ns_ = Now();
  int64_t now_ns_ = started_ns_;
  int64_t begin_ns_ = started_ns_;  // of the input, or of the process while none began
  pid_t pid_ = process_.Pid();      // of whoever runs the input
  InputClock clock_;                // of the input, or of the process while none began
  uint64_t sequence_ = 0;
};

// An emulator is below the process that we started.
pid_t Judge::RunningPid(const HeartbeatSnapshot& seen) const {
  const auto told = static_cast<pid_t>(seen.pid);
  if (!emulated_ || told == pid_ || told == 0) return pid_;
  return DescendsFrom(told, process_.Pid()) ? told : pid_;
}

void Judge::Observe(size_t inputs, bool ended) {
  const int64_t before_ns = now_ns_;
  now_ns_ = Now();
  const HeartbeatSnapshot seen = heartbeat_.Read();
  pid_ = RunningPid(seen);
  const bool same_ended = (sequence_ & 1) != 0 && seen.sequence == sequence_ + 1;
  if (seen.sequence != sequence_ && !same_ended) {
    // One that began and ended since the last look counts from that look.
    begin_ns_ = seen.running ? now_ns_ : before_ns;
    clock_.Begin(pid_, begin_ns_);
  } else if (!same_ended && !ended && (seen.running || sequence_ == 0)) {
    clock_.Look(now_ns_);
  }
  if (seen.sequence != sequence_ || seen.running || sequence_ == 0) {
    outcome_.input_wall_ns = now_ns_ - begin_ns_;
    outcome_.input_cpu_ns = clock_.CpuNowNs();
    outcome_.input_withheld_ns = clock_.WithheldNs();
  }
  outcome_.heartbeat = outcome_.heartbeat || seen.sequence != sequence_;
  sequence_ = seen.sequence;
  const auto begun = static_cast<int64_t>((sequence_ + 1) / 2);
  outcome_.ended_at_input = std::min(begun, static_cast<int64_t>(inputs)) - 1;
}

bool Judge::OverLimit(size_t inputs, bool has_sdk) {
  const auto resident_kib = ResidentKib(process_.Pid());
  if (limits_.rss_mib > 0 && resident_kib && *resident_kib > limits_.rss_mib * 1024) {
    Stop("oom", "more than " + std::to_string(limits_.rss_mib) + " MiB of memory resident");
    return true;
  }
  if (sequence_ == 0 && has_sdk) {
    if (now_ns_ - started_ns_ < kBeginWithinNs) return false;
    Stop("error", "no input began within 30 s");
    return true;
  }
  if (sequence_ != 0 && (sequence_ & 1) == 0) {
    // Between inputs or on the way out: the leak check, or an exit handler that hangs.
    if (now_ns_ - begin_ns_ - outcome_.input_wall_ns < kBeginWithinNs) return false;
    Stop("hang", "the process did not end within 30 s after its input");
    return true;
  }
  return OverTimeLimit(inputs);
}

bool Judge::OverTimeLimit(size_t inputs) {
  const bool history = sequence_ != 0 && (sequence_ + 1) / 2 < inputs;
  const int64_t factor = history ? kHistoryAllowance : 1;
  const int64_t allowance_ms = sequence_ == 0 ? kStartupAllowanceMs : 0;
  const int64_t wall_ms = limits_.wall_ms * factor + allowance_ms;
  const int64_t cpu_ms = limits_.cpu_ms * factor + allowance_ms;
  const bool over_wall = clock_.OwnNs() > wall_ms * kNsPerMs;
  const bool over_cpu = limits_.cpu_ms > 0 && outcome_.input_cpu_ns > cpu_ms * kNsPerMs;
  if ((!over_wall && !over_cpu) || Reporting()) return false;
  StopOverTime(over_wall ? "over the time limit of " + std::to_string(wall_ms) + " ms"
                         : "over the cpu time limit of " + std::to_string(cpu_ms) + " ms");
  return true;
}

void Judge::StopOverTime(std::string detail) {
  outcome_.time_use = emulated_ ? TimeUseByClock(clock_) : LookAtTimeUse(clock_);
  if (outcome_.time_use.how != "withheld") return Stop("hang", std::move(detail));
  Stop("error", "the host is too busy to tell: the input " + TimeUseText(outcome_.time_use));
}

// A sanitizer looks up symbols while the input still counts as running: that is no hang of the
// target.
bool Judge::Reporting() {
  if (reporting_since_ns_ == 0) {
    early_log_ = process_.TakeStderr();
    if (!HasReport(early_log_)) return false;
    reporting_since_ns_ = now_ns_;
  }
  return now_ns_ - reporting_since_ns_ < kReportWithinNs;
}

void Judge::Stop(const char* kind, std::string detail) {
  judged_ = true;
  outcome_.kind = kind;
  outcome_.detail = std::move(detail);
  outcome_.timed_out = outcome_.kind == "hang";
  if (outcome_.timed_out) {
    outcome_.judged_after_ns = clock_.OwnNs() + std::max<int64_t>(0, Now() - now_ns_);
  }
  process_.Abort();
  const int64_t deadline = Now() + kStackAllowanceMs * kNsPerMs;
  while (Now() < deadline && !process_.WaitFor(kPollMs)) {
    // What eats memory does not get the time to print.
    const int64_t resident_kib = ResidentKib(process_.Pid()).value_or(0);
    if (limits_.rss_mib > 0 && resident_kib > 2 * limits_.rss_mib * 1024) break;
  }
  process_.KillTree();
}

void Judge::Watch(size_t inputs, bool has_sdk) {
  while (true) {
    const auto status = process_.WaitFor(kPollMs);
    Observe(inputs, status.has_value());
    if (status) break;
    if (options_.cancel != nullptr && options_.cancel->load()) {
      judged_ = true;
      outcome_.kind = "error";
      outcome_.detail = "cancelled";
      process_.KillTree();
      break;
    }
    if (OverLimit(inputs, has_sdk)) break;
  }
  outcome_.exit = process_.Wait();
  outcome_.log = process_.TakeStdout() + early_log_ + process_.TakeStderr();
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

void Classify(InputOutcome& outcome, const TargetCommand& target, const InputLimits& limits,
              const InputClock& clock, bool has_sdk) {
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
  // As last seen to run: it may have ended at once, and a busy host keeps us from looking as well.
  const bool over_wall = clock.OwnNs() > (limits.wall_ms + allowance_ms) * kNsPerMs;
  const bool over_cpu =
      limits.cpu_ms > 0 && outcome.input_cpu_ns > (limits.cpu_ms + allowance_ms) * kNsPerMs;
  if (outcome.kind != "ok" || (!over_wall && !over_cpu)) return;
  outcome.kind = "slow";
  outcome.time_use = TimeUseByClock(clock);
}

// A program that takes its arguments in another way may run something else, and survive that.
void RefuseOtherInput(const HeartbeatFile& heartbeat, const stdfs::path& input,
                      InputOutcome& outcome) {
  const auto ran = heartbeat.CurrentInput();
  if (outcome.kind != "ok" || !ran) return;
  const auto given = common::ReadFile(input);
  if (given && *given == *ran) return;
  outcome.kind = "error";
  outcome.detail = "the program ran another input than the one it was given";
}

InputOutcome CannotRun(const std::string& why) {
  InputOutcome outcome;
  outcome.detail = why;
  return outcome;
}

}  // namespace

Result<InputOutcome> RunInput(const TargetCommand& target, const std::vector<stdfs::path>& inputs,
                              const InputLimits& limits, const RunOptions& options) {
  if (target.argv.empty()) return CannotRun("the command to run is empty");
  if (inputs.empty()) return CannotRun("no input to run");
  std::error_code error;
  for (const auto& input : inputs) {
    if (!stdfs::is_regular_file(input, error)) return CannotRun(input.string() + ": no such input");
  }
  auto scratch = common::TemporaryFolder::Make("percuss-run");
  if (!scratch) return tl::make_unexpected(scratch.error());
  auto heartbeat = HeartbeatFile::Create(kRingBytes);
  if (!heartbeat) return tl::make_unexpected(heartbeat.error());
  ProcessSpec spec = BuildSpec(target, inputs, limits, options);
  spec.environment.merge(heartbeat->Environment());
  spec.folder = options.folder.empty() ? scratch->Path() : options.folder;
  spec.argv[0] = spec.argv[0].find('/') == std::string::npos
                     ? spec.argv[0]
                     : stdfs::absolute(spec.argv[0], error).string();
  const bool has_sdk = target.style == "emulate" || HasSdk(spec.argv[0]);
  auto process = Process::Spawn(spec);
  if (!process && process.error().code == common::ErrorCode::kNotFound) {
    return CannotRun(process.error().Text());
  }
  if (!process) return tl::make_unexpected(process.error());
  Judge judge(*process, *heartbeat, limits, options, target.style == "emulate");
  judge.Watch(TakesOne(target) ? 1 : inputs.size(), has_sdk);
  InputOutcome outcome = judge.Outcome();
  if (!judge.Judged()) Classify(outcome, target, limits, judge.Clock(), has_sdk);
  if (HasSdk(spec.argv[0])) RefuseOtherInput(*heartbeat, inputs.back(), outcome);
  if (!outcome.heartbeat && !judge.Judged()) {
    outcome.input_wall_ns = outcome.exit.wall_ns;
    outcome.input_cpu_ns = outcome.exit.cpu_ns;
  }
  return outcome;
}

}  // namespace percuss::campaign
