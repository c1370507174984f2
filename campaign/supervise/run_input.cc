// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/run_input.h"

#include <algorithm>

#include "campaign/supervise/heartbeat_file.h"
#include "campaign/supervise/input_clock.h"
#include "campaign/supervise/target_process.h"
#include "campaign/supervise/time_use.h"
#include "common/clock.h"
#include "common/fs.h"

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
  const int64_t factor = history ? options_.history_allowance : 1;
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
  ProcessSpec spec = SpecForInputs(target, inputs, limits, options);
  spec.environment.merge(heartbeat->Environment());
  spec.folder = options.folder.empty() ? scratch->Path() : options.folder;
  const bool has_sdk = HasSdk(target, spec.argv[0]);
  auto process = Process::Spawn(spec);
  if (!process && process.error().code == common::ErrorCode::kNotFound) {
    return CannotRun(process.error().Text());
  }
  if (!process) return tl::make_unexpected(process.error());
  Judge judge(*process, *heartbeat, limits, options, target.style == "emulate");
  judge.Watch(TakesOne(target) ? 1 : inputs.size(), has_sdk);
  InputOutcome outcome = judge.Outcome();
  if (!judge.Judged()) {
    // As last seen to run: it may have ended at once, and a busy host keeps us from looking as
    // well.
    ClassifyEnd(outcome, target, limits, judge.Clock().OwnNs(), has_sdk);
    if (outcome.kind == "slow") outcome.time_use = TimeUseByClock(judge.Clock());
  }
  if (has_sdk) RefuseOtherInput(*heartbeat, inputs.back(), outcome);
  if (inputs.size() > 1) outcome.last_input = heartbeat->CurrentInput();
  if (!outcome.heartbeat && !judge.Judged()) {
    outcome.input_wall_ns = outcome.exit.wall_ns;
    outcome.input_cpu_ns = outcome.exit.cpu_ns;
  }
  return outcome;
}

}  // namespace percuss::campaign
