/* SPDX-License-Identifier: Apache-2.0
 *
 * Registers and instructions of the Cortex-M core that the firmware uses (ARMv6-M, v7-M, v8-M). */
#ifndef TARGETS_FIRMWARE_REFERENCE_CORTEXM_H_
#define TARGETS_FIRMWARE_REFERENCE_CORTEXM_H_

#include <stdbool.h>
#include <stdint.h>

#include "targets/firmware/reference/boards/board.h"
#include "targets/firmware/reference/instructions.h"

#define SYSTICK_CONTROL REGISTER32(0xe000e010u) /* bit 0 on, 1 interrupt, 2 core's clock */
#define SYSTICK_RELOAD REGISTER32(0xe000e014u)
#define SYSTICK_VALUE REGISTER32(0xe000e018u)

#define NVIC_SET_ENABLE(word) REGISTER32(0xe000e100u + 4u * (word))
#define NVIC_CLEAR_ENABLE(word) REGISTER32(0xe000e180u + 4u * (word))

#define SCB_INTERRUPT_STATE REGISTER32(0xe000ed04u) /* bit 28 pends PendSV */
#define SCB_VECTOR_TABLE REGISTER32(0xe000ed08u)
#define SCB_CONFIGURATION REGISTER32(0xe000ed14u)   /* bit 4 traps a division by zero */
#define SCB_PRIORITY_SYSTEM REGISTER32(0xe000ed20u) /* PendSV bits 23:16, SysTick bits 31:24 */
#define SCB_HANDLER_CONTROL REGISTER32(0xe000ed24u)
#define SCB_FAULT_STATUS REGISTER32(0xe000ed28u)
#define SCB_HARD_FAULT_STATUS REGISTER32(0xe000ed2cu)
#define SCB_MEMORY_FAULT_ADDRESS REGISTER32(0xe000ed34u)
#define SCB_BUS_FAULT_ADDRESS REGISTER32(0xe000ed38u)
#define MPU_TYPE REGISTER32(0xe000ed90u) /* bits 15:8: regions */
#define MPU_CONTROL REGISTER32(0xe000ed94u)
#define MPU_REGION_NUMBER REGISTER32(0xe000ed98u)
#define MPU_REGION_BASE REGISTER32(0xe000ed9cu)
#define MPU_REGION_ATTRIBUTES REGISTER32(0xe000eda0u) /* v7-M: RASR; v8-M: RLAR */
#define MPU_ATTRIBUTES_0 REGISTER32(0xe000edc0u)      /* v8-M */
#define SCB_COPROCESSORS REGISTER32(0xe000ed88u)

/* ARMv6-M has HardFault only, without status registers. */
#if defined(__ARM_ARCH_6M__)
#define CORE_HAS_FAULT_STATUS 0
#else
#define CORE_HAS_FAULT_STATUS 1
#endif

static inline void interrupt_enable(unsigned irq) {
  NVIC_SET_ENABLE(irq / 32u) = 1u << (irq % 32u);
}

/* Returns when no further interrupt of this line can be taken. */
static inline void interrupt_disable(unsigned irq) {
  NVIC_CLEAR_ENABLE(irq / 32u) = 1u << (irq % 32u);
  finish_memory_accesses();
}

/* SysTick_Handler once per millisecond. */
static inline void tick_start(void) {
  SYSTICK_RELOAD = BOARD_CLOCK_HZ / 1000u - 1u;
  SYSTICK_VALUE = 0;
  SYSTICK_CONTROL = 7u;
}
static inline void tick_acknowledge(void) {}

#endif /* TARGETS_FIRMWARE_REFERENCE_CORTEXM_H_ */
