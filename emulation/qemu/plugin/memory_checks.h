/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Finds accesses that a board lets pass and a sanitizer would not: to heap memory that no
 * allocation holds, to the null page; and frees of what is not allocated. The allocator is the
 * firmware's own; its functions are watched at entry and return.
 *
 * What is found mid-block ends the input at the next block, where the registers are right.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_MEMORY_CHECKS_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_MEMORY_CHECKS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emulation/qemu/plugin/memory_layout.h"

#define MOST_ALLOCATOR_FUNCTIONS 16

enum allocator_role { ALLOCATE, ALLOCATE_ARRAY, REALLOCATE, RELEASE };

struct allocator_function {
  enum allocator_role role;
  int argument; /* the first that counts, from 0 on: the size, or the pointer */
  uint64_t begin;
  uint64_t end; /* of its code */
};

struct memory_checks {
  uint64_t heap_begin; /* equal to heap_end: no heap is watched */
  uint64_t heap_end;
  uint64_t null_bytes; /* from address 0 on that nothing may touch; 0: no such check */
  bool leaks;          /* what an input allocates must be free when it is done */
  struct memory_layout layout;
  struct allocator_function function[MOST_ALLOCATOR_FUNCTIONS];
  size_t functions;
};

/* False where there is no memory for it. */
bool memory_checks_start(const struct memory_checks* checks);
/* Whether accesses of an instruction at this place are watched. */
bool memory_checks_watch(uint64_t pc);
/* An input begins; from now on findings count. */
void memory_checks_arm(void);

/* What is asked at every access and every block. */
extern struct memory_checks_quick {
  const struct memory_layout* layout;
  uint64_t heap_begin;
  uint64_t heap_bytes;
  uint64_t null_bytes;
  bool block_matters; /* a call of the allocator has not returned, or something was found */
} memory_checks_quick;

static inline bool memory_checks_concerns(uint64_t address) {
  const struct memory_checks_quick* quick = &memory_checks_quick;
  return address - quick->heap_begin < quick->heap_bytes || address < quick->null_bytes;
}

/* Whether an allocator's function begins there: then memory_checks_block() is due at each visit,
 * and otherwise while memory_checks_quick.block_matters. */
bool memory_checks_is_entry(uint64_t pc);
/* The same for a store to flash. */
static inline bool memory_checks_forbids_store(uint64_t address) {
  return memory_ranges_hold(&memory_checks_quick.layout->flash, address);
}

void memory_checks_access(uint64_t pc, uint64_t address, unsigned bytes, bool write);
/* A block begins; entries and returns of the allocator's functions show here. */
void memory_checks_block(uint64_t pc);
/* What an instruction at pc did to an address, in words that begin with a class. */
void memory_checks_violate(uint64_t pc, uint64_t address, const char* what);
/* The input is done. */
void memory_checks_done(uint64_t pc);

struct memory_violation {
  char what[96]; /* "heap-buffer-overflow: write of 4 bytes"; empty: nothing was found */
  uint64_t pc;
  uint64_t address;
};
const struct memory_violation* memory_checks_found(void);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_MEMORY_CHECKS_H_ */
