/* SPDX-License-Identifier: Apache-2.0
 *
 * For libFuzzer the machine is a module with inline counters (Clang's SanitizerCoverage
 * documentation), as a compiler would have made it: of the extra counters that libFuzzer knows too
 * it looks at all there are, and does not count them as coverage.
 */
#include "harnesses/rehost/machine_edges.h"
#include "harnesses/sdk/edge_tally.h"

enum { kMost = 1 << 16 };

/* Where a counter's code is, and whether a function begins there. */
struct place {
  uintptr_t pc;
  uintptr_t flags;
};

void __sanitizer_cov_8bit_counters_init(uint8_t* start, uint8_t* stop);
void __sanitizer_cov_pcs_init(const uintptr_t* start, const uintptr_t* stop);

static uint8_t counters[kMost] __attribute__((aligned(4096)));
static struct place places[kMost];
static uint8_t* const source = counters;

size_t percuss_machine_edges_most(void) { return kMost; }

uint8_t* percuss_machine_edges(size_t count) {
  /* No code of this process has them: each is called after its counter. */
  for (size_t i = 0; i < count; i++) places[i].pc = (uintptr_t)&counters[i];
  __sanitizer_cov_8bit_counters_init(counters, counters + count);
  __sanitizer_cov_pcs_init(&places[0].pc, &places[count].pc);
  percuss_edge_tally_source(&source, count);
  return counters;
}
