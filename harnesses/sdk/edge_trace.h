/* SPDX-License-Identifier: Apache-2.0
 *
 * Which edges one input takes, for who looks from outside and also when the input kills the
 * process: for finding what tells failing inputs from surviving ones.
 *
 * The supervisor creates a file of zeroes and names it in PERCUSS_EDGE_TRACE; without it every call
 * here does nothing. Pages of the file are put under the counters of the target (Clang's
 * inline-8bit-counters), so that what an input has reached stays when its process is gone, whatever
 * ended it. Needs Clang's table of places (-fsanitize-coverage=pc-table), which -fsanitize=fuzzer
 * brings; the counters are those of the program itself, without shared libraries. A counter goes
 * around at 256.
 *
 * Not thread-safe. All integers are in host byte order: the file never leaves the host.
 */
#ifndef PERCUSS_HARNESSES_SDK_EDGE_TRACE_H_
#define PERCUSS_HARNESSES_SDK_EDGE_TRACE_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PERCUSS_EDGE_TRACE_ENV "PERCUSS_EDGE_TRACE"
#define PERCUSS_EDGE_TRACE_MAGIC 0x0031435254434550ull /* "PECTRC1" */

/* Start of the file. Only the harness writes, once it begins an input. */
struct percuss_edge_trace {
  uint64_t magic;
  uint64_t edges;
  uint64_t places_at;   /* in the file: `edges` words, the place of each edge in the program's file
                           as a symboliser wants it, times two, plus one where a function begins */
  uint64_t counters_at; /* in the file: `edges` bytes */
  uint64_t needed;      /* bytes that the file must have; where it has less nothing is traced */
  uint64_t reserved[3];
};

/* Before each input: forgets what inputs before it have reached. */
void percuss_edge_trace_begin(void);

#ifdef __cplusplus
}
#endif

#endif /* PERCUSS_HARNESSES_SDK_EDGE_TRACE_H_ */
