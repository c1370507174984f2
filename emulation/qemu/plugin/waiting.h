/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whether a Linux program waits for the network: not whether it has called for it, which says
 * nothing of what is there already, but whether the kernel has put it to sleep there.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_WAITING_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_WAITING_H_

#include <stdbool.h>

/* True where all threads of this process but the calling one, and of all that it has forked, sleep
 * in a system call, and at least one of them until bytes, a connection or an event arrive. What
 * else they may wait for is in the program itself, or the clock. */
bool waiting_for_network(void);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_WAITING_H_ */
