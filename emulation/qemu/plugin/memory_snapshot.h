/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Puts the memory of this process back to what it was at one moment, as often as wanted, without a
 * new process. At that moment every private page that can be written is write-protected; the first
 * write to one saves it and lifts its protection; from then on it is copied back each time. So
 * nothing that was written is missed, and what is written every time costs a copy and no fault.
 *
 * For a process with one thread. Mappings (mapping_watch.h), memory shared with other processes,
 * and what the kernel holds (files, pipes), are left as they are. The kernel itself may not write
 * to a protected page (the call fails with EFAULT): hand it memory on the stack, or say so before.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_MEMORY_SNAPSHOT_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_MEMORY_SNAPSHOT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* At the start of the program: makes malloc take memory from the heap alone, which can be watched.
 */
void memory_snapshot_prepare(void);
/* In the original: pages that one copy met are known to the copies after it. */
void memory_snapshot_share(void);

enum memory_snapshot { MEMORY_SNAPSHOT_FAILED, MEMORY_SNAPSHOT_TAKEN, MEMORY_SNAPSHOT_RESTORED };

/* In a copy, before memory_snapshot_take(); false where there is no memory for it. */
bool memory_snapshot_make_room(void);
/* In a copy. Returns once more, RESTORED, after each memory_snapshot_restore(). with_signals: the
 * handlers that the process has get their signals, faults too, after memory_snapshot_give_up().
 * may_rest: pages that were left alone for long are protected again; the kernel must not write to
 * any unannounced. */
__attribute__((noinline)) enum memory_snapshot memory_snapshot_take(bool with_signals,
                                                                    bool may_rest);
/* What memory is now is what it shall be put back to. Returns once more as memory_snapshot_take()
 * does, which from then on returns no more. */
__attribute__((noinline)) enum memory_snapshot memory_snapshot_keep(void);
/* The kernel will write there; false where that is too much. */
bool memory_snapshot_will_write(uintptr_t begin, size_t bytes);
/* From here on this is a process as any other: nothing is protected, signals are handled as before,
 * and memory cannot be put back. Safe in a handler of signals. */
void memory_snapshot_give_up(void);
/* Whether there is a snapshot, and memory can be put back to it. */
bool memory_snapshot_is_whole(void);
/* with_code: pages that hold generated code, too. They may stay as they are where nothing was
 * translated since: only the jumps between the pieces differ. */
_Noreturn void memory_snapshot_restore(bool with_code);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_MEMORY_SNAPSHOT_H_ */
