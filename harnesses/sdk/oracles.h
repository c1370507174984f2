/* SPDX-License-Identifier: Apache-2.0
 *
 * Properties for which no answer is known in advance, only which answers must be the same:
 *
 *     percuss_account_step(&whole, "reply", bytes, count);   // from the device's callbacks, per
 * run percuss_deliver(data, size, PERCUSS_PIECES, Receive, &link);
 *     PERCUSS_KEEP(percuss_agree(&kSplit, &whole, &pieces));
 *
 * - two implementations agree on what bytes say (differential), or two ways of giving the same
 * bytes to one of them do (metamorphic): each run fills an account, percuss_agree compares the two;
 * - what was printed reads back, and reads as what it was printed from: percuss_stable,
 *   percuss_reads_back.
 *
 * Each answers with the property that is broken, or NULL, as trackers do (properties.h); one line
 * on stderr says first where the two part. Compiled without coverage and without memcmp: what the
 * other side says is no text for inputs. Needs libc only. Not thread-safe.
 */
#ifndef PERCUSS_HARNESSES_SDK_ORACLES_H_
#define PERCUSS_HARNESSES_SDK_ORACLES_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harnesses/sdk/properties.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a run showed, step by step: replies, measurements, elements of a tree. Begins as zeroes. The
 * first steps are kept to be shown; of all of them a digest is compared. */
#define PERCUSS_ACCOUNT_SHOWN 64u
#define PERCUSS_STEP_SHOWN 24u

struct percuss_step {
  const char* kind;
  size_t size;
  uint64_t digest;
  uint8_t head[PERCUSS_STEP_SHOWN];
};

struct percuss_account {
  uint64_t digest;
  size_t count;
  struct percuss_step steps[PERCUSS_ACCOUNT_SHOWN];
};

/* `kind`, a constant that outlives the account, is compared by its text. */
void percuss_account_step(struct percuss_account* account, const char* kind, const void* bytes,
                          size_t size);
void percuss_account_number(struct percuss_account* account, const char* kind, uint64_t number);

/* The same steps in the same order. */
const struct percuss_property* percuss_agree(const struct percuss_property* same,
                                             const struct percuss_account* one,
                                             const struct percuss_account* other);

/* How bytes of a stream come. Pieces of 1 byte and up: which, follows from the bytes themselves, so
 * that an input replays. */
enum percuss_delivery { PERCUSS_WHOLE, PERCUSS_BYTES, PERCUSS_PIECES };
typedef void (*percuss_receiver)(void* context, const uint8_t* piece, size_t size);

/* Each piece ends where its block on the heap does, so that a read past its end is seen. The next
 * one takes its place: who still reads what came before reads something else. No bytes, no call. */
void percuss_deliver(const uint8_t* bytes, size_t size, enum percuss_delivery how,
                     percuss_receiver receive, void* context);

/* What a printer prints; begins as zeroes. */
struct percuss_text {
  uint8_t* bytes;
  size_t size, room;
};

void percuss_print(struct percuss_text* text, const void* bytes, size_t size);
void percuss_text_drop(struct percuss_text* text);

/* Reads `bytes` and prints what it read. False when it refuses them. */
typedef bool (*percuss_reprinter)(void* context, const uint8_t* bytes, size_t size,
                                  struct percuss_text* text);

/* What was printed is not refused, and is printed as it is. */
const struct percuss_property* percuss_reads_back(const struct percuss_property* same,
                                                  percuss_reprinter reprint, void* context,
                                                  const uint8_t* printed, size_t size);
/* Any bytes: what is not refused is printed, and that reads back. */
const struct percuss_property* percuss_stable(const struct percuss_property* same,
                                              percuss_reprinter reprint, void* context,
                                              const uint8_t* bytes, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* PERCUSS_HARNESSES_SDK_ORACLES_H_ */
