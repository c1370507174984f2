// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/fork_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

#include "campaign/supervise/heartbeat_file.h"
#include "campaign/supervise/process_tree.h"
#include "campaign/supervise/target_process.h"
#include "common/clock.h"
#include "common/fs.h"
#include "harnesses/sdk/fork_server.h"

namespace percuss::campaign {

namespace stdfs = std::filesystem;
using common::FailErrno;
using common::Result;

static_assert(sizeof(percuss_fork_request) <= PIPE_BUF && sizeof(percuss_fork_answer) <= PIPE_BUF);

namespace {

constexpr int kPollMs = 2;
constexpr int64_t kNsPerMs = 1'000'000;
constexpr int64_t kStartWithinNs = 30'000 * kNsPerMs;
// What a dead copy wrote is in the pipe already, and only has to be read.
constexpr int64_t kOutputWithinNs = 10'000 * kNsPerMs;
constexpr std::chrono::microseconds kOutputPoll(50);
constexpr uint64_t kRingBytes = 1 << 20;

int64_t Now() { return common::SystemClock().MonotonicNs(); }

// Both ends are ours as well, so that neither side ever sees the other's end close: it is told by
// the process.
class Pipe {
 public:
  Pipe() = default;
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    for (const int fd : ends_) {
      if (fd >= 0) close(fd);
    }
  }
  [[nodiscard]] common::Status Open() {
    if (pipe2(ends_.data(), O_CLOEXEC | O_NONBLOCK) == 0) return {};
    return FailErrno(errno, "cannot make a pipe");
  }
  [[nodiscard]] int ReadEnd() const { return ends_[0]; }
  [[nodiscard]] int WriteEnd() const { return ends_[1]; }
  // Where our children open it.
  [[nodiscard]] static std::string PathOf(int fd) {
    return fmt::format("/proc/{}/fd/{}", getpid(), fd);
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

}  // namespace

struct ForkServer::State {
  State(common::TemporaryFolder scratch_folder, HeartbeatFile beat)
      : scratch(std::move(scratch_folder)), heartbeat(std::move(beat)) {}

  TargetCommand target;
  InputLimits limits;
  RunOptions options;
  common::TemporaryFolder scratch;
  HeartbeatFile heartbeat;
  Pipe requests;
  Pipe answers;
  std::optional<Process> process;
  uint64_t number = 0;
  bool lives = true;

  [[nodiscard]] bool Ask(const stdfs::path& input, bool several) const;
  // An answer to the request at hand; nothing within kPollMs.
  [[nodiscard]] std::optional<percuss_fork_answer> Answer() const;
  [[nodiscard]] std::optional<percuss_fork_answer> WaitForStart();
  [[nodiscard]] std::optional<percuss_fork_answer> WaitForEnd(pid_t copy, int64_t begun_ns);
  // What the copy wrote; nothing when its end did not show.
  [[nodiscard]] std::optional<std::string> Output();
  [[nodiscard]] bool OverLimit(pid_t copy, int64_t begun_ns) const;
  [[nodiscard]] bool Cancelled() const {
    return options.cancel != nullptr && options.cancel->load();
  }
};

bool ForkServer::State::Ask(const stdfs::path& input, bool several) const {
  percuss_fork_request request{};
  request.number = number;
  request.several = several ? 1 : 0;
  std::error_code error;
  const std::string path = stdfs::absolute(input, error).string();
  if (path.size() >= sizeof request.path) return false;
  std::memcpy(request.path, path.data(), path.size());
  return write(requests.WriteEnd(), &request, sizeof request) ==
         static_cast<ssize_t>(sizeof request);
}

std::optional<percuss_fork_answer> ForkServer::State::Answer() const {
  pollfd waiting{answers.ReadEnd(), POLLIN, 0};
  if (poll(&waiting, 1, kPollMs) <= 0) return std::nullopt;
  percuss_fork_answer answer{};
  const ssize_t got = read(answers.ReadEnd(), &answer, sizeof answer);
  if (got != static_cast<ssize_t>(sizeof answer) || answer.number != number) return std::nullopt;
  return answer;
}

std::optional<percuss_fork_answer> ForkServer::State::WaitForStart() {
  const int64_t since_ns = Now();
  while (Now() - since_ns < kStartWithinNs && !Cancelled()) {
    if (const auto answer = Answer(); answer && answer->what == PERCUSS_FORK_STARTED) {
      return answer->pid > 0 ? answer : std::nullopt;
    }
    if (process->Poll()) break;
  }
  return std::nullopt;
}

bool ForkServer::State::OverLimit(pid_t copy, int64_t begun_ns) const {
  if (Now() - begun_ns > limits.wall_ms * kNsPerMs) return true;
  return limits.rss_mib > 0 && ResidentKib(copy).value_or(0) > limits.rss_mib * 1024;
}

std::optional<percuss_fork_answer> ForkServer::State::WaitForEnd(pid_t copy, int64_t begun_ns) {
  while (true) {
    if (const auto answer = Answer(); answer && answer->what == PERCUSS_FORK_ENDED) return answer;
    if (process->Poll()) return std::nullopt;
    if (!Cancelled() && !OverLimit(copy, begun_ns)) continue;
    if (!DescendsFrom(copy, process->Pid())) return std::nullopt;
    KillWithDescendants(copy);
    // It may have ended at this moment, and within the limits.
    const int64_t killed_ns = Now();
    while (Now() - killed_ns < kStartWithinNs) {
      const auto answer = Answer();
      if (!answer) continue;
      const bool by_us = WIFSIGNALED(answer->status) && WTERMSIG(answer->status) == SIGKILL;
      if (by_us) (void)Output();
      return by_us ? std::nullopt : answer;
    }
    lives = false;
    return std::nullopt;
  }
}

std::optional<std::string> ForkServer::State::Output() {
  std::array<char, 64> mark{};
  std::snprintf(mark.data(), mark.size(), PERCUSS_FORK_END_MARK,
                static_cast<unsigned long long>(number));
  std::array<std::string, 2> streams;
  const int64_t since_ns = Now();
  while (true) {
    streams[0] += process->TakeStdout();
    streams[1] += process->TakeStderr();
    const std::array<size_t, 2> ends = {streams[0].rfind(mark.data()),
                                        streams[1].rfind(mark.data())};
    if (ends[0] != std::string::npos && ends[1] != std::string::npos) {
      return streams[0].substr(0, ends[0]) + streams[1].substr(0, ends[1]);
    }
    if (Now() - since_ns > kOutputWithinNs) return std::nullopt;
    std::this_thread::sleep_for(kOutputPoll);
  }
}

ForkServer::ForkServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
ForkServer::ForkServer(ForkServer&& other) noexcept = default;
ForkServer& ForkServer::operator=(ForkServer&& other) noexcept = default;
ForkServer::~ForkServer() = default;

bool ForkServer::IsIn(const TargetCommand& target) {
  return !target.argv.empty() && !TakesOne(target) &&
         BinaryMentions(target.argv.front(), PERCUSS_FORK_SERVER_ENV);
}

Result<ForkServer> ForkServer::Start(const TargetCommand& target, const stdfs::path& input,
                                     const InputLimits& limits, const RunOptions& options) {
  auto scratch = common::TemporaryFolder::Make("percuss-fork");
  if (!scratch) return tl::make_unexpected(scratch.error());
  auto heartbeat = HeartbeatFile::Create(kRingBytes);
  if (!heartbeat) return tl::make_unexpected(heartbeat.error());
  auto state = std::make_unique<State>(std::move(*scratch), std::move(*heartbeat));
  state->target = target;
  state->limits = limits;
  state->options = options;
  for (Pipe* pipe : {&state->requests, &state->answers}) {
    if (const auto opened = pipe->Open(); !opened) return tl::make_unexpected(opened.error());
  }
  ProcessSpec spec = SpecForInputs(target, {input}, limits, options);
  // Their watches on memory are threads, which copies do not have, and of which the leak check
  // would want to know. We watch each copy.
  if (target.style == "libfuzzer") spec.argv.emplace_back("-rss_limit_mb=0");
  spec.environment["ASAN_OPTIONS"] += ":hard_rss_limit_mb=0";
  spec.environment.merge(state->heartbeat.Environment());
  spec.environment[PERCUSS_FORK_SERVER_ENV] =
      Pipe::PathOf(state->requests.ReadEnd()) + " " + Pipe::PathOf(state->answers.WriteEnd());
  spec.folder = state->scratch.Path();
  auto process = Process::Spawn(spec);
  if (!process) return tl::make_unexpected(process.error());
  state->process.emplace(std::move(*process));
  return ForkServer(std::move(state));
}

bool ForkServer::Lives() const { return state_->lives; }

std::string ForkServer::Batch(const std::vector<std::string>& inputs) {
  std::string batch;
  for (const std::string& input : inputs) {
    const auto size = static_cast<uint32_t>(input.size());
    batch.append(sizeof size, '\0');
    std::memcpy(batch.data() + batch.size() - sizeof size, &size, sizeof size);
    batch += input;
  }
  return batch;
}

std::optional<InputOutcome> ForkServer::Run(const stdfs::path& input) { return Run(input, false); }

std::optional<InputOutcome> ForkServer::RunSeveral(const stdfs::path& batch) {
  return Run(batch, true);
}

std::optional<InputOutcome> ForkServer::Run(const stdfs::path& input, bool several) {
  State& state = *state_;
  state.number++;
  // The last words of whoever an earlier input left behind.
  (void)state.process->TakeStdout();
  (void)state.process->TakeStderr();
  const uint64_t begun_before = state.heartbeat.Read().sequence;
  if (!state.Ask(input, several)) return std::nullopt;
  const auto started = state.WaitForStart();
  state.lives = started.has_value();
  if (!started) return std::nullopt;
  const int64_t begun_ns = Now();
  const auto ended = state.WaitForEnd(started->pid, begun_ns);
  if (state.process->Poll()) state.lives = false;
  if (!ended) return std::nullopt;
  InputOutcome outcome;
  outcome.exit.exited = WIFEXITED(ended->status);
  outcome.exit.code = outcome.exit.exited ? WEXITSTATUS(ended->status) : 0;
  outcome.exit.signal = WIFSIGNALED(ended->status) ? WTERMSIG(ended->status) : 0;
  outcome.exit.wall_ns = outcome.input_wall_ns = Now() - begun_ns;
  outcome.exit.cpu_ns = outcome.input_cpu_ns = ended->cpu_ns;
  outcome.heartbeat = state.heartbeat.Read().sequence != begun_before;
  auto output = state.Output();
  if (!output) state.lives = false;
  if (!output || !outcome.heartbeat) return std::nullopt;
  outcome.log = std::move(*output);
  if (several) {
    outcome.last_input = state.heartbeat.CurrentInput();
  } else {
    outcome.ended_at_input = 0;
  }
  ClassifyEnd(outcome, state.target, state.limits, outcome.input_wall_ns, true);
  if (!several) RefuseOtherInput(state.heartbeat, input, outcome);
  // Time is judged where the clock is the input's own.
  const bool told = outcome.kind != "slow" && outcome.kind != "error";
  return told ? std::optional(std::move(outcome)) : std::nullopt;
}

}  // namespace percuss::campaign
