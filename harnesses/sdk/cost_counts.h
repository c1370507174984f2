/* SPDX-License-Identifier: Apache-2.0
 *
 * What an input costs, as feedback for libFuzzer: how often each edge of the target ran, in counts
 * that do not wrap, and how many edges ran in all. libFuzzer's own counters end at 128; a cost that
 * grows with the input shows only above that.
 *
 * Costs are levels of a factor: an edge's every factor of four from 64 on, of all edges together
 * every quarter of a doubling. An input shows all levels up to its own (section
 * __libfuzzer_extra_counters), so that libFuzzer keeps it only where none before it has cost as
 * much, or where it costs as much and is shorter.
 *
 * Linked into a target that is compiled with -fsanitize-coverage=trace-pc-guard beside
 * -fsanitize=fuzzer, which takes
 *   -Wl,--wrap=LLVMFuzzerTestOneInput,--wrap=__sanitizer_cov_trace_pc_guard
 *   -Wl,--wrap=__sanitizer_cov_trace_pc_guard_init
 * as libFuzzer has functions of the last two names that refuse to work.
 *
 *   PERCUSS_COST_FEEDBACK  0: counts, but tells libFuzzer nothing and does not search
 *   PERCUSS_COST_LIMIT     edges after which the process ends with exit code 77, having told the
 *                          number of the input
 *   PERCUSS_COST_LIST      a file to which the edges of each input that ends are appended, a line
 *                          each
 *
 * Edges beyond PERCUSS_COST_EDGES count in the sum alone. Not thread-safe.
 */
#ifndef PERCUSS_HARNESSES_SDK_COST_COUNTS_H_
#define PERCUSS_HARNESSES_SDK_COST_COUNTS_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PERCUSS_COST_EDGES 8192u
#define PERCUSS_COST_EDGE_LEVELS 13u
#define PERCUSS_COST_SUM_LEVELS 160u

struct percuss_costs {
  uint64_t sum;            /* edges that the input has run so far */
  const uint32_t* edges;   /* how often each of them; [0] is unused */
  const uint32_t* reached; /* indices of those that it has run, in the order of their first time */
  uint32_t reached_count;
};

/* Of the last input, or of the one that runs. */
struct percuss_costs percuss_costs_now(void);

/* The level of an edge that ran so often, and of so many edges together: 0 below the first; each
 * step is one level. */
uint32_t percuss_cost_edge_level(uint32_t count);
uint32_t percuss_cost_sum_level(uint64_t sum);

#ifdef __cplusplus
}
#endif

#endif /* PERCUSS_HARNESSES_SDK_COST_COUNTS_H_ */
