/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emulation/qemu/plugin/guest_core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulation/qemu/plugin/guest_instruction.h"

/* WFI and WFE: T1 and T2 of Thumb, and A1. */
static bool arm_sleeps(const struct qemu_plugin_insn* insn) {
  const uint32_t word = guest_instruction_word(insn);
  if (qemu_plugin_insn_size(insn) == 2) return word == 0xBF30 || word == 0xBF20;
  return word == 0x8003F3AF || word == 0x8002F3AF || (word & 0x0FFFFFFF) == 0x0320F003 ||
         (word & 0x0FFFFFFF) == 0x0320F002;
}

static bool arm_faulted(const char* printed) {
  (void)printed;
  return true;
}

static bool riscv_sleeps(const struct qemu_plugin_insn* insn) {
  return guest_instruction_word(insn) == 0x10500073;
}

/* One entry may serve all traps. Of these an interrupt is no fault, and an environment call is how
 * a kernel is asked for something (Privileged Architecture 20211203, table 3.6). */
static bool riscv_faulted(const char* printed) {
  const uint64_t interrupt = 1u << 31;
  uint64_t cause = 0;
  if (!guest_core_find(printed, " mcause ", &cause)) return true;
  return (cause & interrupt) == 0 && (cause < 8 || cause > 11);
}

static const struct guest_core arm = {
    .registers = "R%02d=",
    .argument = 0,
    .return_to = 14,
    .stack = 13,
    .sleeps = arm_sleeps,
    .faulted = arm_faulted,
};
static const struct guest_core riscv = {
    .registers = " x%d/",
    .argument = 10,
    .return_to = 1,
    .stack = 2,
    .sleeps = riscv_sleeps,
    .faulted = riscv_faulted,
    .tells_cause = true,
};

const struct guest_core* guest_core = &arm;

void guest_core_choose(const qemu_info_t* info) {
  guest_core = strncmp(info->target_name, "riscv", 5) == 0 ? &riscv : &arm;
}

bool guest_core_find(const char* printed, const char* name, uint64_t* value) {
  const char* at = strstr(printed, name);
  if (at == NULL) return false;
  at += strlen(name);
  if (at[-1] == '/') at += strcspn(at, " ");
  *value = strtoull(at, NULL, 16);
  return true;
}

uint64_t guest_core_register(const char* printed, int number) {
  char name[8];
  uint64_t value = 0;
  snprintf(name, sizeof name, guest_core->registers, number);
  guest_core_find(printed, name, &value);
  return value;
}
