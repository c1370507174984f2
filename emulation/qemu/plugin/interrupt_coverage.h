/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Keeps the moment of an interrupt out of the coverage. Where an interrupt comes depends on how
 * long an input is and how long it has run, not on what the firmware does with it; each place would
 * be an edge of its own, and most inputs would be kept for those alone. So a handler begins with no
 * block before it, and what it interrupted goes on from the block that it was in.
 *
 * Known are the exceptions of profile M (DDI 0403E, B1.5.6 to B1.5.8: LR holds EXC_RETURN where one
 * begins, the stack pointer is higher again once it is over) and the traps of RISC-V in machine
 * mode (Privileged Architecture 20211203, 3.1.7 and 3.3.2). On other processors, and where QEMU's
 * registers were not found, coverage is as it was.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_INTERRUPT_COVERAGE_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_INTERRUPT_COVERAGE_H_

#include <stdbool.h>
#include <stdint.h>

#include "emulation/qemu/plugin/qemu_plugin_api.h"

/* In the original, at the checkpoint, once QEMU's registers were looked for. */
void interrupt_coverage_start(bool m_profile);
/* Whether this instruction, the last of its block, leads back from a trap. */
bool interrupt_coverage_returns(const struct qemu_plugin_insn* last);
/* A block begins, before it counts; whether the one before it led back from a trap. */
void interrupt_coverage_block(uint64_t address, bool returned);
/* Exceptions that have not returned, as far as they are known. */
unsigned interrupt_coverage_depth(void);

extern bool interrupt_coverage_on;

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_INTERRUPT_COVERAGE_H_ */
