// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/own_time.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace percuss::campaign {

namespace stdfs = std::filesystem;

int64_t WithheldNs(pid_t pid) {
  if (pid <= 0) return 0;
  int64_t withheld_ns = 0;
  std::error_code error;
  auto thread = stdfs::directory_iterator("/proc/" + std::to_string(pid) + "/task", error);
  for (; !error && thread != stdfs::directory_iterator(); thread.increment(error)) {
    std::ifstream file(thread->path() / "schedstat");
    int64_t ran_ns = 0;
    int64_t waited_ns = 0;
    if (file >> ran_ns >> waited_ns) withheld_ns += waited_ns;
  }
  return withheld_ns;
}

int64_t OwnTimeNs(int64_t wall_ns, int64_t cpu_ns, int64_t withheld_ns) {
  const int64_t least_ns = std::max(cpu_ns, wall_ns / kMostWithheldShare);
  return std::min(std::max(wall_ns - withheld_ns, least_ns), wall_ns);
}

}  // namespace percuss::campaign
