/* SPDX-License-Identifier: Apache-2.0
 *
 * What a target says at each stop between rounds of inputs (count_preload.c). In host byte order:
 * it never leaves the host.
 */
#pragma once

#include <stdint.h>

#define PERCUSS_ROUNDS_ENV "PERCUSS_ROUNDS"
#define PERCUSS_COUNT_MAGIC 0x31544e5543524550ull /* "PERCUNT1" */

struct PercussCount {
  uint64_t magic;
  int64_t cpu_ns;     /* of the process so far */
  int64_t heap_bytes; /* that the target asked for and holds */
  uint64_t exact;     /* 0: the C library's own count, which includes what it keeps for itself */
};
