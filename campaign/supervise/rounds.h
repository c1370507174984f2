// SPDX-License-Identifier: Apache-2.0
//
// Many inputs in one process of a target, with stops between them at which all that the process
// holds is counted: by the allocator's hooks from inside (preload/count_preload.c), everything else
// from outside, in /proc. For binaries that run files in the order of their command line: those
// with libFuzzer's driver, and AFL++'s.
//
// Freed memory is given back at once: ASan's quarantine is off, and so is the check for leaks at
// the end, for what is unreachable is held as well. What another thread opens or starts for a
// moment, up to some 0.1 s and 2 s in all, is not counted.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "campaign/supervise/run_input.h"
#include "common/result.h"

namespace percuss::campaign {

// What a process holds. Whoever holds one of these holds memory as well, so the first in this order
// that grows is what is told of an input.
enum class Held {
  kThreads,
  kProcesses,    // its children, ended ones that nobody waited for among them
  kDescriptors,  // open files, sockets and pipes
  kFiles,        // in its working folder and in its TMPDIR
  kHeapBytes,    // allocated and not freed
  kMappings,
  kMappedBytes,
  kResidentBytes,  // without pages of files
};
constexpr size_t kHeldKinds = 8;

struct HeldKind {
  const char* name;       // "heap_bytes"
  const char* unit;       // "bytes"
  const char* bug_class;  // of a finding: "memory-growth"
  int64_t noise;          // a process may come to hold so much more and less without keeping it
};
[[nodiscard]] const HeldKind& KindOf(Held held);

struct HeldAtStop {
  std::array<int64_t, kHeldKinds> held{};  // by Held; -1: not known
  bool exact = false;  // heap bytes are those asked for; else the C library's own count
  int64_t cpu_ns = 0;  // of the process so far
  int64_t begun = 0;   // steps before this stop
};

// What the process does after a stop; count_preload.c.
enum class AfterStop : char {
  kGo = 'g',
  kProfile = 'p',  // and write the heap by allocation site; note the stacks of what is opened,
                   // started or mapped
  kWrite = 'w',    // writes the heap again, and what was noted, and ends
  kQuit = 'q',     // ends
};

struct RoundsPlan {
  struct Step {
    size_t input = 0;  // index in inputs
    bool stop_before = false;
  };
  TargetCommand target;
  InputLimits limits;  // an input that takes many times its limit ends the run
  std::vector<std::filesystem::path> inputs;
  std::vector<Step> steps;    // a stop after the last one is added
  int64_t cpu_budget_ns = 0;  // killed beyond it, or beyond kWallShare times as long; 0: none
  const std::atomic<bool>* cancel = nullptr;
};

// So many files fit on a command line.
constexpr size_t kMostSteps = 120'000;
constexpr int64_t kWallShare = 10;

struct RoundsEnd {
  bool finished = false;  // all steps, or it was told to end
  bool over_budget = false;
  bool stalled = false;  // an input took too long
  int64_t begun = 0;     // steps that were begun; unless finished it ended in the last of them
  int64_t cpu_ns = 0;
  std::string log;                    // the end of what it printed
  std::vector<std::string> profiles;  // of kProfile and kWrite, in order; none without ASan
  std::string sites;                  // of kWrite
};

// kUnavailable where the target takes no list of files, or the preload library is not beside this
// program; cancelled is kUnavailable too. on_stop is called on this thread. Thread-safe.
[[nodiscard]] common::Result<RoundsEnd> RunRounds(
    const RoundsPlan& plan, const std::function<AfterStop(const HeldAtStop&)>& on_stop);

}  // namespace percuss::campaign
