/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "emulation/qemu/plugin/fork_server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emulation/qemu/plugin/emulator.h"
#include "emulation/qemu/plugin/translation_sharing.h"
#include "harnesses/sdk/heartbeat.h"

enum { CONTROL_FD = 198, STATUS_FD = 199 };
#define OPTIONS_ENABLED 0x80000001u
#define OPTION_SHARED_INPUT 0x01000000u
#define MOST_INPUT_BYTES (1u << 20)
#define MOST_DESCRIPTORS 64
#define MOST_EVENTS 16

static const uint8_t* shared_input; /* four bytes of length, then the input */
static uint8_t* file_input;

/* QEMU keeps the machine's memory out of copies of itself. */
static void let_memory_be_copied(void) {
  FILE* maps = fopen("/proc/self/maps", "re");
  if (maps == NULL) return;
  char line[512];
  while (fgets(line, sizeof line, maps) != NULL) {
    uintptr_t begin = 0;
    uintptr_t end = 0;
    char rights[5] = "";
    if (sscanf(line, "%lx-%lx %4s", &begin, &end, rights) != 3 || rights[1] != 'w') continue;
    void* from;
    memcpy(&from, &begin, sizeof from);
    madvise(from, end - begin, MADV_DOFORK);
  }
  fclose(maps);
}

static void open_shared_input(void) {
  const char* id = getenv("__AFL_SHM_FUZZ_ID");
  if (id == NULL) return;
  void* map = shmat(atoi(id), NULL, SHM_RDONLY);
  if ((intptr_t)map != -1) shared_input = map;
}

static size_t read_file(const char* path) {
  if (file_input == NULL) file_input = malloc(MOST_INPUT_BYTES);
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  size_t size = 0;
  while (fd >= 0 && file_input != NULL && size < MOST_INPUT_BYTES) {
    const ssize_t got = read(fd, file_input + size, MOST_INPUT_BYTES - size);
    if (got <= 0) break;
    size += (size_t)got;
  }
  if (fd < 0) fprintf(stderr, "percuss-board: input %s: %s\n", path, strerror(errno));
  if (fd >= 0) close(fd);
  return size;
}

static void take_input(const char* path, const uint8_t** bytes, size_t* size) {
  if (shared_input != NULL) {
    uint32_t shared_size;
    memcpy(&shared_size, shared_input, sizeof shared_size);
    *bytes = shared_input + sizeof shared_size;
    *size = shared_size;
    return;
  }
  *size = read_file(path);
  *bytes = file_input;
}

/* A copy has the original's descriptors. What its devices write to an event of the main loop would
 * wake the original's, each time. */
static int events[MOST_EVENTS];
static size_t event_count;
static int nowhere;

static void find_events(void) {
  nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 3; nowhere >= 0 && fd < MOST_DESCRIPTORS && event_count < MOST_EVENTS; fd++) {
    char name[64];
    char target[64] = "";
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    if (readlink(name, target, sizeof target - 1) < 0) continue;
    if (strcmp(target, "anon_inode:[eventfd]") == 0) events[event_count++] = fd;
  }
}

/* Called under the lock, so that no other thread is in the middle of a device; the original keeps
 * it and its main thread waits. _Fork: the handlers of fork would make QEMU's read-copy-update
 * assert. */
static pid_t copy(void) {
  const pid_t pid = _Fork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (size_t i = 0; i < event_count; i++) dup2(nowhere, events[i]);
  emulator_unlock();
  return pid;
}

static int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

static bool say(uint32_t word) { return write(STATUS_FD, &word, sizeof word) == sizeof word; }
static bool hear(uint32_t* word) { return read(CONTROL_FD, word, sizeof *word) == sizeof *word; }

/* True in a copy. */
static bool serve(void) {
  uint32_t word = 0;
  open_shared_input();
  if (shared_input != NULL) {
    if (!hear(&word) || (word & OPTION_SHARED_INPUT) == 0) shared_input = NULL;
  }
  for (;;) {
    if (!hear(&word)) _exit(0);
    const pid_t pid = copy();
    if (pid == 0) {
      close(CONTROL_FD);
      close(STATUS_FD);
      return true;
    }
    if (pid < 0 || !say((uint32_t)pid)) _exit(1);
    const int status = wait_for(pid);
    translation_sharing_take();
    if (!say((uint32_t)status)) _exit(1);
  }
}

void fork_server_run(const char* path, const uint8_t** bytes, size_t* size) {
  translation_sharing_start();
  let_memory_be_copied();
  find_events();
  emulator_lock();
  fflush(NULL);
  const bool offers = getenv("__AFL_SHM_FUZZ_ID") != NULL;
  if (say(offers ? OPTIONS_ENABLED | OPTION_SHARED_INPUT : 0)) {
    serve();
  } else {
    const pid_t pid = copy();
    if (pid != 0) {
      const int status = pid < 0 ? 1 << 8 : wait_for(pid);
      if (WIFSIGNALED(status)) {
        signal(WTERMSIG(status), SIG_DFL);
        raise(WTERMSIG(status));
      }
      _exit(WEXITSTATUS(status));
    }
  }
  take_input(path, bytes, size);
  percuss_input_begin(*bytes, *size);
}
