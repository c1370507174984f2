/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emulation/qemu/plugin/memory_layout.h"

#include "emulation/qemu/plugin/guest_core.h"
#include "emulation/qemu/plugin/process_stack.h"
#include "emulation/qemu/plugin/translation_sharing.h"

bool memory_ranges_add(struct memory_ranges* ranges, uint64_t begin, uint64_t end) {
  if (ranges->count == MOST_RANGES || begin > end) return false;
  ranges->range[ranges->count].begin = begin;
  ranges->range[ranges->count++].end = end;
  return true;
}

uint32_t memory_layout_stack_excess(const struct memory_layout* layout) {
  uint64_t pointer = 0;
  if (layout->stack_limit == layout->stack_top ||
      !translation_sharing_register(guest_core->stack, &pointer) ||
      pointer >= layout->stack_limit) {
    return 0;
  }
  uint32_t other = 0;
  const bool task_runs =
      process_stack_pointer(&other) && other >= layout->stack_limit && other <= layout->stack_top;
  return task_runs ? 0 : (uint32_t)(layout->stack_limit - pointer);
}
