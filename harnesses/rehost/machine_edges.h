/* SPDX-License-Identifier: Apache-2.0
 *
 * The counters of a machine's edges, where the engine of this flavour looks for them, and the
 * SDK's tally of edges too. A process has one machine. Not thread-safe.
 */
#ifndef PERCUSS_HARNESSES_REHOST_MACHINE_EDGES_H_
#define PERCUSS_HARNESSES_REHOST_MACHINE_EDGES_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A power of two. */
size_t percuss_machine_edges_most(void);
/* To be called once, before the engine's first input. */
uint8_t* percuss_machine_edges(size_t count);

#ifdef __cplusplus
}
#endif

#endif /* PERCUSS_HARNESSES_REHOST_MACHINE_EDGES_H_ */
