/* SPDX-License-Identifier: Apache-2.0
 *
 * Many inputs from one started process, each in a copy of it: what a rerun costs is then a fork,
 * not the start of a sanitized program. On with PERCUSS_FORK_SERVER in the environment; otherwise
 * the calls below cost a comparison.
 *
 * The process comes as far as its first input, which it never runs. It stays there and reads
 * requests; for each it forks, and the copy goes on in the harness, with the bytes of the file that
 * the request names in the place of the first input's, until it ends as a process of its own would
 * have. So no input sees what another one left behind. Where what is done before the first input
 * depends on that input, on time or on chance, all copies have the same: reruns that must not share
 * it need processes of their own.
 *
 * Not with PERCUSS_ISOLATE, and not for AFL++, whose own fork server starts in main. Linux only.
 * Not thread-safe; threads that the target starts before its first input do not follow.
 */
#ifndef PERCUSS_HARNESSES_SDK_FORK_SERVER_H_
#define PERCUSS_HARNESSES_SDK_FORK_SERVER_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Two paths of pipes with a space between: requests are read from the first, answers written to the
 * second. Both are structs in host byte order, smaller than PIPE_BUF and so never torn. */
#define PERCUSS_FORK_SERVER_ENV "PERCUSS_FORK_SERVER"

struct percuss_fork_request {
  uint64_t number;
  uint32_t several; /* 1: the file is several inputs, each behind its size (32 bits) */
  uint32_t reserved;
  char path[3800]; /* of the input, ends with 0 */
};

enum { PERCUSS_FORK_STARTED = 1, PERCUSS_FORK_ENDED = 2 };

struct percuss_fork_answer {
  uint64_t number; /* of the request */
  int32_t what;
  int32_t pid;    /* of the copy; -1: the system refused one */
  int32_t status; /* ended: as of wait(2) */
  int32_t reserved;
  int64_t cpu_ns; /* ended: user and system time, with what the copy waited for */
};

/* Written to stdout and stderr after all that the copy wrote, with the request's number. */
#define PERCUSS_FORK_END_MARK "\npercuss: end of run %llu\n"

/* Around the input of a harness. In a copy the first one puts the request's bytes in the place of
 * the engine's, in a heap block of exactly their size, which the second one frees. */
void percuss_fork_server_take(const uint8_t** data, size_t* size);
void percuss_fork_server_drop(const uint8_t* data, size_t size);

/* After it: whether the copy has another input, for which both are to be called again. Behind the
 * last of several it does not return: such a copy ends without the check for leaks. */
int percuss_fork_server_more(void);

#ifdef __cplusplus
}
#endif

#endif /* PERCUSS_HARNESSES_SDK_FORK_SERVER_H_ */
