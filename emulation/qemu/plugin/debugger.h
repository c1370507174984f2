/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One input under QEMU's own debugger stub. The stub lives in QEMU's main thread, which a copy has
 * not: with PERCUSS_BOARD_DEBUG in the environment the input runs in the original machine, and
 * where it would have ended the machine stops instead, at the same instruction. Each way to end
 * stops once, so that a debugger can go on from there.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_DEBUGGER_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_DEBUGGER_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emulation/qemu/plugin/outcome.h"

bool debugger_wanted(void);
/* False where the file cannot be read. */
bool debugger_take_input(const char* path, const uint8_t** bytes, size_t* size);
/* The machine stops before its next block. */
void debugger_stop(enum outcome outcome, const char* what);
/* Called last in a callback of the plugin, with its return address: where a stop was asked for, the
 * machine stops here instead, with the registers as they were before this instruction. */
void debugger_leave(const void* return_address);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_DEBUGGER_H_ */
