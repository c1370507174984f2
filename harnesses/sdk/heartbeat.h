/* SPDX-License-Identifier: Apache-2.0
 *
 * How a running harness tells the supervisor which input it is at: a shared file that outlives the process.
 *
 * The supervisor creates the file and names it in PERCUSS_HEARTBEAT; without it every call here does nothing. The
 * harness side only stores to memory, so that kill -9 at any moment loses nothing and an input costs nanoseconds.
 * The file also keeps the last inputs in a ring: what ran before a crash, for bugs that need a history.
 *
 * Async-signal-safe, not thread-safe. All integers are in host byte order: the file never leaves the host.
 */
#ifndef PERCUSS_HARNESSES_SDK_HEARTBEAT_H_
#define PERCUSS_HARNESSES_SDK_HEARTBEAT_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PERCUSS_HEARTBEAT_ENV "PERCUSS_HEARTBEAT"
#define PERCUSS_HEARTBEAT_MAGIC 0x0031504d55434550ull /* "PECUMP1" */

/* Start of the file. The writer is the harness; the supervisor only reads, but for ring_bytes, which it sets when it
 * creates the file. */
struct percuss_heartbeat {
  uint64_t magic;
  uint64_t ring_bytes; /* size of the ring, which follows this struct; a power of two */
  uint64_t sequence;   /* odd while an input runs, even between inputs; counts up by one at either end */
  uint64_t pid;        /* of the process that wrote last */
  uint64_t head;       /* bytes ever written to the ring; the next record starts at head % ring_bytes */
  uint64_t reserved[3];
};

/* A record in the ring: this header, then `stored` bytes of input, then padding to 8 bytes. Records wrap byte by byte. */
struct percuss_ring_record {
  uint64_t sequence;
  uint32_t pid;
  uint32_t size;   /* of the input */
  uint32_t stored; /* of the input's bytes that the ring holds: less than size where it was too large */
  uint32_t check;  /* 0x50455243, "PERC" */
};

void percuss_input_begin(const uint8_t *data, size_t size);
void percuss_input_end(void);

#ifdef __cplusplus
}
#endif

#endif /* PERCUSS_HARNESSES_SDK_HEARTBEAT_H_ */
