/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the firmware compares, for AFL++ to try the other side of each comparison where it finds
 * this side in the input (C. Aschermann et al., "REDQUEEN", NDSS 2019). AFL++ starts a second fork
 * server for that, which says so in its environment, and shares a map with it (AFL++ 4.04c,
 * include/cmplog.h; the layout is what it defines).
 *
 * In this fork server each block is one instruction: only where a block begins are QEMU's registers
 * right. Time, and with it the firmware's way, is the same but for the instruction at which an
 * interrupt comes.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_COMPARE_LOG_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_COMPARE_LOG_H_

#include <stdbool.h>
#include <stdint.h>

#include "emulation/qemu/plugin/qemu_plugin_api.h"

#define MOST_COMPARE_FUNCTIONS 16

/* Of the C library, by what ends the two operands. */
enum compare_until { COMPARE_UNTIL_SIZE, COMPARE_UNTIL_ZERO, COMPARE_UNTIL_EITHER };

struct compare_function {
  uint64_t address;
  enum compare_until until;
};

struct compare_functions {
  struct compare_function function[MOST_COMPARE_FUNCTIONS];
  uint32_t count;
};

/* Whether this process is the second fork server. Where this QEMU cannot log, the map stays empty.
 */
bool compare_log_is_wanted(void);

extern bool compare_log_on;

/* At the start: from now on it logs, where that is wanted. functions stay the caller's. */
void compare_log_open(const struct compare_functions* functions);

struct compare_place;
/* What is to be logged where this instruction begins; NULL for most. */
const struct compare_place* compare_log_watch(const struct qemu_plugin_insn* insn);
/* The instruction is about to run, as the first of its block. */
void compare_log_note(const struct compare_place* place);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_COMPARE_LOG_H_ */
