// SPDX-License-Identifier: Apache-2.0
//
// Child processes that cannot outlive us, outgrow their limits or leave anything behind.
//
// Each process starts in a session of its own, dies with us (PR_SET_PDEATHSIG), cannot gain
// privileges (PR_SET_NO_NEW_PRIVS) and has its output drained through pipes that never block it and
// never grow without bound. Its tree is all that descends from it, shares its session or carries
// its mark in the environment: we are a child subreaper (prctl(2)), so even what daemonised itself
// comes back to us, and is killed with the tree.
//
// A Process is not thread-safe; distinct ones are. Times are nanoseconds of CLOCK_MONOTONIC.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"

namespace percuss::campaign {

// 0 means no limit, unless said otherwise.
struct ProcessLimits {
  int64_t address_space_mib = 0;  // RLIMIT_AS; leave 0 for ASan, which reserves terabytes
  int64_t file_size_mib = 0;      // RLIMIT_FSIZE, of every single file
  int64_t cpu_s = 0;              // RLIMIT_CPU
  int64_t open_files = 0;         // RLIMIT_NOFILE
  bool core = false;              // core files
  // Watched by us whenever the process is polled or waited for. More: the tree is killed.
  int64_t processes = 512;  // in the tree; RLIMIT_NPROC does not bind root
  int64_t free_space_mib =
      64;  // that must stay free where `folder` is, if it was free at the start
};

struct ProcessSpec {
  std::vector<std::string> argv;  // argv[0] is a path, or a name to look up in PATH
  // Added to PATH, HOME, LANG=C and TMPDIR; nothing else of our own environment reaches the child.
  std::map<std::string, std::string> environment;
  std::filesystem::path folder;                    // to start in; empty: ours
  std::filesystem::path stdin_path;                // empty: /dev/null
  std::filesystem::path stdout_path, stderr_path;  // empty: dropped; may be the same file
  bool capture_output = false;  // into memory instead, for TakeStdout and TakeStderr
  bool fixed_layout = false;    // without address space randomisation, personality(2)
  ProcessLimits limits;
};

struct ExitStatus {
  bool exited = false;  // by itself, with `code`; otherwise by `signal`
  int code = 0;
  int signal = 0;
  int64_t wall_ns = 0;
  int64_t cpu_ns = 0;  // user and system, with all descendants that were waited for; wait4(2)
  int64_t max_rss_kib = 0;
  bool killed_by_us = false;
  std::string kill_reason;  // a limit that was broken: "processes", "free space"; empty if the
                            // caller asked for it
};

// How much of an output is kept: the head and the tail in memory; in a file this many bytes and
// then the tail.
constexpr size_t kOutputHeadBytes = size_t{1} << 20;
constexpr size_t kOutputTailBytes = size_t{256} << 10;
constexpr size_t kOutputFileBytes = size_t{64} << 20;

class Process {
 public:
  // kNotFound when argv[0] cannot be found or run, kIo when the system refuses.
  [[nodiscard]] static common::Result<Process> Spawn(const ProcessSpec& spec);
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();  // kills the tree and waits for it

  [[nodiscard]] pid_t Pid() const;
  // How it ended, once it did; never blocks for long. What is left of the tree is killed then, and
  // the output complete.
  std::optional<ExitStatus> Poll();
  std::optional<ExitStatus> WaitFor(int64_t timeout_ms);
  ExitStatus Wait();

  void Interrupt();  // SIGINT to the process alone, as from a terminal
  void Terminate();  // SIGTERM to its process group
  void Abort();      // SIGABRT to the process alone: sanitizers print where it was
  void KillTree();   // returns when nothing of the tree runs; Poll then says how the process ended

  // What was captured since the last call. Where the middle was dropped, a line says how many
  // bytes.
  [[nodiscard]] std::string TakeStdout();
  [[nodiscard]] std::string TakeStderr();

  // Processes of the tree that exist now, itself included.
  [[nodiscard]] std::vector<pid_t> Tree() const;
  // Cpu time of the whole tree so far. What ExitStatus says lacks whoever was killed with the
  // process instead of being waited for by it, as the targets of a fork server.
  [[nodiscard]] int64_t TreeCpuNs() const;

 private:
  struct State;
  explicit Process(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Whether pid is `ancestor` or descends from it now. For pids that a target told us, before they
// are trusted.
[[nodiscard]] bool DescendsFrom(pid_t pid, pid_t ancestor);

// Cpu time of a process so far; nothing when it is gone.
[[nodiscard]] std::optional<int64_t> CpuTimeNs(pid_t pid);

// Resident memory of a process; nothing when it is gone.
[[nodiscard]] std::optional<int64_t> ResidentKib(pid_t pid);

}  // namespace percuss::campaign
