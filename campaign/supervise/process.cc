// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <random>

#include "campaign/supervise/output_pump.h"
#include "campaign/supervise/process_tree.h"
#include "campaign/supervise/spawn.h"
#include "common/clock.h"

namespace percuss::campaign {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;
using common::FailErrno;
using common::Result;

namespace {

constexpr int64_t kGuardEveryNs = 100'000'000;
constexpr int64_t kNsPerMs = 1'000'000;

int64_t Now() { return common::SystemClock().MonotonicNs(); }

std::string FromOurs(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

// Always of one length: it lies on the stack of what runs, and would move all that lies below.
std::string NewMark() {
  static std::atomic<uint64_t> serial{0};
  static const uint32_t salt = std::random_device()();
  return fmt::format("{:010}-{:010}-{:010}", getpid(), salt, serial++);
}

Result<stdfs::path> FindExecutable(const std::string& name) {
  if (name.empty()) return Fail(ErrorCode::kBadInput, "the command to run is empty");
  std::error_code error;
  if (name.find('/') != std::string::npos) {
    const stdfs::path path = stdfs::absolute(name, error);
    if (!stdfs::is_regular_file(path, error)) {
      return Fail(ErrorCode::kNotFound, "no such program", name);
    }
    if (access(path.c_str(), X_OK) != 0) {
      return Fail(ErrorCode::kNotFound, "is not executable (chmod +x?)", name);
    }
    return path;
  }
  const std::string folders = FromOurs("PATH", "/usr/bin:/bin");
  for (size_t at = 0; at <= folders.size();) {
    const size_t end = std::min(folders.find(':', at), folders.size());
    const stdfs::path path = stdfs::path(folders.substr(at, end - at)) / name;
    if (stdfs::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0) return path;
    at = end + 1;
  }
  return Fail(ErrorCode::kNotFound, "no such program in PATH", name);
}

std::vector<std::string> BuildEnvironment(const ProcessSpec& spec, const std::string& mark) {
  std::map<std::string, std::string> all = {{"PATH", FromOurs("PATH", "/usr/bin:/bin")},
                                            {"HOME", FromOurs("HOME", "/")},
                                            {"LANG", "C"},
                                            {"TMPDIR", FromOurs("TMPDIR", "/tmp")}};
  for (const auto& [name, value] : spec.environment) all[name] = value;
  all[kTreeMarkVariable] = mark;
  std::vector<std::string> entries;
  entries.reserve(all.size());
  for (const auto& [name, value] : all) entries.push_back(name + "=" + value);
  return entries;
}

int64_t FreeMib(const stdfs::path& folder) {
  struct statvfs info {};
  if (statvfs(folder.empty() ? "." : folder.c_str(), &info) != 0) return -1;
  return static_cast<int64_t>(info.f_bavail * (info.f_frsize >> 10)) >> 10;
}

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { Reset(-1); }
  void Reset(int fd) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }
  [[nodiscard]] int Get() const { return fd_; }

 private:
  int fd_ = -1;
};

}  // namespace

struct Process::State {
  TreeId tree;
  ProcessLimits limits;
  stdfs::path folder;
  OutputPump pump;
  Descriptor pid_fd;
  int64_t started_ns = 0;
  int64_t next_guard_ns = 0;
  bool watch_free_space = false;
  bool killed = false;
  std::string kill_reason;
  std::optional<ExitStatus> ended;

  void Kill(const std::string& reason) {
    if (ended) return;
    killed = true;
    if (kill_reason.empty()) kill_reason = reason;
    KillLivingTree(tree);
  }

  void Guard(int64_t now) {
    if (now < next_guard_ns) return;
    next_guard_ns = now + kGuardEveryNs;
    const auto processes = static_cast<int64_t>(TendTree(tree));
    if (limits.processes > 0 && processes > limits.processes) return Kill("processes");
    if (!watch_free_space) return;
    const int64_t free_mib = FreeMib(folder);
    if (free_mib >= 0 && free_mib < limits.free_space_mib) Kill("free space");
  }

  void Reap() {
    int raw = 0;
    rusage used{};
    const pid_t got = wait4(tree.root, &raw, WNOHANG, &used);
    if (got == 0 || (got < 0 && errno != ECHILD)) return;
    ExitStatus status;
    status.wall_ns = Now() - started_ns;
    if (got == tree.root) {
      status.exited = WIFEXITED(raw);
      status.code = status.exited ? WEXITSTATUS(raw) : 0;
      status.signal = WIFSIGNALED(raw) ? WTERMSIG(raw) : 0;
      status.cpu_ns = (int64_t{used.ru_utime.tv_sec} + used.ru_stime.tv_sec) * 1'000'000'000 +
                      (int64_t{used.ru_utime.tv_usec} + used.ru_stime.tv_usec) * 1000;
      status.max_rss_kib = used.ru_maxrss;
    }
    status.killed_by_us = killed && !status.exited;
    status.kill_reason = kill_reason;
    RootRegistry::Remove(tree.root);
    KillLivingTree(tree);
    pump.Finish();
    ended = status;
  }
};

Process::Process(std::unique_ptr<State> state) : state_(std::move(state)) {}
Process::Process(Process&& other) noexcept = default;

Process& Process::operator=(Process&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

Process::~Process() {
  if (!state_ || state_->ended) return;
  constexpr int64_t kLastWaitMs = 5000;
  KillTree();
  WaitFor(kLastWaitMs);
}

Result<Process> Process::Spawn(const ProcessSpec& spec) {
  if (spec.argv.empty()) return Fail(ErrorCode::kBadInput, "the command to run is empty");
  auto executable = FindExecutable(spec.argv.front());
  if (!executable) return tl::make_unexpected(executable.error());
  std::error_code error;
  if (!spec.folder.empty() && !stdfs::is_directory(spec.folder, error)) {
    return Fail(ErrorCode::kNotFound, "no such folder to start in", spec.folder);
  }
  auto state = std::make_unique<State>();
  state->tree.mark = NewMark();
  state->limits = spec.limits;
  state->folder = spec.folder;
  const Descriptor nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
  const Descriptor input(spec.stdin_path.empty()
                             ? dup(nothing.Get())
                             : open(spec.stdin_path.c_str(), O_RDONLY | O_CLOEXEC));
  if (input.Get() < 0) return FailErrno(errno, "cannot open as standard input", spec.stdin_path);

  SpawnRequest request;
  request.stdout_fd = request.stderr_fd = nothing.Get();
  const bool shared = !spec.capture_output && spec.stdout_path == spec.stderr_path;
  for (const bool is_stderr : {false, true}) {
    const stdfs::path& path = is_stderr ? spec.stderr_path : spec.stdout_path;
    int& fd = is_stderr ? request.stderr_fd : request.stdout_fd;
    if (!spec.capture_output && path.empty()) continue;
    if (is_stderr && shared) {
      fd = request.stdout_fd;
      continue;
    }
    auto added = state->pump.AddStream(spec.capture_output ? stdfs::path() : path);
    if (!added) return tl::make_unexpected(added.error());
    fd = *added;
  }
  request.executable = *executable;
  request.arguments.assign(spec.argv.begin() + 1, spec.argv.end());
  request.environment = BuildEnvironment(spec, state->tree.mark);
  if (!spec.folder.empty()) request.folder = stdfs::absolute(spec.folder, error);
  request.stdin_fd = input.Get();
  request.fixed_layout = spec.fixed_layout;
  request.limits = spec.limits;
  state->watch_free_space =
      spec.limits.free_space_mib > 0 && FreeMib(spec.folder) > spec.limits.free_space_mib;
  state->started_ns = Now();
  auto pid = SpawnChild(request);
  if (!pid) return tl::make_unexpected(pid.error());
  state->tree.root = *pid;
  state->next_guard_ns = state->started_ns + kGuardEveryNs;
  state->pid_fd.Reset(static_cast<int>(syscall(SYS_pidfd_open, *pid, 0)));
  state->pump.Start();
  return Process(std::move(state));
}

pid_t Process::Pid() const { return state_->tree.root; }

std::optional<ExitStatus> Process::Poll() {
  if (!state_->ended) state_->Reap();
  if (!state_->ended) state_->Guard(Now());
  return state_->ended;
}

std::optional<ExitStatus> Process::WaitFor(int64_t timeout_ms) {
  constexpr int64_t kLongestSleepMs = 50;
  constexpr int64_t kSleepWithoutPidFdMs = 2;
  const int64_t deadline = Now() + timeout_ms * kNsPerMs;
  while (true) {
    if (auto status = Poll()) return status;
    const int64_t left_ms = (deadline - Now() + kNsPerMs - 1) / kNsPerMs;
    if (left_ms <= 0) return std::nullopt;
    const bool has_fd = state_->pid_fd.Get() >= 0;
    pollfd waiting{state_->pid_fd.Get(), POLLIN, 0};
    poll(&waiting, has_fd ? 1 : 0,
         static_cast<int>(std::min(left_ms, has_fd ? kLongestSleepMs : kSleepWithoutPidFdMs)));
  }
}

ExitStatus Process::Wait() {
  constexpr int64_t kSliceMs = 1000;
  while (true) {
    if (auto status = WaitFor(kSliceMs)) return *status;
  }
}

void Process::Interrupt() {
  if (!state_->ended) kill(state_->tree.root, SIGINT);
}

void Process::Terminate() {
  if (!state_->ended) kill(-state_->tree.root, SIGTERM);
}

void Process::Abort() {
  if (!state_->ended) kill(state_->tree.root, SIGABRT);
}

void Process::KillTree() { state_->Kill(""); }

std::string Process::TakeStdout() { return state_->pump.Take(0); }
std::string Process::TakeStderr() { return state_->pump.Take(1); }

int64_t Process::TreeCpuNs() const { return campaign::TreeCpuNs(state_->tree); }

std::vector<pid_t> Process::Tree() const { return LivingTree(state_->tree); }

}  // namespace percuss::campaign
