/* SPDX-License-Identifier: Apache-2.0
 *
 * How each comparison of one input came out, below, equal or above, for who looks from outside and
 * also when the input kills the process: for finding what values tell failing inputs from surviving
 * ones.
 *
 * The supervisor creates a file of zeroes and names it in PERCUSS_VALUE_TRACE; without it nothing
 * is done, and comparisons cost what they always do. With it Clang's callbacks of comparisons
 * (-fsanitize-coverage=trace-cmp, which -fsanitize=fuzzer brings) are led here, by a jump that is
 * written over their first bytes: whoever traces does not fuzz. On x86-64; elsewhere nothing is
 * traced. Numbers are taken as signed; of a comparison with a constant it is the value that is
 * below or above.
 *
 * Not thread-safe. All integers are in host byte order: the file never leaves the host.
 */
#ifndef PERCUSS_HARNESSES_SDK_VALUE_TRACE_H_
#define PERCUSS_HARNESSES_SDK_VALUE_TRACE_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PERCUSS_VALUE_TRACE_ENV "PERCUSS_VALUE_TRACE"
#define PERCUSS_VALUE_TRACE_MAGIC 0x0031435654434550ull
#define PERCUSS_COMPARISONS 8192u /* a power of two */

enum percuss_relation { PERCUSS_BELOW = 1, PERCUSS_EQUAL = 2, PERCUSS_ABOVE = 4 };

struct percuss_comparison {
  uint64_t place;     /* in the program's file as a symboliser wants it; 0: nobody's yet */
  uint64_t relations; /* that were seen, as bits */
};

/* All of the file. Only the harness writes. A comparison keeps its number as long as the file
 * lives. */
struct percuss_value_trace {
  uint64_t magic;
  struct percuss_comparison at[PERCUSS_COMPARISONS];
};

/* Before each input: forgets what inputs before it have shown. */
void percuss_value_trace_begin(void);

#ifdef __cplusplus
}
#endif

#endif /* PERCUSS_HARNESSES_SDK_VALUE_TRACE_H_ */
