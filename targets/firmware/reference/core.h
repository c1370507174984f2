/* SPDX-License-Identifier: Apache-2.0
 *
 * The core that the firmware is compiled for. All headers offer the same: interrupts_off and _on,
 * wait_for_interrupt, finish_memory_accesses, interrupt_enable and _disable, tick_start,
 * tick_acknowledge, and REGISTER32. */
#ifndef TARGETS_FIRMWARE_REFERENCE_CORE_H_
#define TARGETS_FIRMWARE_REFERENCE_CORE_H_

#if defined(__ARM_ARCH_7A__)
#include "targets/firmware/reference/cortexa.h"
#elif defined(__riscv)
#include "targets/firmware/reference/riscv.h"
#else
#include "targets/firmware/reference/cortexm.h"
#endif

#endif /* TARGETS_FIRMWARE_REFERENCE_CORE_H_ */
