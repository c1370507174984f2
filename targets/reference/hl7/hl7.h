/* SPDX-License-Identifier: Apache-2.0
 *
 * HL7 version 2 over MLLP, as the Arden patient monitor speaks it to the hospital's interface
 * engine.
 *
 * The monitor is the receiver: it takes ADT messages (who lies in which bed) and ORU^R01 messages
 * (observations of neighbouring devices, shown beside its own), and answers each with an
 * acknowledgement. One link per device: all state is static, nothing here is reentrant or
 * thread-safe. Encodings follow HL7 2.6 chapter 2 (delimiters, escape sequences, acknowledgement)
 * and the MLLP block format of HL7's transport specification, release 1.
 *
 * Text that lives longer than a call is taken from the board's heap through the HAL and given back
 * by hl7_close().
 */
#ifndef ARDEN_HL7_HL7_H_
#define ARDEN_HL7_HL7_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HL7_FRAME_BYTES 8192u
#define HL7_BEDS 6u
#define HL7_CHANNELS 8u
#define HL7_ARRAY_VALUES 16u
#define HL7_LINE_COLUMNS 40u

/* What the board offers. No pointer may be NULL. */
struct hl7_hal {
  void* (*alloc)(size_t bytes); /* NULL when the heap is exhausted */
  void (*release)(void* block);
};

/* A value as the display shows it: the number times 1000. */
struct hl7_observation {
  uint32_t channel;
  char code[16];
  char units[12];
  int64_t value_milli;
  int64_t mean_milli; /* of a numeric array, else the value */
  uint32_t lines;     /* that a formatted text takes on the display */
};

struct hl7_callbacks {
  void* user;
  void (*send)(void* user, const uint8_t* bytes, size_t count); /* one MLLP block */
  void (*observed)(void* user, const struct hl7_observation* observation);
};

/* Both structs must outlive the link. */
void hl7_open(const struct hl7_hal* hal, const struct hl7_callbacks* callbacks);

/* Takes the next bytes of the stream, in pieces of any size. */
void hl7_receive(const uint8_t* bytes, size_t count);

/* Gives back all memory. hl7_open() may follow. */
void hl7_close(void);

#ifdef __cplusplus
}
#endif

#endif /* ARDEN_HL7_HL7_H_ */
