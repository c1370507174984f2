/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emulation/qemu/plugin/process_stack.h"

#include <malloc.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulation/qemu/plugin/emulator.h"

#define MOST_PLACES 64

bool process_stack_changes;

static const char* processor; /* QEMU's object */
static size_t words;          /* in it */
static uint32_t* earlier;     /* the object, before the instruction */
static uint32_t value;        /* that the instruction writes */
/* Words that have changed to what was written, each time. */
static size_t places[MOST_PLACES];
static size_t count;
static bool looked;

/* T1 of MSR (register), DDI 0403E, B5.2.3, with SYSm 9. */
bool process_stack_is_set_by(uint32_t word, uint64_t size) {
  return size == 4 && (word & 0xFFF0u) == 0xF380u && (word >> 16 & 0xF0FFu) == 0x8009u;
}

static uint32_t word_at(size_t place) {
  uint32_t word;
  memcpy(&word, processor + place * sizeof word, sizeof word);
  return word;
}

void process_stack_before(uint32_t word) {
  if (looked && count <= 1) return;
  char dump[4096];
  char name[8];
  emulator_registers(dump, sizeof dump);
  snprintf(name, sizeof name, "R%02u=", word & 0xFu);
  const char* at = strstr(dump, name);
  if (at == NULL) return;
  value = (uint32_t)strtoull(at + strlen(name), NULL, 16) & ~3u;
  if (processor == NULL) {
    processor = emulator_processor();
    words = malloc_usable_size(emulator_processor()) / sizeof *earlier;
    earlier = malloc(words * sizeof *earlier);
  }
  if (earlier == NULL) return;
  memcpy(earlier, processor, words * sizeof *earlier);
  process_stack_changes = true;
}

static bool changed(size_t place) { return word_at(place) == value && earlier[place] != value; }

void process_stack_after(void) {
  process_stack_changes = false;
  if (!looked) {
    for (size_t i = 0; i < words && count < MOST_PLACES; i++) {
      if (changed(i)) places[count++] = i;
    }
    looked = count != 0; /* otherwise it had the value already */
    return;
  }
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    if (word_at(places[i]) == value) places[kept++] = places[i];
  }
  count = kept;
}

bool process_stack_pointer(uint32_t* pointer) {
  if (count != 1) return false;
  *pointer = word_at(places[0]);
  return true;
}
