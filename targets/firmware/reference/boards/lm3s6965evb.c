/* SPDX-License-Identifier: Apache-2.0
 *
 * Stellaris LM3S6965: a PL011-like UART and a watchdog that interrupts before it resets. */
#include "targets/firmware/reference/boards/board.h"
#include "targets/firmware/reference/cortexm.h"

#define CLOCKS_0 REGISTER32(0x400fe100u) /* bit 3 watchdog */
#define CLOCKS_1 REGISTER32(0x400fe104u) /* bit 0 UART 0 */
#define CLOCKS_2 REGISTER32(0x400fe108u) /* bit 0 port A, where UART 0 is */
#define PORT_A_ALTERNATE REGISTER32(0x40004420u)
#define PORT_A_DIGITAL REGISTER32(0x4000451cu)

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
#define WATCHDOG_CONTROL REGISTER32(BOARD_WATCHDOG + 0x8u) /* bit 0 interrupt, 1 reset */
#define WATCHDOG_CLEAR REGISTER32(BOARD_WATCHDOG + 0xcu)

/* Without the FIFO, whose interrupt comes only when it is half full. */
void board_uart_init(void) {
  CLOCKS_1 |= 1u;
  CLOCKS_2 |= 1u;
  PORT_A_ALTERNATE |= 3u;
  PORT_A_DIGITAL |= 3u;
  const uint32_t divider_64 = (4u * BOARD_CLOCK_HZ + 115200u / 2u) / 115200u;
  UART_CONTROL = 0;
  UART_DIVIDER = divider_64 / 64u;
  UART_DIVIDER_FRACTION = divider_64 % 64u;
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

void board_watchdog_start(void) {
  CLOCKS_0 |= 1u << 3;
  WATCHDOG_LOAD = BOARD_CLOCK_HZ / 1000u * BOARD_WATCHDOG_MS;
  WATCHDOG_CONTROL = 3u;
  interrupt_enable(BOARD_WATCHDOG_IRQ);
}

/* Clearing the interrupt reloads the counter, whether or not it is pending. */
void board_watchdog_feed(void) { WATCHDOG_CLEAR = 1u; }
