/* SPDX-License-Identifier: Apache-2.0
 *
 * How a running harness tells the supervisor which input it is at: a shared file that outlives the
 * process.
 *
 * The supervisor creates the file and names it in PERCUSS_HEARTBEAT; without it every call here
 * does nothing. The harness side only stores to memory, so that kill -9 at any moment loses nothing
 * and an input costs nanoseconds. The file also keeps the last inputs in a ring: what ran before a
 * crash, for bugs that need a history.
 *
 * A process that the target forks while an input runs does not write here: the input belongs to its
 * parent. Async-signal-safe but for the first call, not thread-safe. All integers are in host byte
 * order: the file never leaves the host.
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
#define PERCUSS_RECORD_CHECK 0x50455243u              /* "PERC" */

/* Start of the file. The writer is the harness; the supervisor only reads, but for ring_bytes,
 * which it sets when it creates the file. */
struct percuss_heartbeat {
  uint64_t magic;
  uint64_t ring_bytes; /* size of the ring, which follows this struct; a power of two */
  uint64_t sequence;   /* odd while an input runs, even between; counts up by one at either end */
  uint64_t pid;        /* of the process that wrote last */
  uint64_t head;       /* bytes ever written to the ring; the next record is at head % ring_bytes */
  uint64_t last_record; /* the head before the last record was written: where that record starts */
  uint64_t reserved[2];
};

/* A record in the ring: this header, then `stored` bytes of input, then padding to 8 bytes. Records
 * wrap byte by byte. */
struct percuss_ring_record {
  uint64_t sequence;
  uint32_t pid;
  uint32_t size; /* of the input */
  uint32_t
      stored;     /* of the input's bytes that the ring holds: less than size if it was too large */
  uint32_t check; /* PERCUSS_RECORD_CHECK */
};

void percuss_input_begin(const uint8_t* data, size_t size);
void percuss_input_end(void);
/* In a copy of the process that goes on with the input in its place (isolate.h): it writes from now
 * on, and may outlive its parent. */
void percuss_input_adopt(void);

/* The input in a heap block of exactly its size, so that ASan sees the first byte read past its
 * end, even of an empty input. Aborts when there is no memory. For engines that hand out their own,
 * larger buffer. */
uint8_t* percuss_exact_copy(const uint8_t* data, size_t size);
void percuss_exact_free(uint8_t* copy, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* PERCUSS_HARNESSES_SDK_HEARTBEAT_H_ */
