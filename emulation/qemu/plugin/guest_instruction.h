/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The bytes of an instruction that QEMU translates, in whichever way its plugin interface gives
 * them.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_GUEST_INSTRUCTION_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_GUEST_INSTRUCTION_H_

#include <stdint.h>

#include "emulation/qemu/plugin/qemu_plugin_api.h"

/* Before the first translation. */
void guest_instruction_start(void);
/* Its first four bytes at most, in the host's order. */
uint32_t guest_instruction_word(const struct qemu_plugin_insn* insn);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_GUEST_INSTRUCTION_H_ */
