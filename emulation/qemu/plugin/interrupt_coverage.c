/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emulation/qemu/plugin/interrupt_coverage.h"

#include <stddef.h>

#include "emulation/qemu/plugin/coverage.h"
#include "emulation/qemu/plugin/emulator.h"
#include "emulation/qemu/plugin/execution_log.h"
#include "emulation/qemu/plugin/guest_core.h"
#include "emulation/qemu/plugin/guest_instruction.h"
#include "emulation/qemu/plugin/translation_sharing.h"

#define VECTOR_TABLE_OFFSET 0xE000ED08u /* VTOR, B3.2.5 */
#define MOST_VECTORS 256u
#define FIRST_EXC_RETURN 0xFFFFFF80u
#define MOST_NESTED 16
#define MRET 0x30200073u

bool interrupt_coverage_on;

static bool of_m_profile;
static uint32_t vectors[MOST_VECTORS];
static size_t vector_count;
static uint64_t trap_vector;

static struct {
  uint32_t before; /* coverage_before where it came */
  uint64_t stack;  /* pointer where its handler began */
} interrupted[MOST_NESTED];
static size_t depth;

static void read_vectors(void) {
  uint32_t table = 0;
  if (!emulator_read(VECTOR_TABLE_OFFSET, &table, sizeof table)) return;
  while (vector_count < MOST_VECTORS &&
         emulator_read(table + 4 * (uint64_t)(vector_count + 1), &vectors[vector_count], 4)) {
    vectors[vector_count++] &= ~1u; /* of Thumb */
  }
}

void interrupt_coverage_start(bool m_profile) {
  uint64_t unused;
  if (!translation_sharing_register(guest_core->stack, &unused)) return;
  of_m_profile = m_profile;
  if (m_profile) read_vectors();
  if (guest_core->tells_cause) {
    char printed[4096];
    emulator_registers(printed, sizeof printed);
    guest_core_find(printed, " mtvec ", &trap_vector);
    trap_vector &= ~(uint64_t)3; /* its mode */
  }
  interrupt_coverage_on = vector_count != 0 || trap_vector != 0;
}

bool interrupt_coverage_returns(const struct qemu_plugin_insn* last) {
  return guest_core->tells_cause && guest_instruction_word(last) == MRET;
}

unsigned interrupt_coverage_depth(void) { return (unsigned)depth; }

static bool is_vector(uint64_t address) {
  for (size_t i = 0; i < vector_count; i++) {
    if (vectors[i] == address) return true;
  }
  return false;
}

static void begin(uint64_t stack) {
  if (depth < MOST_NESTED) {
    interrupted[depth].before = coverage_before;
    interrupted[depth].stack = stack;
    depth++;
  }
  coverage_before = 0;
}

static void end(void) {
  depth--;
  coverage_before = interrupted[depth].before;
}

/* A handler that follows another without a return between them begins where that one did. */
static void follow_exceptions(uint64_t address) {
  uint64_t stack = 0;
  uint64_t link = 0;
  translation_sharing_register(guest_core->stack, &stack);
  while (depth != 0 && stack > interrupted[depth - 1].stack) end();
  translation_sharing_register(guest_core->return_to, &link);
  if (link < FIRST_EXC_RETURN || !is_vector(address)) return;
  execution_log_handler();
  if (depth != 0 && stack == interrupted[depth - 1].stack) {
    coverage_before = 0;
  } else {
    begin(stack);
  }
}

void interrupt_coverage_block(uint64_t address, bool returned) {
  if (of_m_profile) {
    follow_exceptions(address);
    return;
  }
  if (returned && depth != 0) end();
  if (address != trap_vector) return;
  execution_log_handler();
  begin(0);
}
