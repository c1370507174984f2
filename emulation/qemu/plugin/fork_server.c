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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emulation/qemu/plugin/compare_log.h"
#include "emulation/qemu/plugin/emulator.h"
#include "emulation/qemu/plugin/memory_snapshot.h"
#include "emulation/qemu/plugin/qemu_plugin_api.h"
#include "emulation/qemu/plugin/translation_sharing.h"
#include "harnesses/sdk/heartbeat.h"

enum { CONTROL_FD = 198, STATUS_FD = 199 };
#define OPTIONS_ENABLED 0x80000001u
#define OPTION_SHARED_INPUT 0x01000000u
#define OPTION_COMPARISONS 0x02000000u /* that are logged are laid out as by now */
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

static int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

static bool say(uint32_t word) { return write(STATUS_FD, &word, sizeof word) == sizeof word; }
static bool hear(uint32_t* word) { return read(CONTROL_FD, word, sizeof *word) == sizeof *word; }

/* The copy at work; pid 0 while there is none. */
static struct {
  pid_t pid;
  int line; /* to it */
  unsigned inputs;
} at_work;

/* In a copy: the line to the original, -1 where it takes one input only. */
static int line_up = -1;

/* True in the copy. */
static bool begin_copy(void) {
  int line[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line) != 0) _exit(1);
  translation_sharing_take();
  const pid_t pid = copy();
  if (pid < 0) _exit(1);
  close(line[pid == 0 ? 0 : 1]);
  if (pid != 0) {
    at_work.pid = pid;
    at_work.line = line[0];
    at_work.inputs = 1;
    return false;
  }
  close(CONTROL_FD);
  close(STATUS_FD);
  line_up = line[1];
  return true;
}

static bool send_sign(int line) {
  const char sign = 0;
  return send(line, &sign, 1, MSG_NOSIGNAL) == 1;
}

/* False where the other side has ended. */
static bool wait_for_sign(int line) {
  char sign;
  ssize_t got;
  do {
    got = read(line, &sign, 1);
  } while (got < 0 && errno == EINTR);
  return got == 1;
}

static int end_copy(void) {
  close(at_work.line); /* one that waits for an input ends now */
  const int status = wait_for(at_work.pid);
  at_work.pid = 0;
  return status;
}

/* Gives the copy another input. One that was killed since the last, because that took too long,
 * must not be taken for a failure of this. */
static bool go_on_in_copy(void) {
  if (at_work.pid == 0) return false;
  if (at_work.inputs++ < MOST_INPUTS && send_sign(at_work.line) && wait_for_sign(at_work.line)) {
    return true;
  }
  const int status = end_copy();
  if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL) {
    fprintf(stderr, "percuss-board: a copy ended between two inputs by signal %d\n",
            WTERMSIG(status));
  }
  return false;
}

/* True in a copy. */
static bool serve(void) {
  uint32_t word = 0;
  open_shared_input();
  if (shared_input != NULL) {
    if (!hear(&word) || (word & OPTION_SHARED_INPUT) == 0) shared_input = NULL;
  }
  for (;;) {
    if (!hear(&word)) {
      if (at_work.pid != 0) end_copy(); /* its time counts as ours once it was waited for */
      _exit(0);
    }
    /* The fuzzer killed it, and it was done just before. */
    if (word != 0 && at_work.pid != 0) {
      kill(at_work.pid, SIGKILL);
      end_copy();
    }
    if (!go_on_in_copy() && begin_copy()) return true;
    if (!say((uint32_t)at_work.pid)) _exit(1);
    const int status = wait_for_sign(at_work.line) ? 0 : end_copy();
    if (!say((uint32_t)status)) _exit(1);
  }
}

void fork_server_next(void) {
  const bool with_code = translation_sharing_happened();
  if (line_up < 0 || !memory_snapshot_is_whole() || !send_sign(line_up)) return;
  memory_snapshot_restore(with_code);
}

/* What is run to log comparisons is slow, and was judged when it ran without. */
static void begin_input(const char* path, const uint8_t** bytes, size_t* size) {
  take_input(path, bytes, size);
  if (!compare_log_is_wanted()) percuss_input_begin(*bytes, *size);
}

/* The first input begins before the snapshot is taken: what that opens stays open. */
static void take_inputs(const char* path, const uint8_t** bytes, size_t* size) {
  begin_input(path, bytes, size);
  if (line_up < 0) return;
  enum memory_snapshot snapshot = memory_snapshot_take();
  if (snapshot == MEMORY_SNAPSHOT_FAILED) line_up = -1;
  if (snapshot != MEMORY_SNAPSHOT_RESTORED) return;
  while (snapshot == MEMORY_SNAPSHOT_RESTORED && translation_sharing_take()) {
    snapshot = memory_snapshot_keep();
  }
  if (!wait_for_sign(line_up) || !send_sign(line_up)) _exit(0);
  begin_input(path, bytes, size);
}

void fork_server_run(const char* path, const uint8_t** bytes, size_t* size) {
  memory_snapshot_share();
  let_memory_be_copied();
  find_events();
  make_room_for_file();
  emulator_lock();
  fflush(NULL);
  uint32_t options = 0;
  if (getenv("__AFL_SHM_FUZZ_ID") != NULL) options |= OPTIONS_ENABLED | OPTION_SHARED_INPUT;
  if (compare_log_is_wanted()) options |= OPTIONS_ENABLED | OPTION_COMPARISONS;
  if (say(options)) {
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
  take_inputs(path, bytes, size);
}
