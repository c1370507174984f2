// SPDX-License-Identifier: Apache-2.0
//
// How long an input took by itself, on a host that is busy with other things: what the host
// withholds from it must not turn an input into a hang.
//
// Thread-safe.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace percuss::campaign {

// An input that has run for so many times its limit is over it, whatever was withheld.
constexpr int64_t kMostWithheldShare = 20;

// How long the threads of a process were ready to run, and others ran instead: all of them added
// up, since the process began (Linux, Documentation/scheduler/sched-stats.rst,
// /proc/PID/schedstat). 0 where the process is gone or the kernel does not count it.
[[nodiscard]] int64_t WithheldNs(pid_t pid);

// wall_ns less withheld_ns; at least cpu_ns and wall_ns / kMostWithheldShare, at most wall_ns.
[[nodiscard]] int64_t OwnTimeNs(int64_t wall_ns, int64_t cpu_ns, int64_t withheld_ns);

}  // namespace percuss::campaign
