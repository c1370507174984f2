/* SPDX-License-Identifier: Apache-2.0
 *
 * The reference firmware as a program that takes many inputs and ends: the same sources for a board
 * and for the host, so that what the two say can be compared.
 *
 *   inputs   length (4, little-endian), bytes
 *
 * What the firmware sends goes out as it does on a line, and a mark behind each input. */
#ifndef TARGETS_FIRMWARE_BATCH_BATCH_H_
#define TARGETS_FIRMWARE_BATCH_BATCH_H_

#include <stddef.h>
#include <stdint.h>

/* on_board.c or on_host.c */
void batch_begin(void);
/* Takes up to `room` bytes of the file `inputs`, 0 when there are no more. */
size_t batch_read(uint8_t* bytes, size_t room);
void batch_end(void);

#endif /* TARGETS_FIRMWARE_BATCH_BATCH_H_ */
