// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/spawn.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/process/v2/posix/default_launcher.hpp>
#include <boost/process/v2/process.hpp>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <exception>
#include <future>
#include <mutex>
#include <thread>

#include "campaign/supervise/process_tree.h"

namespace percuss::campaign {
namespace {

using common::ErrorCode;
using common::Fail;
using common::FailErrno;
using common::Result;

int SetLimit(decltype(RLIMIT_CPU) resource, int64_t value) {
  const auto limit = static_cast<rlim_t>(value);
  const rlimit both{limit, limit};
  return setrlimit(resource, &both);
}

// Runs in the child between fork and exec, where only async-signal-safe calls are allowed.
class ChildSetup {
 public:
  explicit ChildSetup(const SpawnRequest& request) : request_(request), parent_(getpid()) {}

  template <typename Launcher>
  boost::system::error_code on_exec_setup(Launcher& /*launcher*/, const auto& /*executable*/,
                                          const char* const* /*argv*/) const {
    if (Prepare()) return {};
    return {errno, boost::system::system_category()};
  }

  // Not exit(): our own atexit functions and buffers belong to the parent.
  template <typename Launcher>
  void on_exec_error(Launcher& /*launcher*/, const auto& /*executable*/,
                     const char* const* /*argv*/,
                     const boost::system::error_code& /*error*/) const {
    _exit(127);
  }

  // Never called. Boost.Process 1.81 looks for this form and then calls the one above.
  template <typename Launcher>
  void on_exec_error(Launcher& launcher, const boost::system::error_code& error,
                     const auto& executable, const char* const* argv,
                     const boost::system::error_code& same_error) const;

 private:
  bool Prepare() const {
    setsid();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return false;
    if (getppid() != parent_) _exit(127);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
    if (request_.fixed_layout && personality(ADDR_NO_RANDOMIZE) == -1) return false;
    ResetSignals();
    return Redirect() && Limit() &&
           (request_.folder.empty() || chdir(request_.folder.c_str()) == 0);
  }

  static void ResetSignals() {
    struct sigaction by_default {};
    by_default.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; ++signal) sigaction(signal, &by_default, nullptr);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
  }

  bool Redirect() const {
    const std::array<int, 3> wanted{request_.stdin_fd, request_.stdout_fd, request_.stderr_fd};
    std::array<int, 3> safe{};
    for (size_t i = 0; i < wanted.size(); ++i) {
      safe[i] = fcntl(wanted[i], F_DUPFD_CLOEXEC, 3);
      if (safe[i] < 0) return false;
    }
    for (size_t i = 0; i < safe.size(); ++i) {
      if (dup2(safe[i], static_cast<int>(i)) < 0) return false;
    }
    // Boost.Process 1.81 leaves a gap below its own descriptor open.
    syscall(SYS_close_range, 3U, ~0U, static_cast<unsigned>(CLOSE_RANGE_CLOEXEC));
    return true;
  }

  bool Limit() const {
    const ProcessLimits& limits = request_.limits;
    const auto set = [](decltype(RLIMIT_CPU) resource, int64_t value) {
      return value <= 0 || SetLimit(resource, value) == 0;
    };
    return (limits.core || SetLimit(RLIMIT_CORE, 0) == 0) &&
           set(RLIMIT_AS, limits.address_space_mib << 20) &&
           set(RLIMIT_FSIZE, limits.file_size_mib << 20) && set(RLIMIT_CPU, limits.cpu_s) &&
           set(RLIMIT_NOFILE, limits.open_files);
  }

  const SpawnRequest& request_;
  pid_t parent_;
};

Result<pid_t> ForkNow(const SpawnRequest& request) {
  // Leaked: detached handles may outlive main().
  static auto& context = *new boost::asio::io_context;
  namespace process = boost::process::v2;
  std::vector<const char*> environment;
  for (const std::string& entry : request.environment) environment.push_back(entry.c_str());
  environment.push_back(nullptr);
  process::posix::default_launcher launcher;
  launcher.env = environment.data();
  boost::system::error_code error;
  RootRegistry::Lock();
  try {
    auto child = launcher(context.get_executor(), error, request.executable.string(),
                          request.arguments, ChildSetup(request));
    if (!error) child.detach();
  } catch (const std::exception& exception) {
    RootRegistry::Unlock();
    return Fail(ErrorCode::kInternal, exception.what(), request.executable);
  }
  if (launcher.pid > 0 && error) waitpid(launcher.pid, nullptr, 0);
  if (!error) RootRegistry::AddLocked(launcher.pid);
  RootRegistry::Unlock();
  if (error) return FailErrno(error.value(), "cannot be started", request.executable);
  return pid_t{launcher.pid};
}

class ForkingThread {
 public:
  static ForkingThread& Instance() {
    static auto& instance = *new ForkingThread;
    return instance;
  }

  Result<pid_t> Spawn(const SpawnRequest& request) {
    std::packaged_task<Result<pid_t>()> task([&request] { return ForkNow(request); });
    auto result = task.get_future();
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
    return result.get();
  }

 private:
  ForkingThread() {
    BecomeSubreaper();
    std::thread([this] { Run(); }).detach();
  }

  [[noreturn]] void Run() {
    while (true) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !tasks_.empty(); });
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::packaged_task<Result<pid_t>()>> tasks_;
};

}  // namespace

Result<pid_t> SpawnChild(const SpawnRequest& request) {
  return ForkingThread::Instance().Spawn(request);
}

}  // namespace percuss::campaign
