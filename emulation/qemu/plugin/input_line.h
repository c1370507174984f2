/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The input on its way into the machine: over a character device, byte by byte as its front end
 * takes them, or at once into a buffer in memory.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_INPUT_LINE_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_INPUT_LINE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct input_line {
  char device[64]; /* of the character device; empty: the buffer */
  uint64_t buffer; /* address */
  uint64_t room;   /* of the buffer; longer inputs are cut */
  uint64_t length; /* address of a 32-bit word that gets the number of bytes; 0: nobody wants it */
  void* found;
  const uint8_t* bytes;
  size_t size;
  size_t sent;
  size_t cut;         /* bytes at its end that did not fit into the buffer */
  int most;           /* that the front end takes at once */
  uint64_t for_stdin; /* 1: QEMU's standard input is another way to the same bytes */
};

/* False where the machine has no such character device. */
bool input_line_open(struct input_line* line);
/* False where the machine has no memory at the buffer's address. */
bool input_line_begin(struct input_line* line, const uint8_t* bytes, size_t size);
/* Hands over what the front end takes now; returns how many bytes it took. */
size_t input_line_push(struct input_line* line);
/* Bytes that the firmware did not read, as far as the front end's room tells. */
size_t input_line_unread(const struct input_line* line);
static inline bool input_line_empty(const struct input_line* line) {
  return line->sent == line->size;
}

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_INPUT_LINE_H_ */
