/* SPDX-License-Identifier: Apache-2.0 */
#include "targets/firmware/reference/boards/pl011.h"

#include "targets/firmware/reference/boards/board.h"
#include "targets/firmware/reference/instructions.h"

#define UART_DATA REGISTER32(BOARD_UART + 0x00u)
#define UART_FLAGS REGISTER32(BOARD_UART + 0x18u) /* bit 4 receive empty, 5 transmit full */
#define UART_DIVIDER REGISTER32(BOARD_UART + 0x24u)
#define UART_DIVIDER_FRACTION REGISTER32(BOARD_UART + 0x28u)
#define UART_LINE REGISTER32(BOARD_UART + 0x2cu) /* bits 6:5 word length */
#define UART_CONTROL REGISTER32(BOARD_UART + 0x30u)
#define UART_INTERRUPTS REGISTER32(BOARD_UART + 0x38u) /* bit 4 receive */
#define UART_RX_EMPTY 0x10u
#define UART_TX_FULL 0x20u

/* Without the FIFO, whose interrupt comes only when it is half full. */
void pl011_start(uint32_t clock_hz) {
  const uint32_t divider_64 = (4u * clock_hz + 115200u / 2u) / 115200u;
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
