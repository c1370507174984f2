/* SPDX-License-Identifier: Apache-2.0
 *
 * All that a harness includes. A harness is one function from bytes to one call of the target:
 *
 *     #include "harnesses/sdk/percuss_harness.h"
 *
 *     PERCUSS_HARNESS(pulse_oximeter, 1) {  // name, version of the input format
 *       plx_decode(data, size);             // const uint8_t *data, size_t size
 *       return 0;                           // 0: keep the input if it is new; -1: never keep it
 *     }
 *
 * The same function serves libFuzzer, AFL++ (through its libFuzzer driver), the coverage replay and
 * the benchmark runner. The version counts up whenever old inputs would be read differently, so
 * that a replay can say so.
 *
 * With PERCUSS_EXACT_COPY defined the harness gets a copy of the input on the heap, of exactly its
 * size: for AFL++, whose driver hands out a shared buffer in which reads past the input go unseen.
 *
 * Needs libc only. Not thread-safe: engines call a harness from one thread.
 */
#ifndef PERCUSS_HARNESSES_SDK_PERCUSS_HARNESS_H_
#define PERCUSS_HARNESSES_SDK_PERCUSS_HARNESS_H_

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "harnesses/sdk/heartbeat.h"
#ifdef PERCUSS_FORK_SERVER
#include "harnesses/sdk/fork_server.h"
#endif
#ifdef PERCUSS_ISOLATION
#include "harnesses/sdk/isolate.h"
#endif

#ifdef __cplusplus
#define PERCUSS_EXTERN_C extern "C"
#else
#define PERCUSS_EXTERN_C extern
#endif

#ifdef PERCUSS_EXACT_COPY
#define PERCUSS_RUN_BODY(result, data, size)                    \
  uint8_t* const percuss_copy = percuss_exact_copy(data, size); \
  const int result = percuss_harness_body(percuss_copy, size);  \
  percuss_exact_free(percuss_copy, size)
#elif defined(PERCUSS_ISOLATION)
#define PERCUSS_RUN_BODY(result, data, size) \
  const int result = percuss_isolate_run(percuss_harness_body, data, size)
#else
#define PERCUSS_RUN_BODY(result, data, size) const int result = percuss_harness_body(data, size)
#endif

#ifdef PERCUSS_FORK_SERVER
#define PERCUSS_TAKE_INPUT(data, size) percuss_fork_server_take(&(data), &(size))
#define PERCUSS_DROP_INPUT(data, size) percuss_fork_server_drop(data, size)
#define PERCUSS_MORE_INPUTS() percuss_fork_server_more()
#else
#define PERCUSS_TAKE_INPUT(data, size) (void)0
#define PERCUSS_DROP_INPUT(data, size) (void)0
#define PERCUSS_MORE_INPUTS() 0
#endif

/* `percuss` reads the two constants from the binary's symbol table; keep them out of the linker's
 * garbage. */
#define PERCUSS_HARNESS(name, format_version)                                             \
  static int percuss_harness_body(const uint8_t* data, size_t size);                      \
  PERCUSS_EXTERN_C const char percuss_harness_name[];                                     \
  PERCUSS_EXTERN_C const uint32_t percuss_harness_format_version;                         \
  __attribute__((used)) const char percuss_harness_name[] = #name;                        \
  __attribute__((used)) const uint32_t percuss_harness_format_version = (format_version); \
  PERCUSS_EXTERN_C int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);          \
  int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {                          \
    for (;;) {                                                                            \
      PERCUSS_TAKE_INPUT(data, size);                                                     \
      percuss_input_begin(data, size);                                                    \
      PERCUSS_RUN_BODY(result, data, size);                                               \
      percuss_input_end();                                                                \
      PERCUSS_DROP_INPUT(data, size);                                                     \
      if (!PERCUSS_MORE_INPUTS()) return result;                                          \
    }                                                                                     \
  }                                                                                       \
  static int percuss_harness_body(const uint8_t* data, size_t size)

/* A security property that must hold whatever the input was, for example "no command before
 * authentication". Breaking it is a finding of kind `property` with the given id, although nothing
 * crashed by itself. */
#define PERCUSS_PROPERTY(condition, id, message)                                \
  do {                                                                          \
    if (!(condition)) {                                                         \
      fprintf(stderr, "percuss: property violated: %s: %s\n", (id), (message)); \
      abort();                                                                  \
    }                                                                           \
  } while (0)

#endif /* PERCUSS_HARNESSES_SDK_PERCUSS_HARNESS_H_ */
