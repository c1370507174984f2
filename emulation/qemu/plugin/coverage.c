/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emulation/qemu/plugin/coverage.h"

#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include "harnesses/sdk/edge_tally.h"

static uint8_t own_map[COVERAGE_MAP_BYTES];
uint8_t* coverage_map = own_map;
uint32_t coverage_before;

void coverage_open(void) {
  percuss_edge_tally_source(&coverage_map, COVERAGE_MAP_BYTES);
  const char* id = getenv("__AFL_SHM_ID");
  if (id == NULL) return;
  void* map = shmat(atoi(id), NULL, 0);
  if ((intptr_t)map != -1) coverage_map = map;
}

/* Instructions lie at multiples of two or four: without the low bits' help the high ones must
 * spread (a finaliser as in MurmurHash3, public domain). */
uint32_t coverage_place(uint64_t address) {
  uint32_t hash = (uint32_t)(address ^ (address >> 32));
  hash = (hash ^ (hash >> 16)) * 0x85ebca6bu;
  hash = (hash ^ (hash >> 13)) * 0xc2b2ae35u;
  return (hash ^ (hash >> 16)) % COVERAGE_MAP_BYTES;
}
