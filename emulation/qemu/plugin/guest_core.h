/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What differs between the processors of boards: which register has which role, how QEMU prints
 * them (emulator_registers), and how firmware sleeps and fails.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_GUEST_CORE_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_GUEST_CORE_H_

#include <stdbool.h>
#include <stdint.h>

#include "emulation/qemu/plugin/qemu_plugin_api.h"

struct guest_core {
  const char* registers; /* how they are printed, for printf, with the number */
  int argument;          /* the first one's register; the next ones follow */
  int return_to;
  int stack;
  /* WFI, and what is like it. */
  bool (*sleeps)(const struct qemu_plugin_insn* insn);
  /* Whether the exception that led to a handler is a fault, by what QEMU prints at its first
   * instruction. */
  bool (*faulted)(const char* printed);
  /* Printed with the registers are mepc, mcause and mtval: the exception's reason. */
  bool tells_cause;
};

/* Arm's until it is chosen. */
extern const struct guest_core* guest_core;
void guest_core_choose(const qemu_info_t* info);

/* A register of which QEMU prints `name=value` (Arm), or `name/alias value` and `name value`
 * (RISC-V); name is all of it up to and with what is before the alias or the value. False where
 * there is none. */
bool guest_core_find(const char* printed, const char* name, uint64_t* value);
/* Of guest_core, by number; 0 where QEMU prints none. */
uint64_t guest_core_register(const char* printed, int number);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_GUEST_CORE_H_ */
