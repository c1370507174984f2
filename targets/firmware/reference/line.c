/* SPDX-License-Identifier: Apache-2.0
 *
 * The serial line: received by interrupt into a ring, and time from the core's timer. A full ring
 * turns the UART's interrupt off in the interrupt controller and leaves the byte in the UART, so
 * that none is lost. */
#include "targets/firmware/reference/boards/board.h"
#include "targets/firmware/reference/core.h"
#include "targets/firmware/reference/firmware.h"

#define RING_BYTES 256u /* a power of two */

volatile uint32_t firmware_bytes_received;

static uint8_t ring[RING_BYTES];
static volatile uint32_t ring_written, ring_read; /* never wrapped: differences count */
static volatile bool throttled;
static volatile uint32_t ticks;
static volatile uint32_t last_byte_at;

void SysTick_Handler(void);
void UART_Handler(void);

__attribute__((weak)) void line_on_tick(void) {}
__attribute__((weak)) void line_on_bytes(void) {}

void SysTick_Handler(void) {
  tick_acknowledge();
  ticks++;
  line_on_tick();
}

/* Takes what there is; true when the ring is full. */
static bool fill_ring(void) {
  while (ring_written - ring_read < RING_BYTES) {
    const int byte = board_uart_take();
    if (byte < 0) return false;
    ring[ring_written % RING_BYTES] = (uint8_t)byte;
    ring_written++;
    firmware_bytes_received++;
    last_byte_at = ticks;
  }
  return true;
}

void UART_Handler(void) {
  if (fill_ring()) {
    throttled = true;
    interrupt_disable(BOARD_UART_IRQ);
  }
  line_on_bytes();
}

void line_start(void) {
  tick_start();
  board_uart_init();
  interrupt_enable(BOARD_UART_IRQ);
}

size_t line_read(uint8_t* bytes, size_t room) {
  size_t count = 0;
  while (count < room && ring_read != ring_written) {
    bytes[count++] = ring[ring_read % RING_BYTES];
    ring_read++;
  }
  if (throttled && ring_written - ring_read <= RING_BYTES / 2) {
    throttled = false;
    interrupt_enable(BOARD_UART_IRQ);
  }
  return count;
}

void line_write(const uint8_t* bytes, size_t count) {
  for (size_t i = 0; i < count; i++) board_uart_put(bytes[i]);
}

/* Masked interrupts still end WFI: none can slip in between the look and the sleep. */
void line_sleep(void) {
  interrupts_off();
  if (ring_read == ring_written) wait_for_interrupt();
  interrupts_on();
}

uint32_t line_quiet_ms(void) { return ticks - last_byte_at; }

uint32_t ticks_now(void) { return ticks; }

void ticks_delay_ms(uint32_t ms) {
  const uint32_t begin = ticks;
  while (ticks - begin < ms) {
  }
}
