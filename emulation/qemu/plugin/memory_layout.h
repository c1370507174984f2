/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a board's memory is for: nothing writes to flash but its controller, nothing runs from RAM
 * but what the image put there as code, and the main stack stays above its limit. A core without
 * a memory protection unit in use notices none of these.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_MEMORY_LAYOUT_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_MEMORY_LAYOUT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOST_RANGES 16

struct memory_ranges {
  struct {
    uint64_t begin;
    uint64_t end;
  } range[MOST_RANGES];
  size_t count;
};

struct memory_layout {
  struct memory_ranges flash; /* that is not to be written */
  struct memory_ranges ram;   /* from which nothing is to run, */
  struct memory_ranges code;  /* but this */
  struct memory_ranges known; /* where there is memory, whatever the emulator has there */
  uint64_t stack_limit;       /* the lowest address of the main stack */
  uint64_t stack_top;         /* equal to stack_limit: it is not watched */
};

/* False where there is no room for another. */
bool memory_ranges_add(struct memory_ranges* ranges, uint64_t begin, uint64_t end);
static inline bool memory_ranges_hold(const struct memory_ranges* ranges, uint64_t address) {
  for (size_t i = 0; i < ranges->count; i++) {
    if (address >= ranges->range[i].begin && address < ranges->range[i].end) return true;
  }
  return false;
}

static inline bool memory_layout_forbids_execution(const struct memory_layout* layout,
                                                   uint64_t address) {
  return memory_ranges_hold(&layout->ram, address) && !memory_ranges_hold(&layout->code, address);
}

/* Bytes by which the main stack has left its room downwards, where a block begins; 0: none. Of the
 * two stack pointers of a Cortex-M one is the main stack's: where that is the other, a task runs.
 */
uint32_t memory_layout_stack_excess(const struct memory_layout* layout);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_MEMORY_LAYOUT_H_ */
