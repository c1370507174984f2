/* SPDX-License-Identifier: Apache-2.0
 *
 * Cortex-A9 MPCore (Arm DDI 0407): the private timer and the interrupt controller (GIC,
 * IHI 0048), both at offsets from BOARD_CORE. */
#ifndef TARGETS_FIRMWARE_REFERENCE_CORTEXA_H_
#define TARGETS_FIRMWARE_REFERENCE_CORTEXA_H_

#include <stdint.h>

#include "targets/firmware/reference/boards/board.h"
#include "targets/firmware/reference/instructions.h"

#define GIC_CPU_CONTROL REGISTER32(BOARD_CORE + 0x100u)
#define GIC_PRIORITY_MASK REGISTER32(BOARD_CORE + 0x104u)
#define GIC_ACKNOWLEDGE REGISTER32(BOARD_CORE + 0x10cu) /* bits 9:0 the interrupt */
#define GIC_END REGISTER32(BOARD_CORE + 0x110u)
#define GIC_CONTROL REGISTER32(BOARD_CORE + 0x1000u)
#define GIC_SET_ENABLE(word) REGISTER32(BOARD_CORE + 0x1100u + 4u * (word))
#define GIC_CLEAR_ENABLE(word) REGISTER32(BOARD_CORE + 0x1180u + 4u * (word))
#define GIC_TARGETS(word) REGISTER32(BOARD_CORE + 0x1800u + 4u * (word)) /* a byte each */

#define TIMER_RELOAD REGISTER32(BOARD_CORE + 0x600u)
#define TIMER_CONTROL REGISTER32(BOARD_CORE + 0x608u) /* bit 0 on, 1 reload, 2 interrupt */
#define TIMER_STATUS REGISTER32(BOARD_CORE + 0x60cu)  /* bit 0, cleared by writing it */
#define TIMER_IRQ 29u

static inline void interrupt_enable(unsigned irq) {
  GIC_TARGETS(irq / 4u) |= 1u << (irq % 4u * 8u);
  GIC_SET_ENABLE(irq / 32u) = 1u << (irq % 32u);
}

/* Returns when no further interrupt of this line can be taken. */
static inline void interrupt_disable(unsigned irq) {
  GIC_CLEAR_ENABLE(irq / 32u) = 1u << (irq % 32u);
  finish_memory_accesses();
}

/* SysTick_Handler once per millisecond. */
static inline void tick_start(void) {
  TIMER_RELOAD = BOARD_TIMER_HZ / 1000u - 1u;
  TIMER_CONTROL = 7u;
  interrupt_enable(TIMER_IRQ);
}
static inline void tick_acknowledge(void) { TIMER_STATUS = 1u; }

#endif /* TARGETS_FIRMWARE_REFERENCE_CORTEXA_H_ */
