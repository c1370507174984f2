/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emulation/qemu/plugin/reply_codes.h"

#include <stdio.h>
#include <sys/mman.h>

#include "emulation/qemu/plugin/coverage.h"
#include "harnesses/sdk/edge_tally.h"

#define MOST_TOLD 64u

struct code {
  uint8_t bytes[REPLY_CODE_MOST_BYTES];
  bool is_short;
};

/* For the original, whatever ends the copy. */
static struct {
  size_t count;
  struct code code[MOST_TOLD];
} * told;

static size_t code_at;
static size_t code_bytes;
static size_t taken; /* of this reply */
static struct code now;
static uint32_t before; /* the place of the code before */

bool reply_codes_prepare(size_t at, size_t bytes) {
  if (bytes > REPLY_CODE_MOST_BYTES) return false;
  code_at = at;
  code_bytes = bytes;
  if (bytes == 0) return true;
  void* map = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) return false;
  told = map;
  return true;
}

void reply_codes_begin(void) {
  taken = 0;
  before = 0;
  if (told != NULL) told->count = 0;
}

void reply_codes_take(const uint8_t* bytes, size_t size) {
  for (size_t i = 0; i < code_bytes; i++) {
    const size_t at = code_at + i;
    if (at >= taken && at - taken < size) now.bytes[i] = bytes[at - taken];
  }
  taken += size;
}

void reply_codes_end(void) {
  if (code_bytes == 0 || taken == 0) return;
  now.is_short = taken < code_at + code_bytes;
  const uint64_t digest = percuss_digest(now.bytes, now.is_short ? 0 : code_bytes);
  const uint32_t place = coverage_place(digest);
  coverage_map[before ^ place]++;
  before = place >> 1;
  if (told->count < MOST_TOLD) told->code[told->count++] = now;
  taken = 0;
}

void reply_codes_tell(void) {
  if (told == NULL) return;
  fputs("percuss-board: replies", stderr);
  for (size_t i = 0; i < told->count && i < MOST_TOLD; i++) {
    fputc(' ', stderr);
    if (told->code[i].is_short) fputs("short", stderr);
    for (size_t k = 0; k < code_bytes && !told->code[i].is_short; k++) {
      fprintf(stderr, "%02x", told->code[i].bytes[k]);
    }
  }
  fputc('\n', stderr);
  fflush(stderr);
}
