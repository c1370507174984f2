// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/keeper.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <thread>

#include "campaign/supervise/process_tree.h"
#include "common/log.h"

namespace percuss::campaign {
namespace {

constexpr std::array kForwarded = {SIGINT, SIGTERM, SIGHUP};

sigset_t KeeperSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : kForwarded) sigaddset(&signals, signal);
  sigaddset(&signals, SIGQUIT);
  sigaddset(&signals, SIGCHLD);
  return signals;
}

// The write end is the keeper's alone: the pipe ends when the keeper does.
void EndWithKeeper(int pipe_end, int exit_code) {
  std::thread([pipe_end, exit_code] {
    char byte = 0;
    while (read(pipe_end, &byte, 1) < 0 && errno == EINTR) {
    }
    RootRegistry::Lock();  // for good: nothing is started any more
    KillAllBelow(getpid());
    _exit(exit_code);
  }).detach();
}

// What the terminal sends reaches the whole group, the worker included.
bool CameFromTerminal(const siginfo_t& info) { return info.si_code == SI_KERNEL; }

int WaitForWorker(pid_t worker) {
  const sigset_t signals = KeeperSignals();
  while (true) {
    int status = 0;
    for (pid_t ended = 0; (ended = waitpid(-1, &status, WNOHANG)) > 0;) {
      if (ended == worker) return status;
    }
    siginfo_t info{};
    const int signal = sigwaitinfo(&signals, &info);
    if (signal < 0 || signal == SIGCHLD || signal == SIGQUIT || CameFromTerminal(info)) continue;
    kill(worker, signal);
  }
}

}  // namespace

std::optional<int> BecomeKeptWorker(int if_killed) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  std::fflush(nullptr);
  BecomeSubreaper();
  const sigset_t signals = KeeperSignals();
  sigset_t before;
  sigprocmask(SIG_BLOCK, &signals, &before);
  const pid_t worker = fork();
  if (worker <= 0) {
    sigprocmask(SIG_SETMASK, &before, nullptr);
    if (worker == 0) {
      close(ends[1]);
      EndWithKeeper(ends[0], if_killed);
    }
    return std::nullopt;
  }
  close(ends[0]);
  const int status = WaitForWorker(worker);
  KillAllBelow(getpid());
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  common::LogError("the working process was ended by signal {} ({}){}; what it wrote down is kept",
                   WTERMSIG(status), strsignal(WTERMSIG(status)),
                   WTERMSIG(status) == SIGKILL ? ", as a host does that runs out of memory" : "");
  return if_killed;
}

}  // namespace percuss::campaign
