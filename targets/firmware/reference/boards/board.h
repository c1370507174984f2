/* SPDX-License-Identifier: Apache-2.0
 *
 * What a board offers to the firmware. Its numbers are the macros below, chosen by BOARD_<NAME>;
 * its memory is in boards/<name>.ld. */
#ifndef TARGETS_FIRMWARE_REFERENCE_BOARDS_BOARD_H_
#define TARGETS_FIRMWARE_REFERENCE_BOARDS_BOARD_H_

#include <stdint.h>

#if defined(BOARD_MPS2_AN385) || defined(BOARD_MPS2_AN386) || defined(BOARD_MPS2_AN500)
#define BOARD_CLOCK_HZ 25000000u
#define BOARD_UART 0x40004000u
#define BOARD_UART_IRQ 0
#define BOARD_WATCHDOG 0x40008000u /* its interrupt is NMI */
#elif defined(BOARD_MPS2_AN505)
/* The core starts in the secure state, in which the firmware stays: secure aliases only. */
#define BOARD_CLOCK_HZ 20000000u
#define BOARD_UART 0x50200000u
#define BOARD_UART_IRQ 32
#define BOARD_WATCHDOG 0x50081000u /* its interrupt is NMI */
#elif defined(BOARD_LM3S6965EVB)
#define BOARD_CLOCK_HZ 12500000u /* the reset value of RCC: 200 MHz divided by 16 */
#define BOARD_UART 0x4000c000u
#define BOARD_UART_IRQ 5
#define BOARD_WATCHDOG 0x40000000u
#define BOARD_WATCHDOG_IRQ 18
#define BOARD_RAM_KIB 64
#elif defined(BOARD_MICROBIT)
#define BOARD_CLOCK_HZ 16000000u
#define BOARD_UART 0x40002000u
#define BOARD_UART_IRQ 2
#define BOARD_WATCHDOG 0x40010000u
#define BOARD_RAM_KIB 16
#elif defined(BOARD_NETDUINOPLUS2)
#define BOARD_CLOCK_HZ 168000000u
#define BOARD_UART 0x40011000u
#define BOARD_UART_IRQ 37
#define BOARD_WATCHDOG 0x40003000u
#define BOARD_RAM_KIB 128
#elif defined(BOARD_VEXPRESS_A9)
#define BOARD_CORE 0x1e000000u    /* the private devices of the Cortex-A9 */
#define BOARD_TIMER_HZ 100000000u /* theirs */
#define BOARD_UART 0x10009000u
#define BOARD_UART_IRQ 37
#define BOARD_WATCHDOG (BOARD_CORE + 0x620u)
#define BOARD_WATCHDOG_IRQ 30
#elif defined(BOARD_RISCV32_VIRT)
#define BOARD_CLINT 0x02000000u /* time and its interrupt */
#define BOARD_PLIC 0x0c000000u  /* interrupts of devices */
#define BOARD_TIMER_HZ 10000000u
#define BOARD_UART 0x10000000u
#define BOARD_UART_IRQ 10
#else
#error "no board chosen: define BOARD_<NAME>"
#endif

#ifndef BOARD_RAM_KIB
#define BOARD_RAM_KIB 4096
#endif

/* How much of an update container the board takes; the rest is cut off. */
#if BOARD_RAM_KIB >= 4096
#define BOARD_CONTAINER_BYTES 65535u
#elif BOARD_RAM_KIB >= 64
#define BOARD_CONTAINER_BYTES 8192u
#else
#define BOARD_CONTAINER_BYTES 1024u
#endif

#define BOARD_WATCHDOG_MS 2000u

/* Sets the clocks and the UART up, 115200 baud, receive interrupt on in the UART. */
void board_uart_init(void);
/* Takes a received byte and its interrupt off the UART; -1 when there is none. */
int board_uart_take(void);
/* Waits until the UART takes the byte. */
void board_uart_put(uint8_t byte);

/* Starts the watchdog with BOARD_WATCHDOG_MS, twice that until the reset where there is a warning
 * interrupt. */
void board_watchdog_start(void);
void board_watchdog_feed(void);

#endif /* TARGETS_FIRMWARE_REFERENCE_BOARDS_BOARD_H_ */
