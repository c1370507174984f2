/* SPDX-License-Identifier: Apache-2.0
 *
 * Secrets that an operation tells by how long it works, or by how much it answers (CWE-208,
 * CWE-204). The harness runs one operation with two classes of secrets between which a peer must
 * not be able to tell: a guess that is wrong in its first byte, and one in its last; one PIN and
 * another.
 *
 *     static void Prepare(void* context, unsigned secret_class, uint64_t draw);  // not measured
 *     static size_t Answer(void* context);        // measured; bytes of the reply
 *     const percuss_leak leak = {&kWork, &kLength, Prepare, Answer, &bench, 16, false};
 *     PERCUSS_KEEP(percuss_leak_measure(&leak, seed));
 *
 * Trials come in pairs: both classes with the same draw, that is with all that is public alike, in
 * an order that is drawn too. Work is what of the instrumented code ran, each edge as often as it
 * did, and not time: the same on a loaded machine, and in every replay. A pair must be alike in
 * work and in length; no statistic is needed for that, and none is wrong now and then.
 *
 * Where the operation draws random numbers of its own (`randomised`), the two classes are compared
 * as samples, by Welch's t of edges and of bytes, which must be within 4.5 (Reparaz, Balasch,
 * Verbauwhede 2017, "Dude, is my code constant time?"). That is wrong about once in 100,000: for a
 * test with a fixed seed and some thousand pairs, not for each input of a campaign.
 *
 *   PERCUSS_LEAK_PAIRS   so many pairs, in place of the harness's own number, and one line on
 * stderr for edges, bytes and nanoseconds: means and t. Time is told, never judged.
 *
 * Work is known where libFuzzer's counters or AFL++'s map are, else lengths alone are judged. The
 * engine keeps what it had counted, and sees what the trials add. Not seen: what code that is not
 * instrumented does, and what an instruction itself or a cache takes longer for. Not thread-safe.
 */
#ifndef PERCUSS_HARNESSES_SDK_LEAK_H_
#define PERCUSS_HARNESSES_SDK_LEAK_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harnesses/sdk/properties.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PERCUSS_LEAK_PAIRS_ENV "PERCUSS_LEAK_PAIRS"
#define PERCUSS_LEAK_THRESHOLD 4.5

struct percuss_leak {
  const struct percuss_property* work;
  const struct percuss_property* length;
  /* Brings all into the state before the operation, from nothing but its arguments. */
  void (*prepare)(void* context, unsigned secret_class, uint64_t draw);
  size_t (*operation)(void* context);
  void* context;
  unsigned pairs;
  bool randomised;
};

const struct percuss_property* percuss_leak_measure(const struct percuss_leak* leak, uint64_t seed);

/* A sample's count, mean and sum of squared distances from it (Welford 1962). */
struct percuss_moments {
  uint64_t count;
  double mean, squares;
};

void percuss_moments_add(struct percuss_moments* moments, double value);
/* Welch's t. 0 where a sample has less than two values; infinite where neither varies and they
 * differ. */
double percuss_welch_t(const struct percuss_moments* one, const struct percuss_moments* other);

/* For who has no engine in the process: whose counters are looked at, one byte for each edge. */
void percuss_leak_counters(uint8_t* counters, size_t edges);

#ifdef __cplusplus
}
#endif

#endif /* PERCUSS_HARNESSES_SDK_LEAK_H_ */
