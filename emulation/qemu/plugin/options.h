/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the plugin is told on QEMU's command line, name=value each:
 *   checkpoint=sleep|ADDRESS     where inputs begin
 *   done=ADDRESS:NAME            an input is over; several
 *   fault= assert= property= watchdog=  ADDRESS:NAME, how an input fails; several
 *   line=ID                      the input goes to this character device
 *   buffer=ADDRESS room=BYTES    or into memory,
 *   length=ADDRESS               with its length there
 *   budget=INSTRUCTIONS          of one input
 *   idle_ns=NANOSECONDS          without a byte, asleep, ends an input
 *   instruction_ps=PICOSECONDS   device time of one instruction
 *   profile=m|a|riscv            of the Arm architecture, or RISC-V
 *   heap=BEGIN-END               watched memory checks, with
 *   allocate= allocate_array= reallocate= release=  BEGIN-END:ARGUMENT, the allocator's functions;
 *                                several
 *   deadline=INSTRUCTIONS        an input that is done after more has failed
 *   known=BEGIN-END              memory, by the image and the board's description; several
 *   null_bytes=BYTES             at address 0, that nothing may touch
 *   leaks=1                      what an input allocates must be free when it is done
 *   compare_bytes= compare_text= compare_some_text=  ADDRESS, functions like memcmp, strcmp and
 *                                strncmp; several
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_OPTIONS_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_OPTIONS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emulation/qemu/plugin/compare_log.h"
#include "emulation/qemu/plugin/input_line.h"
#include "emulation/qemu/plugin/memory_checks.h"

#define MOST_RULES 64

enum rule_kind {
  RULE_CHECKPOINT,
  RULE_DONE,
  RULE_FAULT,
  RULE_ASSERT,
  RULE_PROPERTY,
  RULE_WATCHDOG
};

struct rule {
  enum rule_kind kind;
  uint64_t address;
  char name[128];
};

struct options {
  bool checkpoint_at_sleep;
  bool m_profile;
  struct rule rule[MOST_RULES];
  size_t rules;
  struct input_line line;
  struct memory_checks checks;
  struct compare_functions compares;
  uint64_t budget;
  uint64_t deadline; /* instructions that an input may take; 0: none */
  uint64_t idle_ns;
  uint64_t ps_per_instruction;
};

/* NULL, or the argument that is wrong. */
const char* options_read(int argc, char** argv, struct options* options);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_OPTIONS_H_ */
