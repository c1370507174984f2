/* SPDX-License-Identifier: Apache-2.0 */
#include "harnesses/sdk/cost_counts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harnesses/sdk/cost_climb.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((no_sanitize("coverage"))), apply_to = function)
#endif

#define FIRST_EDGE_STEP 64u
#define FIRST_SUM_STEP 64u
#define LIMIT_EXIT_CODE 77

/* Byte by byte: libFuzzer makes another feature of each. */
__attribute__((
    section("__libfuzzer_extra_counters"))) static uint8_t shown_sum[PERCUSS_COST_SUM_LEVELS];
__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t
    shown_edges[PERCUSS_COST_EDGES * PERCUSS_COST_EDGE_LEVELS];

static uint32_t edges_known;
static uint32_t counts[PERCUSS_COST_EDGES];
static uint32_t reached[PERCUSS_COST_EDGES];
static uint32_t reached_count;
static uint64_t sum;
static uint64_t limit = UINT64_MAX;
static uint64_t inputs;
static int feedback = -1;
static FILE* list;

int __real_LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
int __wrap_LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
void __wrap___sanitizer_cov_trace_pc_guard_init(uint32_t* start, uint32_t* stop);
void __wrap___sanitizer_cov_trace_pc_guard(uint32_t* guard);

uint32_t percuss_cost_edge_level(uint32_t count) {
  if (count < FIRST_EDGE_STEP) return 0;
  return (27u - (uint32_t)__builtin_clz(count)) / 2;
}

/* 64, 76, 90, 107, 128 ...: a quarter of a doubling each. */
uint32_t percuss_cost_sum_level(uint64_t value) {
  static const uint32_t kQuarters[3] = {77936u, 92682u, 110218u}; /* 2^16 * 2^(k/4) */
  if (value < FIRST_SUM_STEP) return 0;
  const uint32_t doublings = 63u - (uint32_t)__builtin_clzll(value);
  const uint64_t mantissa = doublings > 16 ? value >> (doublings - 16) : value << (16 - doublings);
  uint32_t quarter = 0;
  while (quarter < 3 && mantissa >= kQuarters[quarter]) quarter++;
  const uint32_t level = (doublings - 6) * 4 + quarter + 1;
  return level < PERCUSS_COST_SUM_LEVELS ? level : PERCUSS_COST_SUM_LEVELS;
}

struct percuss_costs percuss_costs_now(void) {
  const struct percuss_costs now = {sum, counts, reached, reached_count};
  return now;
}

static void read_environment(void) {
  const char* asked = getenv("PERCUSS_COST_FEEDBACK");
  feedback = asked == NULL || strcmp(asked, "0") != 0;
  const char* most = getenv("PERCUSS_COST_LIMIT");
  if (most != NULL) limit = strtoull(most, NULL, 10);
  const char* path = getenv("PERCUSS_COST_LIST");
  if (path != NULL) list = fopen(path, "ae");
}

static void begin(void) {
  if (feedback < 0) read_environment();
  for (uint32_t i = 0; i < reached_count; i++) counts[reached[i]] = 0;
  reached_count = 0;
  sum = 0;
  inputs++;
}

static void show(void) {
  memset(shown_sum, 1, percuss_cost_sum_level(sum));
  for (uint32_t i = 0; i < reached_count; i++) {
    const uint32_t edge = reached[i];
    const uint32_t level = percuss_cost_edge_level(counts[edge]);
    memset(shown_edges + (size_t)edge * PERCUSS_COST_EDGE_LEVELS, 1, level);
  }
}

static void end_at_limit(void) {
  fprintf(stderr, "percuss: cost limit: input %llu ran %llu edges\n", (unsigned long long)inputs,
          (unsigned long long)sum);
  _exit(LIMIT_EXIT_CODE);
}

int __wrap_LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  begin();
  const int result = __real_LLVMFuzzerTestOneInput(data, size);
  if (list != NULL) {
    fprintf(list, "%llu\n", (unsigned long long)sum);
    fflush(list);
  }
  if (feedback) {
    show();
    percuss_climb_ran(data, size);
  }
  return result;
}

void __wrap___sanitizer_cov_trace_pc_guard_init(uint32_t* start, uint32_t* stop) {
  if (start == stop || *start != 0) return;
  for (; start < stop; start++) {
    *start = edges_known + 1 < PERCUSS_COST_EDGES ? ++edges_known : PERCUSS_COST_EDGES;
  }
}

void __wrap___sanitizer_cov_trace_pc_guard(uint32_t* guard) {
  const uint32_t edge = *guard;
  if (++sum >= limit) end_at_limit();
  if (edge - 1 >= PERCUSS_COST_EDGES - 1) return;
  if (counts[edge] == 0) reached[reached_count++] = edge;
  if (counts[edge] != UINT32_MAX) counts[edge]++;
}

#if defined(__clang__)
#pragma clang attribute pop
#endif
