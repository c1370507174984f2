/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "emulation/qemu/plugin/fork_server.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
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

#include "emulation/qemu/plugin/copies.h"
#include "emulation/qemu/plugin/emulator.h"
#include "emulation/qemu/plugin/memory_snapshot.h"
#include "emulation/qemu/plugin/qemu_plugin_api.h"
#include "emulation/qemu/plugin/translation_sharing.h"
#include "harnesses/sdk/heartbeat.h"

#define OPTIONS_ENABLED 0x80000001u
#define OPTION_SHARED_INPUT 0x01000000u
#define MOST_INPUT_BYTES (1u << 20)
#define MOST_DESCRIPTORS 64
#define MOST_EVENTS 16
/* In one copy: enough to make its beginning cheap. */
#define MOST_INPUTS 1000u

/* QEMU's read-copy-update thread trims the heap without any lock of QEMU's. A copy that is made
 * meanwhile would wait for the allocator's lock for ever. */
QEMU_PLUGIN_EXPORT int malloc_trim(size_t pad) {
  (void)pad;
  return 0;
}

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

/* Shared memory is not write-protected in a copy: the kernel may write to it. */
static void make_room_for_file(void) {
  void* map =
      mmap(NULL, MOST_INPUT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (map != MAP_FAILED) file_input = map;
}

static void open_shared_input(void) {
  const char* id = getenv("__AFL_SHM_FUZZ_ID");
  if (id == NULL) return;
  void* map = shmat(atoi(id), NULL, SHM_RDONLY);
  if ((intptr_t)map != -1) shared_input = map;
}

static size_t read_file(const char* path) {
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

static void before_copy(void) { translation_sharing_take(); }

static void serve(void) {
  const struct copies copies = {copy, before_copy, NULL, MOST_INPUTS};
  uint32_t word = 0;
  open_shared_input();
  if (shared_input != NULL) {
    if (!copies_hear(&word) || (word & OPTION_SHARED_INPUT) == 0) shared_input = NULL;
  }
  copies_serve(&copies);
}

void fork_server_next(void) {
  const bool with_code = translation_sharing_happened();
  if (!copies_has_line() || !memory_snapshot_is_whole() || !copies_input_ended(0)) return;
  memory_snapshot_restore(with_code);
}

/* The first input begins before the snapshot is taken: what that opens stays open. */
static void take_inputs(const char* path, const uint8_t** bytes, size_t* size) {
  take_input(path, bytes, size);
  percuss_input_begin(*bytes, *size);
  if (!copies_has_line()) return;
  enum memory_snapshot snapshot = MEMORY_SNAPSHOT_FAILED;
  if (memory_snapshot_make_room()) snapshot = memory_snapshot_take(false, false);
  if (snapshot == MEMORY_SNAPSHOT_FAILED) copies_go_alone();
  if (snapshot != MEMORY_SNAPSHOT_RESTORED) return;
  while (snapshot == MEMORY_SNAPSHOT_RESTORED && translation_sharing_take()) {
    snapshot = memory_snapshot_keep();
  }
  copies_await_input();
  take_input(path, bytes, size);
  percuss_input_begin(*bytes, *size);
}

void fork_server_run(const char* path, const uint8_t** bytes, size_t* size) {
  translation_sharing_start();
  memory_snapshot_share();
  let_memory_be_copied();
  find_events();
  make_room_for_file();
  emulator_lock();
  fflush(NULL);
  const bool offers = getenv("__AFL_SHM_FUZZ_ID") != NULL;
  if (copies_say(offers ? OPTIONS_ENABLED | OPTION_SHARED_INPUT : 0)) {
    serve();
  } else {
    const pid_t pid = copy();
    if (pid != 0) {
      const int status = pid < 0 ? 1 << 8 : copies_wait_for(pid);
      if (WIFSIGNALED(status)) {
        signal(WTERMSIG(status), SIG_DFL);
        raise(WTERMSIG(status));
      }
      _exit(WEXITSTATUS(status));
    }
  }
  take_inputs(path, bytes, size);
}
