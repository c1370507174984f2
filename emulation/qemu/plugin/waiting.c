/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "emulation/qemu/plugin/waiting.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST_CHILDREN_BYTES 4096
/* Of processes that fork processes; a tree deeper than this does not wait. */
#define DEEPEST 16

enum state { ENDED, WORKS, SLEEPS, SLEEPS_ON_NETWORK };

/* The host's calls, which are what QEMU makes of the program's. */
static const long on_network[] = {
#ifdef SYS_poll
    SYS_poll,
#endif
#ifdef SYS_select
    SYS_select,
#endif
#ifdef SYS_epoll_wait
    SYS_epoll_wait,
#endif
#ifdef SYS_epoll_pwait2
    SYS_epoll_pwait2,
#endif
    SYS_ppoll,        SYS_pselect6, SYS_epoll_pwait, SYS_accept,  SYS_accept4,
    SYS_read,         SYS_readv,    SYS_recvfrom,    SYS_recvmsg, SYS_recvmmsg};

/* What the kernel says in a file, as text; false where it is gone. */
static bool read_text(const char* path, char* text, size_t room) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const ssize_t got = read(fd, text, room - 1);
  close(fd);
  text[got > 0 ? got : 0] = '\0';
  return got >= 0;
}

/* The letter behind the name, which may hold anything (proc(5), /proc/pid/stat). */
static char letter_of(const char* stat) {
  const char* name_end = strrchr(stat, ')');
  return name_end == NULL || name_end[1] == '\0' ? '\0' : name_end[2];
}

static enum state state_of(const char* task) {
  char path[128];
  char text[512];
  snprintf(path, sizeof path, "%s/stat", task);
  if (!read_text(path, text, sizeof text)) return ENDED;
  const char letter = letter_of(text);
  if (letter == 'Z' || letter == 'X') return ENDED;
  snprintf(path, sizeof path, "%s/syscall", task);
  if (letter != 'S' || !read_text(path, text, sizeof text)) return WORKS;
  char* end = NULL;
  const long call = strtol(text, &end, 10); /* or "running" */
  if (end == text) return WORKS;
  for (size_t i = 0; i < sizeof on_network / sizeof *on_network; i++) {
    if (call == on_network[i]) return SLEEPS_ON_NETWORK;
  }
  return SLEEPS;
}

static bool process_sleeps(pid_t process, bool* found, int depth);

/* Not where their list cannot be read, or may be cut: who is not seen may work. */
static bool children_sleep(const char* task, bool* found, int depth) {
  char path[128];
  char children[MOST_CHILDREN_BYTES];
  snprintf(path, sizeof path, "%s/children", task);
  if (!read_text(path, children, sizeof children)) return false;
  if (strlen(children) + 1 == sizeof children) return false;
  char* rest = children;
  for (;;) {
    char* end = NULL;
    const long child = strtol(rest, &end, 10);
    if (end == rest) return true;
    if (!process_sleeps((pid_t)child, found, depth + 1)) return false;
    rest = end;
  }
}

static bool process_sleeps(pid_t process, bool* found, int depth) {
  char folder[64];
  snprintf(folder, sizeof folder, "/proc/%d/task", (int)process);
  DIR* tasks = depth < DEEPEST ? opendir(folder) : NULL;
  if (tasks == NULL) return depth < DEEPEST;
  bool sleeps = true;
  const struct dirent* entry;
  while (sleeps && (entry = readdir(tasks)) != NULL) {
    const long thread = strtol(entry->d_name, NULL, 10);
    if (thread == 0) continue;
    char task[128];
    snprintf(task, sizeof task, "%s/%ld", folder, thread);
    const enum state state = thread == gettid() ? SLEEPS : state_of(task);
    *found = *found || state == SLEEPS_ON_NETWORK;
    sleeps = state == ENDED || (state != WORKS && children_sleep(task, found, depth));
  }
  closedir(tasks);
  return sleeps;
}

bool waiting_for_network(void) {
  bool found = false;
  return process_sleeps(getpid(), &found, 0) && found;
}
