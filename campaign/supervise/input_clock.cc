// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/input_clock.h"

#include <algorithm>

#include "campaign/supervise/own_time.h"
#include "campaign/supervise/process.h"
#include "campaign/supervise/process_tree.h"

namespace percuss::campaign {

void InputClock::Begin(pid_t pid, int64_t now_ns) {
  pid_ = pid;
  begin_ns_ = seen_ns_ = now_ns;
  begin_cpu_ns_ = cpu_ns_ = CpuTimeNs(pid).value_or(0);
  begin_withheld_ns_ = withheld_ns_ = campaign::WithheldNs(pid);
  pending_ns_ = 0;
}

void InputClock::Look(int64_t now_ns) {
  const int64_t passed_ns = now_ns - seen_ns_;
  // Of a process that is gone the last that is known.
  const int64_t cpu_ns = std::max(CpuTimeNs(pid_).value_or(cpu_ns_), cpu_ns_);
  const int64_t withheld_ns = std::max(campaign::WithheldNs(pid_), withheld_ns_);
  if (ProcessState(pid_) != 'R') {
    pending_ns_ = 0;
  } else {
    const int64_t counted_ns = withheld_ns - withheld_ns_;
    if (counted_ns > 0) pending_ns_ = 0;
    pending_ns_ += std::max<int64_t>(0, passed_ns - (cpu_ns - cpu_ns_) - counted_ns);
  }
  seen_ns_ = now_ns;
  cpu_ns_ = cpu_ns;
  withheld_ns_ = withheld_ns;
}

int64_t InputClock::CpuNowNs() const {
  return std::max(CpuTimeNs(pid_).value_or(cpu_ns_), cpu_ns_) - begin_cpu_ns_;
}

int64_t InputClock::OwnNs() const { return OwnTimeNs(WallNs(), CpuNs(), WithheldNs()); }

bool InputClock::Starved() const {
  return std::max(WallNs() - WithheldNs(), CpuNs()) < WallNs() / kMostWithheldShare;
}

}  // namespace percuss::campaign
