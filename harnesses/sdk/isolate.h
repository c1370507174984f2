/* SPDX-License-Identifier: Apache-2.0
 *
 * Goes on past crashes without starting the engine anew. On with PERCUSS_ISOLATE=1 in the environment, for libFuzzer;
 * otherwise the two calls below cost a comparison each.
 *
 * The fuzzing process forks now and then. The copy goes on fuzzing; the original keeps the state of that moment, waits
 * and does nothing. When the copy dies in an input, the original forks again, so that the engine goes on from its own
 * memory with corpus, dictionary and random state, and the input that killed is skipped when it comes round. The first
 * process never runs an input: it waits for the last one and ends as that one ended. Signals to stop are passed on.
 *
 *   PERCUSS_ISOLATE        1 to switch it on
 *   PERCUSS_ISOLATE_STATS  a file for the counts, one line per distinct crash and one for all, written at the end
 *
 * Crashes are reported and saved by the engine as always, but for those whose place (the topmost program counters) has
 * been reported PERCUSS_ISOLATE_COPIES times before: those are only counted.
 *
 * Not for AFL++, whose fork server does the same, and not for a harness that starts threads or keeps state outside its
 * own memory. Threads of the engine do not follow: libFuzzer's -rss_limit_mb does nothing here, limit memory from
 * outside. Linux only. Not thread-safe.
 */
#ifndef PERCUSS_HARNESSES_SDK_ISOLATE_H_
#define PERCUSS_HARNESSES_SDK_ISOLATE_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PERCUSS_ISOLATE_COPIES 3

/* Before an input. Not 0: the input is known to kill the process and is to be skipped. */
int percuss_isolate_begin(const uint8_t *data, size_t size);

/* After an input that was not skipped. */
void percuss_isolate_end(void);

#ifdef __cplusplus
}
#endif

#endif /* PERCUSS_HARNESSES_SDK_ISOLATE_H_ */
