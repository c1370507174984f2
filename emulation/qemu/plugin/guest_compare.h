/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which instructions compare, and what: Thumb, A32 and RISC-V, 32 bits each.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_GUEST_COMPARE_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_GUEST_COMPARE_H_

#include <stdbool.h>
#include <stdint.h>

#include "emulation/qemu/plugin/qemu_plugin_api.h"

/* The second operand: a register shifted left, or a constant. */
struct guest_compare {
  uint8_t left;
  uint8_t right;
  uint8_t shift;
  bool with_constant;
  uint32_t constant;
};

/* Whether the instruction compares two operands that the processor's registers and the instruction
 * hold, in a processor of guest_core.h. */
bool guest_compare_read(const struct qemu_plugin_insn* insn, struct guest_compare* compare);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_GUEST_COMPARE_H_ */
