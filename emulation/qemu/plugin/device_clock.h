/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The devices' time is the number of instructions that the processor has executed: inputs, timers
 * and watchdogs meet at the same instruction in every run, however busy the host is. QEMU takes
 * the time from the C library's clock_gettime; this library is preloaded and answers instead. Only
 * the processor's thread sees time pass and runs the devices' timers; for all others it stands.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_DEVICE_CLOCK_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_DEVICE_CLOCK_H_

#include <stdbool.h>
#include <stdint.h>

/* From now on. ps_per_instruction: picoseconds. */
void device_clock_start(uint64_t ps_per_instruction);
/* Called by the processor's thread: it has executed so many more. */
void device_clock_count(uint64_t instructions);
/* Of these so many have not been executed yet. */
void device_clock_take_back(uint64_t fewer);
uint64_t device_clock_instructions(void);
/* Runs the timers that are due. Returns the instruction count at which to call again. */
uint64_t device_clock_run(void);
/* The processor sleeps: time jumps to the next timer, which runs. False when there is none. */
bool device_clock_sleep(void);
/* Device time since the start. */
uint64_t device_clock_ns(void);

void device_clock_begin_input(void);
/* Since then: instructions, and device time up to the last of them. A sleep from which nothing has
 * woken the processor is none of it: how far time jumped there is a timer's period, not the
 * input's doing. */
uint64_t device_clock_of_input(void);
uint64_t device_clock_ns_of_input(void);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_DEVICE_CLOCK_H_ */
