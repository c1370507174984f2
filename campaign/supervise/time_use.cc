// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/time_use.h"

#include <sys/syscall.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

#include "campaign/supervise/process_tree.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;

struct WaitingCall {
  long number;
  const char* name;
  bool sleeps;   // for a time, whatever happens
  bool on_file;  // its first argument is a descriptor
};

// System calls in which a process waits; those that a processor lacks are left out.
constexpr WaitingCall kWaitingCalls[] = {
#ifdef SYS_poll
    {SYS_poll, "poll", false, false},
#endif
#ifdef SYS_select
    {SYS_select, "select", false, false},
#endif
#ifdef SYS_pause
    {SYS_pause, "pause", false, false},
#endif
#ifdef SYS_epoll_wait
    {SYS_epoll_wait, "epoll_wait", false, true},
#endif
    {SYS_nanosleep, "nanosleep", true, false},
    {SYS_clock_nanosleep, "clock_nanosleep", true, false},
    {SYS_read, "read", false, true},
    {SYS_pread64, "pread", false, true},
    {SYS_readv, "readv", false, true},
    {SYS_write, "write", false, true},
    {SYS_pwrite64, "pwrite", false, true},
    {SYS_writev, "writev", false, true},
    {SYS_recvfrom, "recv", false, true},
    {SYS_recvmsg, "recvmsg", false, true},
    {SYS_sendto, "send", false, true},
    {SYS_sendmsg, "sendmsg", false, true},
    {SYS_accept, "accept", false, true},
    {SYS_accept4, "accept", false, true},
    {SYS_connect, "connect", false, true},
    {SYS_openat, "open", false, false},
    {SYS_ppoll, "poll", false, false},
    {SYS_pselect6, "select", false, false},
    {SYS_epoll_pwait, "epoll_wait", false, true},
    {SYS_futex, "futex (a lock, or another thread)", false, false},
    {SYS_wait4, "wait for a child process", false, false},
    {SYS_waitid, "wait for a child process", false, false},
    {SYS_flock, "flock", false, true},
    {SYS_fcntl, "fcntl", false, true},
    {SYS_fsync, "fsync", false, true},
    {SYS_rt_sigsuspend, "sigsuspend", false, false},
    {SYS_rt_sigtimedwait, "sigtimedwait", false, false},
    {SYS_msgrcv, "msgrcv", false, false},
    {SYS_semtimedop, "semop", false, false},
};

std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// "a pipe", "a socket", or the file's path.
std::string WhatIsOpen(pid_t pid, const std::string& hexadecimal) {
  unsigned long descriptor = 0;
  const char* begin = hexadecimal.c_str() + (hexadecimal.starts_with("0x") ? 2 : 0);
  const char* end = hexadecimal.c_str() + hexadecimal.size();
  if (std::from_chars(begin, end, descriptor, 16).ec != std::errc()) return "";
  std::error_code error;
  const auto link = stdfs::read_symlink(
      "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(descriptor), error);
  if (error) return "";
  const std::string name = link.string();
  for (const char* kind : {"pipe", "socket"}) {
    if (name.starts_with(std::string(kind) + ":")) return std::string(" of a ") + kind;
  }
  if (name.starts_with("anon_inode:")) return " of " + name.substr(name.find(':') + 1);
  return " of " + name;
}

// Of the thread that the process began with.
void TellWhereItWaits(pid_t pid, common::TimeUse& use) {
  use.how = "unknown";
  const std::string folder = "/proc/" + std::to_string(pid) + "/";
  std::istringstream call(FirstLine(folder + "syscall"));
  long number = -1;
  std::string argument;
  if (call >> number >> argument) {
    for (const WaitingCall& waiting : kWaitingCalls) {
      if (waiting.number != number) continue;
      use.how = waiting.sleeps ? "sleep" : "blocked";
      use.where = waiting.name + (waiting.on_file ? WhatIsOpen(pid, argument) : std::string());
      return;
    }
  }
  // What the kernel calls it, where the call is not known or not for us to see.
  const std::string place = FirstLine(folder + "wchan");
  if (place.empty() || place == "0") return;
  use.how = place.find("nanosleep") != std::string::npos ? "sleep" : "blocked";
  use.where = "the kernel's " + place;
}

}  // namespace

common::TimeUse TimeUseByClock(const InputClock& clock) {
  common::TimeUse use;
  use.wall_ns = clock.WallNs();
  use.cpu_ns = clock.CpuNs();
  use.withheld_ns = clock.WithheldNs();
  use.how = "unknown";
  if (clock.Starved()) {
    use.how = "withheld";
  } else if (use.cpu_ns >= clock.OwnNs() / 2) {
    use.how = "processor";
  }
  return use;
}

common::TimeUse LookAtTimeUse(const InputClock& clock) {
  common::TimeUse use = TimeUseByClock(clock);
  if (use.how != "unknown") return use;
  const char state = ProcessState(clock.Pid());
  if (state == 'T') {
    use.how = "stopped";
  } else if (state == 'S' || state == 'D') {
    TellWhereItWaits(clock.Pid(), use);
  }
  return use;
}

}  // namespace percuss::campaign
