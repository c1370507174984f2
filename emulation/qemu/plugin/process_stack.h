/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The process stack pointer of a Cortex-M (PSP; DDI 0403E, B1.4.1), on which the tasks of a kernel
 * run and their faults are stacked. Up to 7.2 QEMU tells it to nobody; it lies in its state of the
 * processor, at the place that an MSR PSP changes. Known once a kernel has switched tasks.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_PROCESS_STACK_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_PROCESS_STACK_H_

#include <stdbool.h>
#include <stdint.h>

/* An instruction of this size and encoding is an MSR PSP. */
bool process_stack_is_set_by(uint32_t word, uint64_t size);
/* It is about to run. */
void process_stack_before(uint32_t word);
/* The block behind it begins. */
void process_stack_after(void);
/* After process_stack_before, until process_stack_after. */
extern bool process_stack_changes;

/* What is in PSP, or would be were it not in use as SP: then it is the main stack's pointer. False
 * where that is not known. */
bool process_stack_pointer(uint32_t* value);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_PROCESS_STACK_H_ */
