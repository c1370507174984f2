/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emulation/qemu/plugin/memory_checks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulation/qemu/plugin/emulator.h"
#include "emulation/qemu/plugin/execution_log.h"
#include "emulation/qemu/plugin/guest_core.h"

#define MOST_CALLS 8

enum { NOBODYS, ALLOCATED, FREED }; /* of a byte of the heap */

struct call {
  const struct allocator_function* function;
  uint64_t return_to;
  uint64_t argument[2];
};

static const struct memory_checks* checks;
static uint8_t* bytes_are;            /* of each byte of the heap */
static uint32_t* size_at;             /* of the allocation that begins at each word */
static struct call calls[MOST_CALLS]; /* that have not returned */
static size_t depth;
static bool armed;
static uint64_t* taken_by; /* who asked for it */
static size_t live;
static size_t live_before;
static struct memory_violation found;

struct memory_checks_quick memory_checks_quick;

bool memory_checks_start(const struct memory_checks* wanted) {
  checks = wanted;
  memory_checks_quick = (struct memory_checks_quick){
      .layout = &wanted->layout,
      .heap_begin = wanted->heap_begin,
      .heap_bytes = wanted->heap_end - wanted->heap_begin,
      .null_bytes = wanted->null_bytes,
  };
  const size_t bytes = (size_t)(wanted->heap_end - wanted->heap_begin);
  bytes_are = calloc(bytes + 1, 1);
  size_at = calloc(bytes / 4 + 1, sizeof *size_at);
  taken_by = calloc(bytes / 4 + 1, sizeof *taken_by);
  return bytes_are != NULL && size_at != NULL && taken_by != NULL;
}

bool memory_checks_watch(uint64_t pc) {
  if (checks->heap_begin == checks->heap_end && checks->null_bytes == 0 &&
      checks->layout.flash.count == 0) {
    return false;
  }
  for (size_t i = 0; i < checks->functions; i++) {
    if (pc >= checks->function[i].begin && pc < checks->function[i].end) return false;
  }
  return true;
}

bool memory_checks_is_entry(uint64_t pc) {
  for (size_t i = 0; i < checks->functions; i++) {
    if (checks->function[i].begin == pc) return true;
  }
  return false;
}

void memory_checks_arm(void) {
  armed = true;
  live_before = live;
}

const struct memory_violation* memory_checks_found(void) { return &found; }

static bool in_heap(uint64_t address) {
  return address >= checks->heap_begin && address < checks->heap_end;
}

void memory_checks_violate(uint64_t pc, uint64_t address, const char* what) {
  if (!armed || found.what[0] != '\0') return;
  snprintf(found.what, sizeof found.what, "%s", what);
  found.pc = pc;
  found.address = address;
  memory_checks_quick.block_matters = true;
}

void memory_checks_access(uint64_t pc, uint64_t address, unsigned bytes, bool write) {
  const char* kind = NULL;
  if (address < checks->null_bytes) {
    kind = "null-dereference";
  } else if (write && memory_checks_forbids_store(address)) {
    kind = "flash-write";
  } else if (!in_heap(address) || depth != 0) {
    return;
  } else {
    for (unsigned i = 0; i < bytes && in_heap(address + i); i++) {
      const uint8_t state = bytes_are[address + i - checks->heap_begin];
      if (state == ALLOCATED) continue;
      kind = state == FREED ? "heap-use-after-free" : "heap-buffer-overflow";
      break;
    }
  }
  if (kind == NULL) return;
  char what[sizeof found.what];
  snprintf(what, sizeof what, "%s: %s of %u bytes", kind, write ? "write" : "read", bytes);
  memory_checks_violate(pc, address, what);
}

static void hold(uint64_t address, uint64_t size, uint64_t by) {
  if (!in_heap(address) || size > checks->heap_end - address) return;
  const size_t at = (size_t)(address - checks->heap_begin);
  size_at[at / 4] = (uint32_t)size;
  taken_by[at / 4] = armed ? by : 0;
  execution_log_allocated(address, size);
  memset(bytes_are + at, ALLOCATED, (size_t)size);
  live++;
}

static void let_go(uint64_t address) {
  const size_t at = (size_t)(address - checks->heap_begin);
  if (size_at[at / 4] == 0) return;
  execution_log_released(address);
  memset(bytes_are + at, FREED, size_at[at / 4]);
  size_at[at / 4] = 0;
  live--;
}

static void release(uint64_t pc, uint64_t address) {
  if (address == 0) return;
  if (in_heap(address) && size_at[(address - checks->heap_begin) / 4] != 0) {
    let_go(address);
  } else if (in_heap(address) && bytes_are[address - checks->heap_begin] == FREED) {
    memory_checks_violate(pc, address, "double-free: of heap memory");
  } else {
    memory_checks_violate(pc, address, "bad-free: of what no allocation begins at");
  }
}

static void ask(uint64_t pc, uint64_t size) {
  if (size <= checks->heap_end - checks->heap_begin) return;
  char what[sizeof found.what];
  snprintf(what, sizeof what, "allocation-size-too-big: %" PRIu64 " bytes of a heap of %" PRIu64,
           size, checks->heap_end - checks->heap_begin);
  memory_checks_violate(pc, 0, what);
}

static void enter(const struct allocator_function* function, uint64_t pc) {
  char dump[4096];
  emulator_registers(dump, sizeof dump);
  const struct call call = {
      .function = function,
      .return_to = guest_core_register(dump, guest_core->return_to) & ~(uint64_t)1,
      .argument = {guest_core_register(dump, guest_core->argument + function->argument),
                   guest_core_register(dump, guest_core->argument + function->argument + 1)},
  };
  const bool inner = depth != 0;
  if (!inner) {
    if (function->role == RELEASE) release(pc, call.argument[0]);
    if (function->role == ALLOCATE) ask(pc, call.argument[0]);
    if (function->role == ALLOCATE_ARRAY) ask(pc, call.argument[0] * call.argument[1]);
    if (function->role == REALLOCATE) {
      ask(pc, call.argument[1]);
      if (in_heap(call.argument[0]) && bytes_are[call.argument[0] - checks->heap_begin] == FREED) {
        memory_checks_violate(pc, call.argument[0], "double-free: freed memory handed to realloc");
      }
    }
  }
  if (depth < MOST_CALLS) calls[depth++] = call;
}

/* Of the outermost call: what it gave is the firmware's. */
static void leave(const struct call* call) {
  char dump[4096];
  emulator_registers(dump, sizeof dump);
  const uint64_t given = guest_core_register(dump, guest_core->argument);
  const uint64_t size = call->function->role == ALLOCATE ? call->argument[0]
                        : call->function->role == ALLOCATE_ARRAY
                            ? call->argument[0] * call->argument[1]
                            : call->argument[1];
  if (call->function->role == RELEASE) return;
  if (call->function->role == REALLOCATE && in_heap(call->argument[0]) &&
      (given != 0 || size == 0)) {
    let_go(call->argument[0]);
  }
  if (given != 0 && size != 0) hold(given, size, call->return_to - 1);
}

void memory_checks_block(uint64_t pc) {
  while (depth != 0 && calls[depth - 1].return_to == pc) {
    depth--;
    if (depth == 0) leave(&calls[0]);
  }
  for (size_t i = 0; i < checks->functions; i++) {
    if (checks->function[i].begin == pc) enter(&checks->function[i], pc);
  }
  memory_checks_quick.block_matters = depth != 0 || found.what[0] != '\0';
}

void memory_checks_done(uint64_t pc) {
  if (!checks->leaks || live <= live_before) return;
  const size_t words = (size_t)(checks->heap_end - checks->heap_begin) / 4;
  for (size_t i = 0; i < words; i++) {
    if (size_at[i] == 0 || taken_by[i] == 0) continue;
    pc = taken_by[i] & ~(uint64_t)1;
    break;
  }
  char what[sizeof found.what];
  snprintf(what, sizeof what, "memory-leak: %zu allocations are left", live - live_before);
  memory_checks_violate(pc, 0, what);
}
