/* SPDX-License-Identifier: Apache-2.0
 *
 * Arm Versatile Express with a Cortex-A9: a PL011, and the core's private watchdog. */
#include "targets/firmware/reference/boards/board.h"
#include "targets/firmware/reference/boards/pl011.h"
#include "targets/firmware/reference/core.h"

#define WATCHDOG_LOAD REGISTER32(BOARD_WATCHDOG + 0x0u)
#define WATCHDOG_CONTROL REGISTER32(BOARD_WATCHDOG + 0x8u) /* 0 on, 2 interrupt, 15:8 prescaler */

void board_uart_init(void) { pl011_start(24000000u); }

/* As a timer, which warns and never resets: in its watchdog mode QEMU does neither. */
void board_watchdog_start(void) {
  board_watchdog_feed();
  WATCHDOG_CONTROL = 5u;
  interrupt_enable(BOARD_WATCHDOG_IRQ);
}

void board_watchdog_feed(void) { WATCHDOG_LOAD = BOARD_TIMER_HZ / 1000u * BOARD_WATCHDOG_MS - 1u; }
