/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One copy of a Linux program takes many inputs: after each, memory (memory_snapshot.h), mappings
 * (mapping_watch.h) and descriptors (call_effects.h) are as they were at the checkpoint. What else
 * the kernel knows of the process cannot be put back: from the first system call on that may change
 * it, and from any signal on, the copy is a plain fork, which ends with its input. So each input
 * sees what it would see in a fork of its own.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_INPUT_LOOP_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_INPUT_LOOP_H_

#include <stdbool.h>
#include <stdint.h>

#include "emulation/qemu/plugin/guest_abi.h"

/* How many inputs a copy can take: 1 where this emulator lacks something, or PERCUSS_BOARD_INPUTS
 * says so. In the original. */
unsigned input_loop_prepare(void);

/* In a copy with a line to the original, its first input taken. Returns for each input; before all
 * but the first it calls take_input. */
void input_loop_begin(const struct guest_abi* abi, bool stdin_is_input, void (*take_input)(void));
/* Around each system call of the program. */
void input_loop_before_call(int64_t number, const uint64_t* arguments);
void input_loop_after_call(int64_t result);
/* The program ends with this exit code. Returns where the process has to end, too. */
void input_loop_next(int code);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_INPUT_LOOP_H_ */
