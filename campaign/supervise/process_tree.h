// SPDX-License-Identifier: Apache-2.0
//
// Which processes belong to a target, read from proc(5), and how all of them are killed however
// they try to get away.
//
// A tree is its root, everything in the root's session, every orphan that carries the tree's mark
// in its first environment, and all their descendants. Orphans come to us because we are a child
// subreaper.
//
// Thread-safe.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace percuss::campaign {

constexpr char kTreeMarkVariable[] = "PERCUSS_TREE";

struct TreeId {
  pid_t root = 0;
  std::string mark;
};

// Roots that are still to be waited for by their Process; nothing else may reap or kill them as a
// stray.
class RootRegistry {
 public:
  // Held from before fork until the root is registered, so that no scan takes a new child for a
  // stray.
  static void Lock();
  static void Unlock();
  static void AddLocked(pid_t root);
  static void Remove(pid_t root);
};

// Makes us the parent of all orphans below us. Called before every spawn; cheap.
void BecomeSubreaper();

// Processes of the tree that run, the root included, zombies excluded. Reaps zombies of strays on
// the way.
[[nodiscard]] std::vector<pid_t> LivingTree(const TreeId& tree);

// User and system time of the tree so far, with all descendants that were waited for, to the clock
// tick of proc(5).
[[nodiscard]] int64_t TreeCpuNs(const TreeId& tree);

// 'R', 'S', 'T', 'Z', ... as in proc(5); 0 when there is no such process.
[[nodiscard]] char ProcessState(pid_t pid);

// A variable of the environment that the process was started with; empty when it has none.
[[nodiscard]] std::string EnvironmentOf(pid_t pid, const std::string& name);

// Kills what a dead target of a living tree left behind, its orphans and all below them, and counts
// who ran in the tree. One quick look, for several a second: what it misses, a later one sees.
size_t TendTree(const TreeId& tree);

// Kills the process and all below it. One pass: what escapes it is an orphan.
void KillWithDescendants(pid_t pid);

// Stops, then kills all of the tree until nothing runs, 5 s at most. The root is left as a zombie
// for its Process.
void KillLivingTree(const TreeId& tree);

// The same for all that descends from `ancestor`, which itself goes on.
void KillAllBelow(pid_t ancestor);

}  // namespace percuss::campaign
