/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Puts the memory of this process back to what it was at one moment, as often as wanted, without a
 * new process. At that moment every private page that can be written is write-protected; the first
 * write to one saves it and lifts its protection; from then on it is copied back each time. So
 * nothing that was written is missed, and what is written every time costs a copy and no fault.
 *
 * For a process with one thread that neither maps nor unmaps memory while it is watched. Memory
 * shared with other processes, and what the kernel holds (files, pipes), is left as it is.
 * The kernel itself may not write to a protected page (the call fails with EFAULT): hand it memory
 * on the stack.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_MEMORY_SNAPSHOT_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_MEMORY_SNAPSHOT_H_

#include <stdbool.h>

/* At the start of the program: makes malloc take memory from the heap alone, which can be watched.
 */
void memory_snapshot_prepare(void);
/* In the original: pages that one copy met are known to the copies after it. */
void memory_snapshot_share(void);

enum memory_snapshot { MEMORY_SNAPSHOT_FAILED, MEMORY_SNAPSHOT_TAKEN, MEMORY_SNAPSHOT_RESTORED };

/* In a copy. Returns once more, RESTORED, after each memory_snapshot_restore(). */
__attribute__((noinline)) enum memory_snapshot memory_snapshot_take(void);
/* What memory is now is what it shall be put back to. Returns once more as memory_snapshot_take()
 * does, which from then on returns no more. */
__attribute__((noinline)) enum memory_snapshot memory_snapshot_keep(void);
/* Whether there is a snapshot, and memory can be put back to it. */
bool memory_snapshot_is_whole(void);
/* with_code: pages that hold generated code, too. They may stay as they are where nothing was
 * translated since: only the jumps between the pieces differ. */
_Noreturn void memory_snapshot_restore(bool with_code);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_MEMORY_SNAPSHOT_H_ */
