/* SPDX-License-Identifier: Apache-2.0
 *
 * BBC micro:bit (nRF51822), as QEMU models it: with a SysTick, which the chip's core lacks. */
#include "targets/firmware/reference/boards/board.h"
#include "targets/firmware/reference/cortexm.h"

#define UART_START_RX REGISTER32(BOARD_UART + 0x000u)
#define UART_START_TX REGISTER32(BOARD_UART + 0x008u)
#define UART_RX_READY REGISTER32(BOARD_UART + 0x108u)
#define UART_TX_READY REGISTER32(BOARD_UART + 0x11cu)
#define UART_INTERRUPTS_SET REGISTER32(BOARD_UART + 0x304u) /* bit 2 receive */
#define UART_ENABLE REGISTER32(BOARD_UART + 0x500u)
#define UART_PIN_TX REGISTER32(BOARD_UART + 0x50cu)
#define UART_PIN_RX REGISTER32(BOARD_UART + 0x514u)
#define UART_RX_DATA REGISTER32(BOARD_UART + 0x518u)
#define UART_TX_DATA REGISTER32(BOARD_UART + 0x51cu)
#define UART_BAUD REGISTER32(BOARD_UART + 0x524u)

#define WATCHDOG_START REGISTER32(BOARD_WATCHDOG + 0x000u)
#define WATCHDOG_COUNT REGISTER32(BOARD_WATCHDOG + 0x504u) /* of 32768 Hz */
#define WATCHDOG_RELOAD REGISTER32(BOARD_WATCHDOG + 0x600u)
#define WATCHDOG_RELOAD_KEY 0x6e524635u

void board_uart_init(void) {
  UART_PIN_TX = 24;
  UART_PIN_RX = 25;
  UART_BAUD = 0x01d7e000u; /* 115200 */
  UART_ENABLE = 4;
  UART_INTERRUPTS_SET = 1u << 2;
  UART_START_TX = 1;
  UART_START_RX = 1;
}

/* The event is cleared before the byte is taken: taking it announces the next one. */
int board_uart_take(void) {
  if (UART_RX_READY == 0) return -1;
  UART_RX_READY = 0;
  return (int)(UART_RX_DATA & 0xffu);
}

void board_uart_put(uint8_t byte) {
  UART_TX_READY = 0;
  UART_TX_DATA = byte;
  while (UART_TX_READY == 0) {
  }
}

void board_watchdog_start(void) {
  WATCHDOG_COUNT = 32768u / 1000u * BOARD_WATCHDOG_MS;
  WATCHDOG_START = 1;
}

void board_watchdog_feed(void) { WATCHDOG_RELOAD = WATCHDOG_RELOAD_KEY; }
