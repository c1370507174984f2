/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "harnesses/sdk/value_trace.h"

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

#define MOST_STEPS 64u /* from a number to a free one; behind that it is not traced */

static int opened;
static struct percuss_value_trace* trace;
static uintptr_t bias;

static int take_first(struct dl_phdr_info* info, size_t size, void* to) {
  (void)size;
  *(uintptr_t*)to = info->dlpi_addr;
  return 1;
}

static void note(uintptr_t pc, int64_t left, int64_t right) {
  const uint64_t place = pc - bias - 1; /* within the call */
  const uint32_t relation = left < right    ? PERCUSS_BELOW
                            : left == right ? PERCUSS_EQUAL
                                            : PERCUSS_ABOVE;
  uint32_t number = (uint32_t)(place * 0x9E3779B97F4A7C15ull >> 32);
  for (uint32_t step = 0; step < MOST_STEPS; step++, number++) {
    struct percuss_comparison* at = &trace->at[number % PERCUSS_COMPARISONS];
    if (at->place == 0) at->place = place;
    if (at->place != place) continue;
    at->relations |= relation;
    return;
  }
}

/* Clang's callbacks of comparisons, of whoever is linked: libFuzzer, AFL++ or a sanitizer. Where
 * they are called from is what our own return to, as a jump leads from one to the other. */
#define CALLBACK(name, type, left, right)                      \
  extern void name(type, type) __attribute__((weak));          \
  static void note_##name(type a, type b) {                    \
    note((uintptr_t)__builtin_return_address(0), left, right); \
  }
#define CALLBACKS(bytes, type, as_signed)                                      \
  CALLBACK(__sanitizer_cov_trace_cmp##bytes, type, (as_signed)a, (as_signed)b) \
  CALLBACK(__sanitizer_cov_trace_const_cmp##bytes, type, (as_signed)b, (as_signed)a)

CALLBACKS(1, uint8_t, int8_t)
CALLBACKS(2, uint16_t, int16_t)
CALLBACKS(4, uint32_t, int32_t)
CALLBACKS(8, uint64_t, int64_t)

#if defined(__x86_64__)
/* E9 and the distance: JMP rel32. */
static void lead(uintptr_t from, uintptr_t to) {
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  const intptr_t distance = (intptr_t)(to - from - 5);
  uint8_t code[5] = {0xE9};
  const uintptr_t begin = from / page * page;
  const size_t bytes = from + sizeof code - begin;
  const int32_t offset = (int32_t)distance;
  if (from == 0 || distance != offset) return;
  memcpy(code + 1, &offset, sizeof offset);
  if (mprotect((void*)begin, bytes, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) return;
  memcpy((void*)from, code, sizeof code);
  mprotect((void*)begin, bytes, PROT_READ | PROT_EXEC);
}
#else
static void lead(uintptr_t from, uintptr_t to) { (void)from, (void)to; }
#endif

#define LEAD(bytes)                                       \
  lead((uintptr_t)__sanitizer_cov_trace_cmp##bytes,       \
       (uintptr_t)note___sanitizer_cov_trace_cmp##bytes); \
  lead((uintptr_t)__sanitizer_cov_trace_const_cmp##bytes, \
       (uintptr_t)note___sanitizer_cov_trace_const_cmp##bytes)

static void open_trace(void) {
  opened = 1;
  const char* path = getenv(PERCUSS_VALUE_TRACE_ENV);
  const int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  struct stat st;
  void* map = fstat(fd, &st) == 0 && (uint64_t)st.st_size >= sizeof *trace
                  ? mmap(NULL, sizeof *trace, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
                  : MAP_FAILED;
  close(fd);
  if (map == MAP_FAILED) return;
  dl_iterate_phdr(take_first, &bias);
  trace = map;
  LEAD(1);
  LEAD(2);
  LEAD(4);
  LEAD(8);
}

void percuss_value_trace_begin(void) {
  if (!opened) open_trace();
  if (trace == NULL) return;
  trace->magic = PERCUSS_VALUE_TRACE_MAGIC;
  for (size_t i = 0; i < PERCUSS_COMPARISONS; i++) trace->at[i].relations = 0;
}

#if defined(__clang__)
#pragma clang attribute pop
#endif
