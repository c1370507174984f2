// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/resource.h>

namespace percuss::bench {

// What this process has used so far, of user and system time.
inline double CpuSeconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  double seconds = 0;
  for (const timeval& time : {used.ru_utime, used.ru_stime}) {
    seconds += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  }
  return seconds;
}

}  // namespace percuss::bench
