/* SPDX-License-Identifier: Apache-2.0
 *
 * QEMU's machine "virt" with a RISC-V core: a 16550 UART (National Semiconductor PC16550D), and no
 * watchdog. */
#include "targets/firmware/reference/boards/board.h"
#include "targets/firmware/reference/core.h"
#include "targets/firmware/reference/firmware.h"

#define UART(offset) (*(volatile uint8_t*)(BOARD_UART + (offset)))
#define UART_DATA UART(0)       /* the divider's low byte where bit 7 of UART_LINE is set */
#define UART_INTERRUPTS UART(1) /* bit 0 receive; the divider's high byte */
#define UART_FIFO UART(2)
#define UART_LINE UART(3) /* bits 1:0 word length */
#define UART_MODEM UART(4)
#define UART_STATUS UART(5) /* bit 0 received, 5 ready to transmit */
#define UART_DIVIDER (3686400u / 16u / 115200u)

static volatile uint32_t watchdog_left_ms; /* 0: not started */

/* Without the FIFO, whose interrupt waits for several bytes or for a pause. */
void board_uart_init(void) {
  UART_INTERRUPTS = 0;
  UART_LINE = 0x83;
  UART_DATA = UART_DIVIDER;
  UART_INTERRUPTS = 0;
  UART_LINE = 3;
  UART_FIFO = 0;
  UART_MODEM = 0;
  UART_INTERRUPTS = 1;
}

/* Taking the byte takes the interrupt back. */
int board_uart_take(void) {
  if ((UART_STATUS & 1u) == 0) return -1;
  return UART_DATA;
}

void board_uart_put(uint8_t byte) {
  while ((UART_STATUS & 1u << 5) == 0) {
  }
  UART_DATA = byte;
}

/* The tick counts in place of a watchdog: it warns and never resets, and not where interrupts are
 * off. */
void board_watchdog_start(void) { board_watchdog_feed(); }

void board_watchdog_feed(void) { watchdog_left_ms = BOARD_WATCHDOG_MS; }

void line_on_tick(void) {
  if (watchdog_left_ms != 0 && --watchdog_left_ms == 0) firmware_watchdog_expired();
}
