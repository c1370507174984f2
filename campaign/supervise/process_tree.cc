// SPDX-License-Identifier: Apache-2.0
#include "campaign/supervise/process_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <thread>
#include <unordered_set>

#include "campaign/supervise/process.h"

namespace percuss::campaign {
namespace {

constexpr auto kKillDeadline = std::chrono::seconds(5);
constexpr size_t kMostProcText = size_t{1} << 18;

struct ProcStat {
  pid_t pid = 0;
  char state = '?';
  pid_t parent = 0;
  pid_t session = 0;
  int64_t cpu_ticks = 0;  // user and system, with children that were waited for
};

std::mutex& RegistryMutex() {
  static std::mutex mutex;
  return mutex;
}

std::set<pid_t>& Roots() {
  static std::set<pid_t> roots;
  return roots;
}

// Up to a page, which is enough for stat; of an environment, as much as `limit`.
std::string ReadProc(pid_t pid, const std::string& name, size_t limit) {
  const std::string path = "/proc/" + std::to_string(pid) + "/" + name;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  std::string text(limit, '\0');
  size_t filled = 0;
  while (filled < limit) {
    const ssize_t got = read(fd, text.data() + filled, limit - filled);
    if (got <= 0) break;
    filled += static_cast<size_t>(got);
  }
  close(fd);
  text.resize(filled);
  return text;
}

std::optional<ProcStat> ReadStat(pid_t pid) {
  const std::string text = ReadProc(pid, "stat", 4096);
  // The name is in parentheses and may hold anything, parentheses too.
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  ProcStat stat;
  stat.pid = pid;
  pid_t group = 0;
  // utime, stime, cutime and cstime are fields 14 to 17.
  std::array<long long, 4> ticks{};
  // The kernel's own numbers fit. NOLINTNEXTLINE(cert-err34-c)
  if (std::sscanf(text.c_str() + name_end + 1,
                  " %c %d %d %d %*d %*d %*u %*u %*u %*u %*u %lld %lld %lld %lld", &stat.state,
                  &stat.parent, &group, &stat.session, &ticks[0], &ticks[1], &ticks[2],
                  &ticks[3]) != 8) {
    return std::nullopt;
  }
  for (const long long part : ticks) stat.cpu_ticks += part;
  return stat;
}

std::vector<ProcStat> ReadAllStats() {
  std::vector<ProcStat> all;
  DIR* folder = opendir("/proc");
  if (folder == nullptr) return all;
  for (const dirent* entry = readdir(folder); entry != nullptr; entry = readdir(folder)) {
    const std::string_view name = entry->d_name;
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || end != name.data() + name.size()) continue;
    if (const auto stat = ReadStat(pid)) all.push_back(*stat);
  }
  closedir(folder);
  return all;
}

void AddChildren(pid_t pid, std::vector<pid_t>& children) {
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  DIR* folder = opendir(tasks.c_str());
  if (folder == nullptr) return;
  for (const dirent* entry = readdir(folder); entry != nullptr; entry = readdir(folder)) {
    if (entry->d_name[0] == '.') continue;
    const std::string list =
        ReadProc(pid, "task/" + std::string(entry->d_name) + "/children", kMostProcText);
    for (size_t at = 0; at < list.size();) {
      pid_t child = 0;
      const auto [end, error] = std::from_chars(list.data() + at, list.data() + list.size(), child);
      if (error != std::errc()) break;
      children.push_back(child);
      at = static_cast<size_t>(end - list.data()) + 1;
    }
  }
  closedir(folder);
}

// All that can belong to a tree descends from us. To ask only there costs a tenth of a look through
// all of /proc, but may miss who is born or dies meanwhile (proc(5) on "children"): whoever must
// not be missed is looked for with ReadAllStats.
std::vector<ProcStat> ReadStatsBelowUs() {
  static const bool available = access("/proc/thread-self/children", R_OK) == 0;
  if (!available) return ReadAllStats();
  std::vector<pid_t> pids;
  AddChildren(getpid(), pids);
  std::vector<ProcStat> all;
  for (size_t i = 0; i < pids.size(); ++i) {
    if (const auto stat = ReadStat(pids[i])) all.push_back(*stat);
    AddChildren(pids[i], pids);
  }
  return all;
}

bool IsDead(const ProcStat& stat) { return stat.state == 'Z' || stat.state == 'X'; }

// Our children that nobody waits for, in a session that is not ours: orphans of some target.
std::vector<ProcStat> Strays(const std::vector<ProcStat>& all) {
  static const pid_t session = getsid(0);
  const pid_t us = getpid();
  const std::lock_guard lock(RegistryMutex());
  std::vector<ProcStat> strays;
  for (const ProcStat& stat : all) {
    if (stat.parent == us && stat.session != session && Roots().count(stat.pid) == 0) {
      strays.push_back(stat);
    }
  }
  return strays;
}

std::unordered_set<pid_t> Closure(const std::vector<ProcStat>& all,
                                  std::unordered_set<pid_t> members) {
  for (bool grew = true; grew;) {
    grew = false;
    for (const ProcStat& stat : all) {
      if (members.count(stat.parent) != 0 && members.insert(stat.pid).second) grew = true;
    }
  }
  return members;
}

std::vector<pid_t> Living(const std::vector<ProcStat>& all, std::unordered_set<pid_t> members) {
  members = Closure(all, std::move(members));
  std::vector<pid_t> living;
  for (const ProcStat& stat : all) {
    if (members.count(stat.pid) != 0 && !IsDead(stat)) living.push_back(stat.pid);
  }
  return living;
}

// Who wiped its mark has no owner any more and goes with whichever tree is looked at next.
std::unordered_set<pid_t> OrphansOf(const TreeId& tree, const std::vector<ProcStat>& all) {
  std::unordered_set<pid_t> orphans;
  for (const ProcStat& stray : Strays(all)) {
    if (IsDead(stray)) {
      waitpid(stray.pid, nullptr, WNOHANG);
      continue;
    }
    const std::string mark = EnvironmentOf(stray.pid, kTreeMarkVariable);
    if (mark.empty() || mark == tree.mark) orphans.insert(stray.pid);
  }
  return orphans;
}

std::unordered_set<pid_t> MembersOf(const TreeId& tree, const std::vector<ProcStat>& all) {
  std::unordered_set<pid_t> members = OrphansOf(tree, all);
  members.insert(tree.root);
  for (const ProcStat& stat : all) {
    if (stat.session == tree.root) members.insert(stat.pid);
  }
  return members;
}

// What is stopped cannot fork, so that the second look sees what the first one missed.
void StopAndKill(const std::unordered_set<pid_t>& roots, std::vector<pid_t> living) {
  if (living.empty()) return;
  for (const pid_t pid : living) kill(pid, SIGSTOP);
  if (living.size() > 1) living = Living(ReadAllStats(), roots);
  for (const pid_t pid : living) kill(pid, SIGKILL);
}

void KillUntilNobodyLives(const std::function<std::vector<pid_t>()>& look) {
  const auto deadline = std::chrono::steady_clock::now() + kKillDeadline;
  std::set<pid_t> stopped;
  while (std::chrono::steady_clock::now() < deadline) {
    const std::vector<pid_t> living = look();
    if (living.empty()) return;
    // What is stopped cannot fork: once a look finds nobody new, all of them can be killed for
    // good.
    bool somebody_new = false;
    for (const pid_t pid : living) {
      if (!stopped.insert(pid).second) continue;
      somebody_new = true;
      kill(pid, SIGSTOP);
    }
    if (somebody_new && living.size() > 1) continue;
    for (const pid_t pid : living) kill(pid, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

void RootRegistry::Lock() { RegistryMutex().lock(); }
void RootRegistry::Unlock() { RegistryMutex().unlock(); }
void RootRegistry::AddLocked(pid_t root) { Roots().insert(root); }
void RootRegistry::Remove(pid_t root) {
  const std::lock_guard lock(RegistryMutex());
  Roots().erase(root);
}

void BecomeSubreaper() { prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

std::vector<pid_t> LivingTree(const TreeId& tree) {
  const std::vector<ProcStat> all = ReadAllStats();
  return Living(all, MembersOf(tree, all));
}

size_t TendTree(const TreeId& tree) {
  const std::vector<ProcStat> all = ReadStatsBelowUs();
  const auto orphans = OrphansOf(tree, all);
  if (!orphans.empty()) StopAndKill(orphans, Living(all, orphans));
  return Living(all, MembersOf(tree, all)).size();
}

void KillWithDescendants(pid_t pid) { StopAndKill({pid}, Living(ReadAllStats(), {pid})); }

void KillLivingTree(const TreeId& tree) {
  KillUntilNobodyLives([&tree] { return LivingTree(tree); });
}

void KillAllBelow(pid_t ancestor) {
  KillUntilNobodyLives([ancestor] {
    std::vector<pid_t> living = Living(ReadAllStats(), {ancestor});
    std::erase(living, ancestor);
    return living;
  });
}

int64_t TreeCpuNs(const TreeId& tree) {
  static const int64_t tick_ns = 1'000'000'000 / sysconf(_SC_CLK_TCK);
  const std::vector<ProcStat> all = ReadAllStats();
  const std::unordered_set<pid_t> members = Closure(all, MembersOf(tree, all));
  int64_t ticks = 0;
  for (const ProcStat& stat : all) {
    if (members.count(stat.pid) != 0 && !IsDead(stat)) ticks += stat.cpu_ticks;
  }
  return ticks * tick_ns;
}

std::string EnvironmentOf(pid_t pid, const std::string& name) {
  const std::string environment = ReadProc(pid, "environ", kMostProcText);
  const std::string prefix = name + "=";
  size_t at = 0;
  while (at < environment.size()) {
    const std::string_view entry = environment.c_str() + at;
    if (entry.substr(0, prefix.size()) == prefix) return std::string(entry.substr(prefix.size()));
    at += entry.size() + 1;
  }
  return {};
}

char ProcessState(pid_t pid) {
  const auto stat = ReadStat(pid);
  return stat ? stat->state : '\0';
}

bool DescendsFrom(pid_t pid, pid_t ancestor) {
  constexpr int kDeepest = 64;
  for (int depth = 0; depth < kDeepest && pid > 1; ++depth) {
    if (pid == ancestor) return true;
    const auto stat = ReadStat(pid);
    if (!stat) return false;
    pid = stat->parent;
  }
  return false;
}

std::optional<int64_t> CpuTimeNs(pid_t pid) {
  clockid_t clock = 0;
  timespec used{};
  if (pid <= 0 || clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) {
    return std::nullopt;
  }
  return int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
}

std::optional<int64_t> ResidentKib(pid_t pid) {
  const std::string text = ReadProc(pid, "statm", 256);
  long long size_pages = 0;
  long long resident_pages = 0;
  // The kernel's own numbers fit. NOLINTNEXTLINE(cert-err34-c)
  if (std::sscanf(text.c_str(), "%lld %lld", &size_pages, &resident_pages) != 2) {
    return std::nullopt;
  }
  return resident_pages * (sysconf(_SC_PAGESIZE) / 1024);
}

}  // namespace percuss::campaign
