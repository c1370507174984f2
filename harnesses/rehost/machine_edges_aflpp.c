/* SPDX-License-Identifier: Apache-2.0
 *
 * For AFL++ the machine writes into the map that its runtime shares with afl-fuzz.
 */
#include "harnesses/rehost/machine_edges.h"
#include "harnesses/sdk/edge_tally.h"

extern uint8_t* __afl_area_ptr;
extern uint32_t __afl_map_size;

size_t percuss_machine_edges_most(void) {
  size_t most = 1;
  while (most * 2 <= __afl_map_size && most < (1u << 16)) most *= 2;
  return most;
}

uint8_t* percuss_machine_edges(size_t count) {
  percuss_edge_tally_source(&__afl_area_ptr, count);
  return __afl_area_ptr;
}
