/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a Linux program's system calls leave behind in the kernel. A call passes where that is
 * nothing of this process, or is undone here: descriptors of files that an input opened for
 * reading. What the program maps is watched elsewhere (mapping_watch.h). Pages that the kernel will
 * write to are told to the snapshot (memory_snapshot.h). Every other call does not pass.
 *
 * For a program with one thread; its state is put back with the memory.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_CALL_EFFECTS_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_CALL_EFFECTS_H_

#include <stdbool.h>
#include <stdint.h>

#include "emulation/qemu/plugin/guest_abi.h"

/* Before the first call. stdin_is_input: standard input was opened for this input, and will be for
 * the next. False where guest memory cannot be found. */
bool call_effects_begin(const struct guest_abi* abi, bool stdin_is_input);
/* Around a call: whether it passes. */
bool call_effects_before(int64_t number, const uint64_t* arguments);
bool call_effects_after(int64_t result);
/* After the input. */
void call_effects_undo(void);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_CALL_EFFECTS_H_ */
