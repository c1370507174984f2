/* SPDX-License-Identifier: Apache-2.0
 *
 * Stellaris LM3S6965: a PL011-like UART and a watchdog that interrupts before it resets. */
#include "targets/firmware/reference/boards/board.h"
#include "targets/firmware/reference/boards/pl011.h"
#include "targets/firmware/reference/cortexm.h"

#define CLOCKS_0 REGISTER32(0x400fe100u) /* bit 3 watchdog */
#define CLOCKS_1 REGISTER32(0x400fe104u) /* bit 0 UART 0 */
#define CLOCKS_2 REGISTER32(0x400fe108u) /* bit 0 port A, where UART 0 is */
#define PORT_A_ALTERNATE REGISTER32(0x40004420u)
#define PORT_A_DIGITAL REGISTER32(0x4000451cu)

#define WATCHDOG_LOAD REGISTER32(BOARD_WATCHDOG + 0x0u)
#define WATCHDOG_CONTROL REGISTER32(BOARD_WATCHDOG + 0x8u) /* bit 0 interrupt, 1 reset */
#define WATCHDOG_CLEAR REGISTER32(BOARD_WATCHDOG + 0xcu)

void board_uart_init(void) {
  CLOCKS_1 |= 1u;
  CLOCKS_2 |= 1u;
  PORT_A_ALTERNATE |= 3u;
  PORT_A_DIGITAL |= 3u;
  pl011_start(BOARD_CLOCK_HZ);
}

void board_watchdog_start(void) {
  CLOCKS_0 |= 1u << 3;
  WATCHDOG_LOAD = BOARD_CLOCK_HZ / 1000u * BOARD_WATCHDOG_MS;
  WATCHDOG_CONTROL = 3u;
  interrupt_enable(BOARD_WATCHDOG_IRQ);
}

/* Clearing the interrupt reloads the counter, whether or not it is pending. */
void board_watchdog_feed(void) { WATCHDOG_CLEAR = 1u; }
