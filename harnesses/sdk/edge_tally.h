/* SPDX-License-Identifier: Apache-2.0
 *
 * Which edges of the target one input alone has reached so far, and which more than one: what an
 * estimate of the undiscovered needs (I. J. Good, 1953, Biometrika 40:237).
 *
 * The supervisor creates a shared file and names it in PERCUSS_EDGE_TALLY; without it every call
 * here does nothing. It outlives the process, so that lives of an engine add up. heartbeat.c makes
 * the calls around each input. An input that the one before it repeats, as calibration does, is no
 * new sample and counts as nothing; an edge that the same input reaches again, as after a restart,
 * is reached by one input still.
 *
 * Not thread-safe. All integers are in host byte order: the file never leaves the host.
 */
#ifndef PERCUSS_HARNESSES_SDK_EDGE_TALLY_H_
#define PERCUSS_HARNESSES_SDK_EDGE_TALLY_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PERCUSS_EDGE_TALLY_ENV "PERCUSS_EDGE_TALLY"
#define PERCUSS_EDGE_TALLY_MAGIC 0x00314c5954434550ull /* "PECTYL1" */
#define PERCUSS_EDGE_TALLY_SPANS 64

/* Start of the file. Behind it come `capacity` bytes, 255 for an edge that several inputs have
 * reached, 0 for others; then `capacity` words of 32 bits: of the edges that one input alone has
 * reached, a digest of that input, never 0. The capacity, a multiple of 8, is the supervisor's; all
 * else the harness writes. */
struct percuss_edge_tally {
  uint64_t magic;
  uint64_t capacity; /* edges that there is room for */
  uint64_t edges;  /* that the target has; where it is more than the capacity nothing is counted */
  uint64_t inputs; /* that ended by themselves */
  uint64_t last_digest; /* of the last input */
  uint64_t reserved[3];
  /* Inputs that reached an edge as the first, by the number of inputs then: [k] has those from
   * 2^k to 2^(k+1) - 1. */
  uint64_t discoverers[PERCUSS_EDGE_TALLY_SPANS];
};

/* Whose counters are looked at, for who has no engine of its own in the process: one byte for each
 * edge, not 0 where the input has come. `counters` is asked again for each input. */
void percuss_edge_tally_source(uint8_t* const* counters, size_t edges);

void percuss_edge_tally_begin(const uint8_t* data, size_t size);
void percuss_edge_tally_end(void);
/* The input between begin and end is not run. */
void percuss_edge_tally_skip(void);

/* Of bytes, never 0: for telling the inputs of a campaign apart, of which nobody makes two alike on
 * purpose. */
uint64_t percuss_digest(const void* bytes, size_t count);

#ifdef __cplusplus
}
#endif

#endif /* PERCUSS_HARNESSES_SDK_EDGE_TALLY_H_ */
