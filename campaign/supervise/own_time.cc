// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/own_time.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace percuss::campaign {

namespace {

// The second number of the file: nanoseconds of waiting.
int64_t WaitedNs(int folder, const std::string& thread) {
  const int fd = openat(folder, (thread + "/schedstat").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  std::array<char, 128> text{};
  const ssize_t size = read(fd, text.data(), text.size());
  close(fd);
  const char* const end = text.data() + std::max<ssize_t>(size, 0);
  const char* const space = std::find(static_cast<const char*>(text.data()), end, ' ');
  int64_t waited_ns = 0;
  if (space != end) std::from_chars(space + 1, end, waited_ns);
  return waited_ns;
}

}  // namespace

// Asked for hundreds of times a second while an engine runs.
int64_t WithheldNs(pid_t pid) {
  if (pid <= 0) return 0;
  DIR* folder = opendir(("/proc/" + std::to_string(pid) + "/task").c_str());
  if (folder == nullptr) return 0;
  int64_t withheld_ns = 0;
  for (const dirent* entry = readdir(folder); entry != nullptr; entry = readdir(folder)) {
    if (entry->d_name[0] != '.') withheld_ns += WaitedNs(dirfd(folder), entry->d_name);
  }
  closedir(folder);
  return withheld_ns;
}

int64_t OwnTimeNs(int64_t wall_ns, int64_t cpu_ns, int64_t withheld_ns) {
  const int64_t least_ns = std::max(cpu_ns, wall_ns / kMostWithheldShare);
  return std::min(std::max(wall_ns - withheld_ns, least_ns), wall_ns);
}

}  // namespace percuss::campaign
