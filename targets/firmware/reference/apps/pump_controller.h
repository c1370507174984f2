/* SPDX-License-Identifier: Apache-2.0
 *
 * A controller on the pump's serial line, which sends what the records of an input ask for and
 * judges the pump from outside, as harnesses/pump_serial_harness.cc does on a host. Records:
 *
 *   mode (1), length (1), bytes
 *     mode bit 0   the bytes go on the line as they are
 *     mode bit 3   sends an earlier frame again: its number (1), flags to add (1)
 *     otherwise    the bytes are flags, sequence (2), command, payload; CRC and framing are added
 *     mode bit 1   does what a controller with the key would do: response, tag, offset, CRC
 *     mode bit 2   uses the next sequence number
 */
#ifndef TARGETS_FIRMWARE_REFERENCE_APPS_PUMP_CONTROLLER_H_
#define TARGETS_FIRMWARE_REFERENCE_APPS_PUMP_CONTROLLER_H_

#include "targets/reference/pump/pump.h"

extern const uint8_t pump_test_key[PUMP_KEY_BYTES];
extern const uint8_t pump_test_pin[8];

/* Forgets everything; frames go to `device`. */
void controller_open(struct pump* device);
void controller_send_record(uint8_t mode, const uint8_t* bytes, size_t count);

/* What the pump does, as its HAL sees it. */
void controller_reply(const uint8_t* bytes, size_t count);
void controller_session_opened(void);
bool controller_order_is_new(void);

/* One byte of the input, before it is used: a secret in it makes one in a reply harmless. */
void controller_note_input(uint8_t byte);

#endif /* TARGETS_FIRMWARE_REFERENCE_APPS_PUMP_CONTROLLER_H_ */
