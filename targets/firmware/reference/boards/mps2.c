/* SPDX-License-Identifier: Apache-2.0
 *
 * Arm MPS2 and its FPGA images: CMSDK UART and CMSDK watchdog. */
#include "targets/firmware/reference/boards/board.h"
#include "targets/firmware/reference/cortexm.h"

#define UART_DATA REGISTER32(BOARD_UART + 0x0u)
#define UART_STATE REGISTER32(BOARD_UART + 0x4u)   /* bit 0 transmit full, 1 receive full */
#define UART_CONTROL REGISTER32(BOARD_UART + 0x8u) /* bit 0 TX, 1 RX, 2 TX irq, 3 RX irq */
#define UART_INTERRUPT_CLEAR REGISTER32(BOARD_UART + 0xcu)
#define UART_DIVIDER REGISTER32(BOARD_UART + 0x10u)
#define UART_TX_FULL 1u
#define UART_RX_FULL 2u
#define UART_RX_INTERRUPT 2u

#define WATCHDOG_LOAD REGISTER32(BOARD_WATCHDOG + 0x0u)
#define WATCHDOG_CONTROL REGISTER32(BOARD_WATCHDOG + 0x8u) /* bit 0 interrupt, 1 reset */
#define WATCHDOG_CLEAR REGISTER32(BOARD_WATCHDOG + 0xcu)
#define WATCHDOG_LOCK REGISTER32(BOARD_WATCHDOG + 0xc00u)
#define WATCHDOG_UNLOCK_KEY 0x1acce551u

void board_uart_init(void) {
  UART_DIVIDER = BOARD_CLOCK_HZ / 115200u;
  UART_CONTROL = 0xbu;
}

/* The interrupt is cleared before the byte is taken: the next byte may come as soon as it is. */
int board_uart_take(void) {
  if ((UART_STATE & UART_RX_FULL) == 0) return -1;
  UART_INTERRUPT_CLEAR = UART_RX_INTERRUPT;
  return (int)(UART_DATA & 0xffu);
}

void board_uart_put(uint8_t byte) {
  while ((UART_STATE & UART_TX_FULL) != 0) {
  }
  UART_DATA = byte;
}

void board_watchdog_start(void) {
  WATCHDOG_LOCK = WATCHDOG_UNLOCK_KEY;
  WATCHDOG_LOAD = BOARD_CLOCK_HZ / 1000u * BOARD_WATCHDOG_MS;
  WATCHDOG_CONTROL = 3u;
}

/* Clearing the interrupt reloads the counter, whether or not it is pending. */
void board_watchdog_feed(void) { WATCHDOG_CLEAR = 1u; }
