/* SPDX-License-Identifier: Apache-2.0
 *
 * Registers of devices, and the instructions of a core; Cortex-A and Cortex-M have them alike. */
#ifndef TARGETS_FIRMWARE_REFERENCE_INSTRUCTIONS_H_
#define TARGETS_FIRMWARE_REFERENCE_INSTRUCTIONS_H_

#include <stdint.h>

#define REGISTER32(address) (*(volatile uint32_t*)(address))

#if defined(__riscv)
/* Machine mode: bit 3 of mstatus. */
static inline void interrupts_off(void) { __asm__ volatile("csrci mstatus, 8" ::: "memory"); }
static inline void interrupts_on(void) { __asm__ volatile("csrsi mstatus, 8" ::: "memory"); }
static inline void wait_for_interrupt(void) { __asm__ volatile("fence\n\twfi" ::: "memory"); }
static inline void finish_memory_accesses(void) { __asm__ volatile("fence" ::: "memory"); }
#else
static inline void interrupts_off(void) { __asm__ volatile("cpsid i" ::: "memory"); }
static inline void interrupts_on(void) { __asm__ volatile("cpsie i" ::: "memory"); }
static inline void wait_for_interrupt(void) { __asm__ volatile("dsb\n\twfi" ::: "memory"); }
static inline void finish_memory_accesses(void) { __asm__ volatile("dsb\n\tisb" ::: "memory"); }
#endif

#endif /* TARGETS_FIRMWARE_REFERENCE_INSTRUCTIONS_H_ */
