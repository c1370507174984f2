/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How an input ended, told to the fuzzer by the process' end and to people on standard error. A
 * fault within a fault (lockup) is not among these: QEMU ends itself then, with SIGABRT and its own
 * words.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_OUTCOME_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_OUTCOME_H_

#include <stdbool.h>
#include <stdint.h>

enum outcome {
  OUTCOME_DONE,      /* exit code 0 */
  OUTCOME_FAULT,     /* SIGSEGV: the processor took a fault */
  OUTCOME_ASSERT,    /* SIGABRT */
  OUTCOME_PROPERTY,  /* SIGTRAP */
  OUTCOME_WATCHDOG,  /* SIGALRM: the board's watchdog bit */
  OUTCOME_RESET,     /* SIGILL: the firmware reset itself */
  OUTCOME_BUDGET,    /* SIGXCPU: too many instructions */
  OUTCOME_DEADLINE,  /* SIGVTALRM: done, but too late */
  OUTCOME_CORRUPTION /* SIGSEGV: a memory check */
};

struct outcome_facts {
  const char* what;  /* the rule's name: a symbol, or the check and what it saw; one line */
  uint64_t pc;       /* of the block or instruction at which it ended */
  uint64_t address;  /* of the access, where a check saw one */
  uint64_t unread;   /* bytes of the input that the firmware never took */
  uint64_t cut;      /* bytes at its end that had no room in the board's buffer */
  bool m_profile;    /* there is an exception frame and a System Control Block */
  bool in_exception; /* there is a fault's frame (m_profile), or its cause (guest_core.h) */
};

/* Ends the process. */
_Noreturn void outcome_end(enum outcome outcome, const struct outcome_facts* facts);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_OUTCOME_H_ */
