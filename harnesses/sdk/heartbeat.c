/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* MADV_WIPEONFORK */
#include "harnesses/sdk/heartbeat.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harnesses/sdk/edge_tally.h"
#include "harnesses/sdk/edge_trace.h"
#include "harnesses/sdk/value_trace.h"

/* Our own branches are not the target's coverage: they would make every input look unstable. AFL++
 * wants --afl-noopt for that. */
#if defined(__clang__)
#pragma clang attribute push(__attribute__((no_sanitize("coverage"))), apply_to = function)
#endif

static struct percuss_heartbeat* beat;
static uint8_t* ring;
static uint64_t ring_mask; /* our own copy: the target may scribble on the file */
static int opened;
static int input_runs;
/* In a page that the kernel zeroes in a forked child, so that a fork is noticed without a system
 * call. */
static uint32_t* own_pid;

static int map_file(int fd) {
  struct stat st;
  if (fstat(fd, &st) != 0 || (uint64_t)st.st_size <= sizeof(struct percuss_heartbeat)) return 0;
  void* map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) return 0;
  struct percuss_heartbeat* found = map;
  const uint64_t ring_bytes = found->ring_bytes;
  if (found->magic != PERCUSS_HEARTBEAT_MAGIC || ring_bytes == 0 ||
      (ring_bytes & (ring_bytes - 1)) != 0 ||
      ring_bytes > (uint64_t)st.st_size - sizeof(struct percuss_heartbeat)) {
    munmap(map, (size_t)st.st_size);
    return 0;
  }
  beat = found;
  ring = (uint8_t*)map + sizeof(struct percuss_heartbeat);
  ring_mask = ring_bytes - 1;
  return 1;
}

static void open_heartbeat(void) {
  opened = 1;
  const char* path = getenv(PERCUSS_HEARTBEAT_ENV);
  if (path == NULL) return;
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  if (map_file(fd)) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void* map = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map != MAP_FAILED && madvise(map, page, MADV_WIPEONFORK) == 0) own_pid = map;
  }
  close(fd);
}

/* Whether this process may write; finds out its pid after a fork. */
static int may_write(uint32_t* pid) {
  if (beat == NULL) return 0;
  if (own_pid != NULL && *own_pid != 0) {
    *pid = *own_pid;
    return 1;
  }
  if (own_pid != NULL && input_runs) {
    beat = NULL; /* forked by the target in the middle of an input */
    return 0;
  }
  *pid = (uint32_t)getpid();
  if (own_pid != NULL) *own_pid = *pid;
  /* A fork server that was killed would leave an endless input running for ever. */
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  return 1;
}

static void ring_put(uint64_t at, const void* bytes, size_t count) {
  const uint64_t start = at & ring_mask;
  const uint64_t room = ring_mask + 1 - start;
  const size_t first = count < room ? count : (size_t)room;
  memcpy(ring + start, bytes, first);
  memcpy(ring, (const uint8_t*)bytes + first, count - first);
}

void percuss_input_begin(const uint8_t* data, size_t size) {
  percuss_edge_trace_begin();
  percuss_value_trace_begin();
  if (!opened) open_heartbeat();
  uint32_t pid = 0;
  if (!may_write(&pid)) return;
  input_runs = 1;
  /* A predecessor that died inside an input left the number odd. */
  const uint64_t sequence = (beat->sequence | 1) + ((beat->sequence & 1) != 0 ? 2 : 0);
  const uint64_t most = (ring_mask + 1) / 2;
  struct percuss_ring_record record = {
      .sequence = sequence,
      .pid = pid,
      .size = (uint32_t)size,
      .stored = (uint32_t)(size < most ? size : most),
      .check = PERCUSS_RECORD_CHECK,
  };
  const uint64_t head = beat->head & ~(uint64_t)7;
  ring_put(head, &record, sizeof record);
  if (record.stored != 0) ring_put(head + sizeof record, data, record.stored);
  beat->pid = pid;
  beat->last_record = head;
  __atomic_store_n(&beat->head, head + sizeof record + ((record.stored + 7u) & ~7u),
                   __ATOMIC_RELEASE);
  __atomic_store_n(&beat->sequence, sequence, __ATOMIC_RELEASE);
  percuss_edge_tally_begin(data, size);
}

void percuss_input_end(void) {
  uint32_t pid = 0;
  if (!may_write(&pid)) return;
  input_runs = 0;
  percuss_edge_tally_end();
  __atomic_store_n(&beat->sequence, (beat->sequence | 1) + 1, __ATOMIC_RELEASE);
}

void percuss_input_adopt(void) {
  if (beat == NULL) return;
  const int runs = input_runs;
  input_runs = 0;
  uint32_t pid = 0;
  if (may_write(&pid)) beat->pid = pid;
  prctl(PR_SET_PDEATHSIG, 0);
  input_runs = runs;
}

uint8_t* percuss_exact_copy(const uint8_t* data, size_t size) {
  uint8_t* block = malloc(size != 0 ? size : 1);
  if (block == NULL) abort();
  if (size == 0) return block + 1;
  memcpy(block, data, size);
  return block;
}

void percuss_exact_free(uint8_t* copy, size_t size) { free(size != 0 ? copy : copy - 1); }

#if defined(__clang__)
#pragma clang attribute pop
#endif
