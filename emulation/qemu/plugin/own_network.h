/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A network of the emulator's own: its loopback, and nothing else. Programs that run at the same
 * time may have the same port, and nothing reaches the host's network. With
 * PERCUSS_BOARD_NETWORK=own the process gets it as soon as this library is preloaded, before the
 * emulator has threads: afterwards the kernel would refuse a user namespace.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_OWN_NETWORK_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_OWN_NETWORK_H_

#include <stdbool.h>

/* False where there is none; why it is so was said on stderr. */
bool own_network_is_there(void);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_OWN_NETWORK_H_ */
