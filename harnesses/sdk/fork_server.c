/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "harnesses/sdk/fork_server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harnesses/sdk/heartbeat.h"

/* Our own branches are not the target's coverage. */
#if defined(__clang__)
#pragma clang attribute push(__attribute__((no_sanitize("coverage"))), apply_to = function)
#endif

enum { kUnknown, kOff, kCopy };

static const int kUnreadable = 74; /* the copy's exit code then, EX_IOERR of sysexits.h */

static int state = kUnknown;
static const uint8_t* given; /* to this copy, outside of the heap */
static size_t given_size;
static int several;
static const uint8_t* rest; /* of several inputs, what follows the given one */
static size_t rest_size;

static int64_t time_ns(struct timeval time) {
  return ((int64_t)time.tv_sec * 1000000 + (int64_t)time.tv_usec) * 1000;
}

static int read_whole(int fd, void* bytes, size_t count) {
  for (size_t at = 0; at < count;) {
    const ssize_t got = read(fd, (char*)bytes + at, count - at);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return 0;
    at += (size_t)got;
  }
  return 1;
}

static void write_whole(int fd, const void* bytes, size_t count) {
  for (size_t at = 0; at < count;) {
    const ssize_t written = write(fd, (const char*)bytes + at, count - at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    at += (size_t)written;
  }
}

/* Both pipes, or neither. */
static int open_pipes(int* requests, int* answers) {
  const char* value = getenv(PERCUSS_FORK_SERVER_ENV);
  const char* space = value != NULL ? strchr(value, ' ') : NULL;
  char path[256];
  if (space == NULL || (size_t)(space - value) >= sizeof path) return 0;
  memcpy(path, value, (size_t)(space - value));
  path[space - value] = 0;
  *requests = open(path, O_RDONLY | O_CLOEXEC);
  if (*requests < 0) return 0;
  *answers = open(space + 1, O_WRONLY | O_CLOEXEC);
  if (*answers >= 0) return 1;
  close(*requests);
  return 0;
}

/* Not on the heap, which must look as it does in a process of its own. */
static void take_file(const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct stat st;
  if (fd < 0 || fstat(fd, &st) != 0 || st.st_size < 0) _exit(kUnreadable);
  rest_size = (size_t)st.st_size;
  void* map = mmap(NULL, rest_size + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED || !read_whole(fd, map, rest_size)) _exit(kUnreadable);
  close(fd);
  rest = map;
}

static void next_input(void) {
  uint32_t size = (uint32_t)rest_size;
  if (several) {
    if (rest_size < sizeof size) _exit(kUnreadable);
    memcpy(&size, rest, sizeof size);
    rest += sizeof size;
    rest_size -= sizeof size;
  }
  if (size > rest_size) _exit(kUnreadable);
  given = rest;
  given_size = size;
  rest += size;
  rest_size -= size;
}

static void become_copy(const struct percuss_fork_request* request, pid_t server) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != server) _exit(kUnreadable);
  /* A target that signals its process group must not reach the server. */
  setpgid(0, 0);
  take_file(request->path);
  several = request->several != 0;
  next_input();
  state = kCopy;
}

static void mark_end(uint64_t number) {
  char mark[64];
  const int length = snprintf(mark, sizeof mark, PERCUSS_FORK_END_MARK, (unsigned long long)number);
  write_whole(STDOUT_FILENO, mark, (size_t)length);
  write_whole(STDERR_FILENO, mark, (size_t)length);
}

/* Returns in copies, and where nobody asked for a server. */
static void serve(void) {
  int requests;
  int answers;
  state = kOff;
  if (!open_pipes(&requests, &answers)) return;
  const pid_t server = getpid();
  struct percuss_fork_request request;
  while (read_whole(requests, &request, sizeof request)) {
    request.path[sizeof request.path - 1] = 0;
    struct percuss_fork_answer answer = {.number = request.number, .what = PERCUSS_FORK_STARTED};
    answer.pid = fork();
    if (answer.pid == 0) {
      close(requests);
      close(answers);
      become_copy(&request, server);
      return;
    }
    write_whole(answers, &answer, sizeof answer);
    if (answer.pid < 0) continue;
    struct rusage used;
    while (wait4(answer.pid, &answer.status, 0, &used) < 0 && errno == EINTR) {
    }
    mark_end(request.number);
    answer.what = PERCUSS_FORK_ENDED;
    answer.cpu_ns = time_ns(used.ru_utime) + time_ns(used.ru_stime);
    write_whole(answers, &answer, sizeof answer);
  }
  _exit(0);
}

void percuss_fork_server_take(const uint8_t** data, size_t* size) {
  if (state == kUnknown) serve();
  if (state != kCopy) return;
  *data = percuss_exact_copy(given, given_size);
  *size = given_size;
}

void percuss_fork_server_drop(const uint8_t* data, size_t size) {
  if (state == kCopy) percuss_exact_free((uint8_t*)(uintptr_t)data, size);
}

int percuss_fork_server_more(void) {
  if (state != kCopy || !several) return 0;
  /* Whoever sends many asks which of them fails, and the check for leaks takes longer than they do.
   */
  if (rest_size == 0) _exit(0);
  next_input();
  return 1;
}

#if defined(__clang__)
#pragma clang attribute pop
#endif
