// SPDX-License-Identifier: Apache-2.0
//
// What a running input has used of the time, taken look by look from outside: wall time, cpu time,
// and what the host withheld from it. The kernel adds a wait for the processor to its count
// (/proc/PID/schedstat) only when the wait is over; one that goes on is told here by a process that
// is ready to run and does not.
//
// Not thread-safe; distinct ones are.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace percuss::campaign {

class InputClock {
 public:
  // The input was first seen to run, in that process.
  void Begin(pid_t pid, int64_t now_ns);
  // It still runs. For every few milliseconds: what happens between two looks counts as the input's
  // own where it is not known to be otherwise.
  void Look(int64_t now_ns);

  [[nodiscard]] int64_t WallNs() const { return seen_ns_ - begin_ns_; }  // at the last look
  [[nodiscard]] int64_t CpuNs() const { return cpu_ns_ - begin_cpu_ns_; }
  [[nodiscard]] int64_t CpuNowNs() const;  // as CpuNs, but now, where the process still is
  [[nodiscard]] int64_t WithheldNs() const {
    return withheld_ns_ - begin_withheld_ns_ + pending_ns_;
  }
  // See own_time.h.
  [[nodiscard]] int64_t OwnNs() const;
  // OwnNs is so much only because no input goes on for ever: nearly all was withheld.
  [[nodiscard]] bool Starved() const;
  [[nodiscard]] pid_t Pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
  int64_t begin_ns_ = 0;
  int64_t seen_ns_ = 0;
  int64_t begin_cpu_ns_ = 0;
  int64_t cpu_ns_ = 0;
  int64_t begin_withheld_ns_ = 0;
  int64_t withheld_ns_ = 0;
  int64_t pending_ns_ = 0;  // of a wait for the processor that goes on
};

}  // namespace percuss::campaign
