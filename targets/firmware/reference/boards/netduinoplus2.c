/* SPDX-License-Identifier: Apache-2.0
 *
 * Netduino Plus 2 (STM32F405): USART1 on port B and the independent watchdog. The clock tree stays
 * as a boot loader leaves it: 168 MHz core, 84 MHz for USART1. */
#include "targets/firmware/reference/boards/board.h"
#include "targets/firmware/reference/cortexm.h"

#define RCC_AHB1_CLOCKS REGISTER32(0x40023830u) /* bit 1 port B */
#define RCC_APB2_CLOCKS REGISTER32(0x40023844u) /* bit 4 USART1 */
#define PORT_B_MODE REGISTER32(0x40020400u)
#define PORT_B_ALTERNATE_LOW REGISTER32(0x40020420u)

#define UART_STATUS REGISTER32(BOARD_UART + 0x00u) /* bit 5 received, 7 transmit empty */
#define UART_DATA REGISTER32(BOARD_UART + 0x04u)
#define UART_DIVIDER REGISTER32(BOARD_UART + 0x08u)
#define UART_CONTROL_1 REGISTER32(BOARD_UART + 0x0cu) /* 13 on, 5 RX irq, 3 TX, 2 RX */
#define UART_RX_NOT_EMPTY 0x20u
#define UART_TX_EMPTY 0x80u
#define UART_CLOCK_HZ 84000000u

#define WATCHDOG_KEY REGISTER32(BOARD_WATCHDOG + 0x0u)
#define WATCHDOG_PRESCALER REGISTER32(BOARD_WATCHDOG + 0x4u)
#define WATCHDOG_LOAD REGISTER32(BOARD_WATCHDOG + 0x8u)

void board_uart_init(void) {
  RCC_AHB1_CLOCKS |= 1u << 1;
  RCC_APB2_CLOCKS |= 1u << 4;
  PORT_B_MODE = (PORT_B_MODE & ~(0xfu << 12)) | 0xau << 12;                  /* PB6, PB7 */
  PORT_B_ALTERNATE_LOW = (PORT_B_ALTERNATE_LOW & 0x00ffffffu) | 0x77u << 24; /* USART1 */
  UART_DIVIDER = UART_CLOCK_HZ / 115200u;
  UART_CONTROL_1 = 1u << 13 | 1u << 5 | 1u << 3 | 1u << 2;
}

/* Taking the byte takes the interrupt back. */
int board_uart_take(void) {
  if ((UART_STATUS & UART_RX_NOT_EMPTY) == 0) return -1;
  return (int)(UART_DATA & 0xffu);
}

void board_uart_put(uint8_t byte) {
  while ((UART_STATUS & UART_TX_EMPTY) == 0) {
  }
  UART_DATA = byte;
}

/* 32 kHz divided by 64: two milliseconds a count. */
void board_watchdog_start(void) {
  WATCHDOG_KEY = 0x5555u;
  WATCHDOG_PRESCALER = 4u;
  WATCHDOG_LOAD = BOARD_WATCHDOG_MS / 2u;
  WATCHDOG_KEY = 0xccccu;
}

void board_watchdog_feed(void) { WATCHDOG_KEY = 0xaaaau; }
