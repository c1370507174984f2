/* SPDX-License-Identifier: Apache-2.0
 *
 * A RISC-V hart in machine mode, with the timer of the Core-Local Interruptor (SiFive FU540-C000
 * Manual, chapter 9) and the Platform-Level Interrupt Controller (RISC-V PLIC Specification 1.0),
 * in its context 0. */
#ifndef TARGETS_FIRMWARE_REFERENCE_RISCV_H_
#define TARGETS_FIRMWARE_REFERENCE_RISCV_H_

#include <stdint.h>

#include "targets/firmware/reference/boards/board.h"
#include "targets/firmware/reference/instructions.h"

#define TIMER_COMPARE_LOW REGISTER32(BOARD_CLINT + 0x4000u)
#define TIMER_COMPARE_HIGH REGISTER32(BOARD_CLINT + 0x4004u)
#define TIMER_LOW REGISTER32(BOARD_CLINT + 0xbff8u)
#define TIMER_HIGH REGISTER32(BOARD_CLINT + 0xbffcu)
#define TIMER_TICKS_PER_MS (BOARD_TIMER_HZ / 1000u)

#define PLIC_PRIORITY(irq) REGISTER32(BOARD_PLIC + 4u * (irq)) /* 0: never */
#define PLIC_ENABLE(word) REGISTER32(BOARD_PLIC + 0x2000u + 4u * (word))
#define PLIC_THRESHOLD REGISTER32(BOARD_PLIC + 0x200000u)
#define PLIC_CLAIM REGISTER32(BOARD_PLIC + 0x200004u) /* 0: none; written to complete */

/* The enable bit stays: without it the end of an interrupt that is being handled would be lost. */
static inline void interrupt_enable(unsigned irq) {
  PLIC_ENABLE(irq / 32u) |= 1u << (irq % 32u);
  PLIC_PRIORITY(irq) = 1u;
}

/* Returns when no further interrupt of this line can be taken. */
static inline void interrupt_disable(unsigned irq) {
  PLIC_PRIORITY(irq) = 0;
  finish_memory_accesses();
}

/* Never earlier than asked for, though it is written in two halves. */
static inline void timer_compare(uint64_t at) {
  TIMER_COMPARE_HIGH = UINT32_MAX;
  TIMER_COMPARE_LOW = (uint32_t)at;
  TIMER_COMPARE_HIGH = (uint32_t)(at >> 32);
}

/* SysTick_Handler once per millisecond. */
static inline void tick_start(void) {
  const uint32_t high = TIMER_HIGH;
  timer_compare(((uint64_t)high << 32 | TIMER_LOW) + TIMER_TICKS_PER_MS);
}
static inline void tick_acknowledge(void) {
  const uint32_t high = TIMER_COMPARE_HIGH;
  timer_compare(((uint64_t)high << 32 | TIMER_COMPARE_LOW) + TIMER_TICKS_PER_MS);
}

#endif /* TARGETS_FIRMWARE_REFERENCE_RISCV_H_ */
