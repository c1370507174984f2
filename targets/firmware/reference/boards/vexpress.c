/* SPDX-License-Identifier: Apache-2.0
 *
 * Arm Versatile Express with a Cortex-A9: a PL011, and the core's private watchdog. */
#include "targets/firmware/reference/boards/board.h"
#include "targets/firmware/reference/core.h"

#define UART_DATA REGISTER32(BOARD_UART + 0x00u)
#define UART_FLAGS REGISTER32(BOARD_UART + 0x18u) /* bit 4 receive empty, 5 transmit full */
#define UART_DIVIDER REGISTER32(BOARD_UART + 0x24u)
#define UART_DIVIDER_FRACTION REGISTER32(BOARD_UART + 0x28u)
#define UART_LINE REGISTER32(BOARD_UART + 0x2cu) /* bits 6:5 word length */
#define UART_CONTROL REGISTER32(BOARD_UART + 0x30u)
#define UART_INTERRUPTS REGISTER32(BOARD_UART + 0x38u) /* bit 4 receive */
#define UART_RX_EMPTY 0x10u
#define UART_TX_FULL 0x20u

#define WATCHDOG_LOAD REGISTER32(BOARD_WATCHDOG + 0x0u)
#define WATCHDOG_CONTROL REGISTER32(BOARD_WATCHDOG + 0x8u) /* 0 on, 2 interrupt, 15:8 prescaler */

/* Without the FIFO, whose interrupt comes only when it is half full. 24 MHz make 115200 baud. */
void board_uart_init(void) {
  UART_CONTROL = 0;
  UART_DIVIDER = 13;
  UART_DIVIDER_FRACTION = 1;
  UART_LINE = 3u << 5;
  UART_INTERRUPTS = 1u << 4;
  UART_CONTROL = 0x301u;
}

/* Taking the byte takes the interrupt back. */
int board_uart_take(void) {
  if ((UART_FLAGS & UART_RX_EMPTY) != 0) return -1;
  return (int)(UART_DATA & 0xffu);
}

void board_uart_put(uint8_t byte) {
  while ((UART_FLAGS & UART_TX_FULL) != 0) {
  }
  UART_DATA = byte;
}

/* As a timer, which warns and never resets: in its watchdog mode QEMU does neither. */
void board_watchdog_start(void) {
  board_watchdog_feed();
  WATCHDOG_CONTROL = 5u;
  interrupt_enable(BOARD_WATCHDOG_IRQ);
}

void board_watchdog_feed(void) { WATCHDOG_LOAD = BOARD_TIMER_HZ / 1000u * BOARD_WATCHDOG_MS - 1u; }
