/* SPDX-License-Identifier: Apache-2.0
 *
 * Arm's PL011 UART (DDI 0183) at BOARD_UART, on the boards that have one: pl011.c takes and puts
 * their bytes. */
#ifndef TARGETS_FIRMWARE_REFERENCE_BOARDS_PL011_H_
#define TARGETS_FIRMWARE_REFERENCE_BOARDS_PL011_H_

#include <stdint.h>

/* 115200 baud, receive interrupt on. */
void pl011_start(uint32_t clock_hz);

#endif /* TARGETS_FIRMWARE_REFERENCE_BOARDS_PL011_H_ */
