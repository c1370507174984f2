/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a Linux program did with one input, kept where its parent can read it after whatever signal
 * has ended it: the instruction at which it was, and the calls that led there. Calls are followed
 * as they are made and returned from, so a stack that the program has overwritten is told as it
 * was. The registers are those at the signal, if this library is preloaded.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_PROGRAM_RUN_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_PROGRAM_RUN_H_

#include <stdbool.h>
#include <stdint.h>

#include "emulation/qemu/plugin/guest_abi.h"

/* Before the fork; false where there is no memory for it. */
bool program_run_prepare(const struct guest_abi* abi);

/* In the fork: follows the program from here on. Remembers the address of a fault. */
void program_run_begin(void);
/* Before each input: forgets the one before. */
void program_run_forget(void);
void program_run_instruction(uint64_t address);
/* Before the program forks, and in the process that it has forked: what that does is told if a
 * signal ends it. */
void program_run_forks(void);
void program_run_forked(void);
/* A block begins, after one that ended in `before` (NULL for the first). */
void program_run_block(unsigned cpu, uint64_t address, const struct guest_branch* before);

/* In the parent: says how the fork ended, by its wait status. moved: bytes from where the program
 * was linked to where it was loaded. over: how the input ended where the program did not; or NULL.
 */
void program_run_tell(int status, uint64_t moved, const char* over);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_PROGRAM_RUN_H_ */
