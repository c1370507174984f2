/* SPDX-License-Identifier: Apache-2.0
 *
 * Loaded with LD_PRELOAD into fuzz targets that were built without our harness SDK: writes the
 * heartbeat of harnesses/sdk/heartbeat.h from the calls that an engine makes around every input.
 *
 * libFuzzer reads CLOCK_REALTIME right before and right after each input. Between two readings is
 * either an input or libFuzzer's own work, which is short; each reading therefore counts as the
 * begin of something, and only the time since the last one is told. AFL++'s persistent loop raises
 * SIGSTOP between inputs, and a plain fork server forks for each.
 *
 * The bytes of the input are not seen here. libc and libdl only; a target that reads the clock
 * itself in a loop hides its hang from this, and the engine's own timer remains.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "harnesses/sdk/heartbeat.h"

static struct percuss_heartbeat* beat;
static uint64_t own_pid;
static int below_afl;     /* AFL++ runs us: its fork server tells of inputs, not the clock */
static int in_fork_child; /* what this one forks is the target's affair */

__attribute__((constructor)) static void open_heartbeat(void) {
  const char* path = getenv(PERCUSS_HEARTBEAT_ENV);
  if (path == NULL) return;
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  struct stat st;
  if (fstat(fd, &st) == 0 && (uint64_t)st.st_size > sizeof(struct percuss_heartbeat)) {
    void* map =
        mmap(NULL, sizeof(struct percuss_heartbeat), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED) {
      struct percuss_heartbeat* found = map;
      if (found->magic == PERCUSS_HEARTBEAT_MAGIC) beat = found;
    }
  }
  close(fd);
  own_pid = (uint64_t)getpid();
  below_afl = getenv("__AFL_SHM_ID") != NULL;
}

static void tell(int running) {
  if (beat == NULL) return;
  const uint64_t next = (beat->sequence | 1) + (running ? 2 : 1);
  beat->pid = own_pid;
  __atomic_store_n(&beat->sequence, next, __ATOMIC_RELEASE);
}

int clock_gettime(clockid_t clock, struct timespec* now) {
  static int (*next)(clockid_t, struct timespec*);
  if (next == NULL) *(void**)&next = dlsym(RTLD_NEXT, "clock_gettime");
  if (clock == CLOCK_REALTIME && !below_afl) tell(1);
  return next != NULL ? next(clock, now) : (int)syscall(SYS_clock_gettime, clock, now);
}

int raise(int number) {
  if (number == SIGSTOP && below_afl) tell(0);
  const int result = (int)syscall(SYS_tgkill, getpid(), (pid_t)syscall(SYS_gettid), number);
  if (number == SIGSTOP && below_afl) tell(1);
  return result;
}

pid_t fork(void) {
  static pid_t (*next)(void);
  if (next == NULL) *(void**)&next = dlsym(RTLD_NEXT, "fork");
  if (next == NULL) return -1;
  const pid_t child = next();
  if (child == 0 && in_fork_child) beat = NULL;
  if (child == 0 && below_afl && !in_fork_child) {
    in_fork_child = 1;
    own_pid = (uint64_t)getpid();
    tell(1);
  }
  return child;
}
