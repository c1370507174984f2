/* SPDX-License-Identifier: Apache-2.0
 *
 * Coverage of a library that is not instrumented, seen from outside: calls of libc that come from
 * the library's code, counted by call site, and values that the harness learns. libFuzzer reads the
 * counters as coverage of their own (section __libfuzzer_extra_counters). Without AddressSanitizer
 * only the values are counted.
 *
 * Not thread-safe. */
#ifndef PERCUSS_HARNESSES_BIOSIG_LOAD_FEEDBACK_H_
#define PERCUSS_HARNESSES_BIOSIG_LOAD_FEEDBACK_H_

#include <stdint.h>

enum feedback_kind {
  FEEDBACK_FILE_TYPE, /* each value is new coverage */
  FEEDBACK_ERROR,     /* likewise */
  FEEDBACK_CHANNELS,  /* each power of two is new coverage */
  FEEDBACK_SAMPLES,
  FEEDBACK_READ,
  FEEDBACK_KINDS
};

/* Calls are counted between these two. */
void feedback_start(void);
void feedback_stop(void);

void feedback_value(enum feedback_kind kind, uint64_t value);

#endif /* PERCUSS_HARNESSES_BIOSIG_LOAD_FEEDBACK_H_ */
