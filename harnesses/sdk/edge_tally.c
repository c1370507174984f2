/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "harnesses/sdk/edge_tally.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef PERCUSS_COUNTS_EDGES
/* Of AFL++'s runtime, and of Clang's inline counters (-fsanitize=fuzzer): a harness has one of
 * them. */
extern uint8_t* __afl_area_ptr __attribute__((weak));
extern uint32_t __afl_map_size __attribute__((weak));
extern uint8_t __start___sancov_cntrs[] __attribute__((weak, visibility("hidden")));
extern uint8_t __stop___sancov_cntrs[] __attribute__((weak, visibility("hidden")));
#endif

/* Our own branches are not the target's coverage: they would make every input look unstable. AFL++
 * wants --afl-noopt for that. */
#if defined(__clang__)
#pragma clang attribute push(__attribute__((no_sanitize("coverage"))), apply_to = function)
#endif

static struct percuss_edge_tally* tally;
static uint8_t* of_several;
static uint32_t* of_one;
static uint64_t capacity; /* our own copy: the target may scribble on the file */
static int opened;
static uint8_t* const* source;
static size_t source_edges;
static uint64_t digest;

static void map_file(int fd) {
  struct stat st;
  if (fstat(fd, &st) != 0 || (uint64_t)st.st_size <= sizeof(struct percuss_edge_tally)) return;
  void* map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) return;
  struct percuss_edge_tally* found = map;
  const uint64_t room = (uint64_t)st.st_size - sizeof *found;
  if (found->magic != PERCUSS_EDGE_TALLY_MAGIC || found->capacity == 0 ||
      found->capacity % 8 != 0 || found->capacity > room / (1 + sizeof(uint32_t))) {
    munmap(map, (size_t)st.st_size);
    return;
  }
  capacity = found->capacity;
  of_several = (uint8_t*)map + sizeof *found;
  of_one = (uint32_t*)(void*)(of_several + capacity);
  tally = found;
}

static void open_tally(void) {
  opened = 1;
  const char* path = getenv(PERCUSS_EDGE_TALLY_ENV);
  if (path == NULL) return;
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  map_file(fd);
  close(fd);
}

static const uint8_t* counters_of_target(size_t* edges) {
  *edges = source_edges;
  if (source != NULL) return *source;
#ifdef PERCUSS_COUNTS_EDGES
  if (&__afl_area_ptr != NULL && &__afl_map_size != NULL) {
    *edges = __afl_map_size;
    return __afl_area_ptr;
  }
  if (__start___sancov_cntrs != NULL) {
    *edges = (size_t)(__stop___sancov_cntrs - __start___sancov_cntrs);
    return __start___sancov_cntrs;
  }
#endif
  return NULL;
}

/* Whether the edge was new. */
static int count_edge(size_t edge, uint32_t input) {
  const uint32_t only = of_one[edge];
  if (only == 0) {
    of_one[edge] = input;
    return 1;
  }
  if (only != input) of_several[edge] = 255;
  return 0;
}

static int count_edges(const uint8_t* counters, size_t edges, uint32_t input) {
  int discovered = 0;
  size_t at = 0;
  for (; at + 8 <= edges; at += 8) {
    uint64_t reached;
    uint64_t known;
    memcpy(&reached, counters + at, 8);
    memcpy(&known, of_several + at, 8);
    if ((reached & ~known) == 0) continue;
    for (size_t i = at; i < at + 8; i++) {
      if (counters[i] != 0 && of_several[i] == 0) discovered |= count_edge(i, input);
    }
  }
  for (; at < edges; at++) {
    if (counters[at] != 0 && of_several[at] == 0) discovered |= count_edge(at, input);
  }
  return discovered;
}

/* FNV-1a, eight bytes at a time. */
uint64_t percuss_digest(const void* bytes, size_t count) {
  const uint8_t* at = bytes;
  uint64_t hash = 0xcbf29ce484222325u ^ count;
  for (; count >= 8; at += 8, count -= 8) {
    uint64_t word;
    memcpy(&word, at, 8);
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 29;
  }
  for (; count != 0; at++, count--) hash = (hash ^ *at) * 0x100000001b3u;
  return hash != 0 ? hash : 1;
}

void percuss_edge_tally_source(uint8_t* const* counters, size_t edges) {
  source = counters;
  source_edges = edges;
}

void percuss_edge_tally_begin(const uint8_t* data, size_t size) {
  if (!opened) open_tally();
  if (tally != NULL) digest = percuss_digest(data, size);
}

void percuss_edge_tally_skip(void) {
  if (tally != NULL) digest = tally->last_digest;
}

void percuss_edge_tally_end(void) {
  if (tally == NULL) return;
  size_t edges = 0;
  const uint8_t* counters = counters_of_target(&edges);
  if (counters == NULL) return;
  tally->edges = edges;
  if (edges > capacity || digest == tally->last_digest) return;
  tally->last_digest = digest;
  const uint64_t number = ++tally->inputs;
  /* Two inputs that share it only leave the estimate too high. */
  const uint32_t input = (uint32_t)(digest >> 32) | 1u;
  if (!count_edges(counters, edges, input)) return;
  tally->discoverers[63 - __builtin_clzll(number)]++;
}

#if defined(__clang__)
#pragma clang attribute pop
#endif
