/* SPDX-License-Identifier: Apache-2.0
 *
 * Goes on past crashes without starting the engine anew. On with PERCUSS_ISOLATE=1 in the
 * environment, for libFuzzer; otherwise the call below costs a comparison.
 *
 * The fuzzing process forks now and then. The copy goes on fuzzing; the original keeps the state of
 * that moment, waits and does nothing. When the copy dies in an input, the original forks again, so
 * that the engine goes on from its own memory with corpus, dictionary and random state, and the
 * input that killed is skipped when it comes round. The first process never runs an input: it waits
 * for the last one and ends as that one ended. Signals to stop are passed on.
 *
 *   PERCUSS_ISOLATE        1 to switch it on
 *   PERCUSS_ISOLATE_STATS  a file for the counts, one line per distinct crash and one for all,
 * written at the end
 *
 * Crashes are reported and saved by the engine as always, but for those whose place (the topmost
 * program counters) has been reported PERCUSS_ISOLATE_COPIES times before. Those are only counted,
 * and where the processor trapped in the target's own code, or in a libc function that it called
 * directly, the process does not even die: the input is left by a jump. What it had allocated leaks
 * and its globals stay as they are, so a later crash may be the jump's fault: confirm crashes in a
 * fresh process, and note that a process does this at most some thousand times.
 *
 * Not for AFL++, whose fork server does the same, and not for a harness that starts threads or
 * keeps state outside its own memory. Threads of the engine do not follow: libFuzzer's
 * -rss_limit_mb does nothing here, limit memory from outside. The first copy waits for them to come
 * to rest; when they do not within 5 s, isolation says so and stays off. Linux only. Not
 * thread-safe.
 */
#ifndef PERCUSS_HARNESSES_SDK_ISOLATE_H_
#define PERCUSS_HARNESSES_SDK_ISOLATE_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PERCUSS_ISOLATE_COPIES 3

/* Runs the body on the input, in a process that is expected to survive it. Returns what the body
 * returned, or -1 where the input was skipped or left. */
int percuss_isolate_run(int (*body)(const uint8_t* data, size_t size), const uint8_t* data,
                        size_t size);

/* For a harness whose target is put back after each input whatever became of it, as a machine is:
 * whether the failure of this name has been reported PERCUSS_ISOLATE_COPIES times. Then it is
 * counted, and the harness returns from the input instead of dying, as from one that shows nothing.
 * Never where isolation is off. */
int percuss_isolate_is_reported(const char* failure);

#ifdef __cplusplus
}
#endif

#endif /* PERCUSS_HARNESSES_SDK_ISOLATE_H_ */
