/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the emulator maps while an input runs, for the program or for itself, so that it can be
 * removed again. This library is preloaded: the emulator's own calls of mmap, munmap, mprotect,
 * mremap and madvise come here. Mappings are fine where nothing was when the watch began, or
 * nothing but a reservation (private, anonymous, without any right). A change to any other is told
 * before it happens, and the watch is over; so is one that is shared.
 *
 * For a process with one thread. What memory_snapshot.h puts back includes what is noted here: to
 * nothing, if the watch began just before.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_MAPPING_WATCH_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_MAPPING_WATCH_H_

#include <stdbool.h>

/* Whether this library is preloaded. */
bool mapping_watch_works(void);
/* Begins; false where the mappings are not known. */
bool mapping_watch_begin(void (*other)(void));
void mapping_watch_end(void);
/* Removes what was mapped since; false where that failed. */
bool mapping_watch_put_back(void);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_MAPPING_WATCH_H_ */
