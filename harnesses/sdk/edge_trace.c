/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "harnesses/sdk/edge_trace.h"

#include <fcntl.h>
#include <link.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((no_sanitize("coverage"))), apply_to = function)
#endif

struct place {
  uintptr_t pc;
  uintptr_t flags; /* 1: a function begins */
};

/* Of a program that was compiled with -fsanitize=fuzzer. */
extern uint8_t __start___sancov_cntrs[] __attribute__((weak, visibility("hidden")));
extern uint8_t __stop___sancov_cntrs[] __attribute__((weak, visibility("hidden")));
extern const struct place __start___sancov_pcs[] __attribute__((weak, visibility("hidden")));
extern const struct place __stop___sancov_pcs[] __attribute__((weak, visibility("hidden")));

static int opened;
static int traces;

static int take_first(struct dl_phdr_info* info, size_t size, void* bias) {
  (void)size;
  *(uintptr_t*)bias = info->dlpi_addr;
  return 1;
}

static uint64_t round_up(uint64_t value, uint64_t page) { return (value + page - 1) / page * page; }

static void write_places(uint64_t* to, size_t edges) {
  uintptr_t bias = 0;
  dl_iterate_phdr(take_first, &bias);
  for (size_t i = 0; i < edges; i++) {
    const struct place* place = &__start___sancov_pcs[i];
    to[i] = (uint64_t)(place->pc - bias) * 2 + (place->flags & 1);
  }
}

/* The counters share their first and last page with other variables: what is in there comes along,
 * but not by memcpy, where ASan would find its own zones between them. */
static int move_counters(int fd, uint64_t window_at, uint8_t* begin, size_t bytes) {
  volatile uint64_t* copy =
      mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)window_at);
  if (copy == MAP_FAILED) return 0;
  const volatile uint64_t* from = (const volatile uint64_t*)(const void*)begin;
  for (size_t i = 0; i < bytes / sizeof *from; i++) copy[i] = from[i];
  munmap((void*)(uintptr_t)copy, bytes);
  return mmap(begin, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, (off_t)window_at) !=
         MAP_FAILED;
}

static void trace_into(int fd) {
  const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
  const size_t edges = (size_t)(__stop___sancov_cntrs - __start___sancov_cntrs);
  uint8_t* const begin = (uint8_t*)((uintptr_t)__start___sancov_cntrs / page * page);
  const size_t window = round_up((uint64_t)(__stop___sancov_cntrs - begin), page);
  const uint64_t window_at = round_up(page + edges * sizeof(uint64_t), page);
  struct stat st;
  if (fstat(fd, &st) != 0 || (uint64_t)st.st_size < page) return;
  struct percuss_edge_trace* head =
      mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (head == MAP_FAILED) return;
  head->edges = edges;
  head->places_at = page;
  head->counters_at = window_at + (uint64_t)(__start___sancov_cntrs - begin);
  head->needed = window_at + window;
  if (head->needed <= (uint64_t)st.st_size) {
    write_places((uint64_t*)(void*)((uint8_t*)head + page), edges);
    traces = move_counters(fd, window_at, begin, window);
  }
  if (traces) head->magic = PERCUSS_EDGE_TRACE_MAGIC;
  munmap(head, (size_t)st.st_size);
}

static void open_trace(void) {
  opened = 1;
  const char* path = getenv(PERCUSS_EDGE_TRACE_ENV);
  if (path == NULL || __start___sancov_cntrs == NULL || __start___sancov_pcs == NULL) return;
  if (__stop___sancov_pcs - __start___sancov_pcs !=
      __stop___sancov_cntrs - __start___sancov_cntrs) {
    return;
  }
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  trace_into(fd);
  close(fd);
}

void percuss_edge_trace_begin(void) {
  if (!opened) open_trace();
  if (!traces) return;
  memset(__start___sancov_cntrs, 0, (size_t)(__stop___sancov_cntrs - __start___sancov_cntrs));
}

#if defined(__clang__)
#pragma clang attribute pop
#endif
