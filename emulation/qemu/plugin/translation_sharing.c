/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "emulation/qemu/plugin/translation_sharing.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "emulation/qemu/plugin/emulator.h"

#define CORE_REGISTERS 15 /* r0 to r14; r15 may be stale */
#define PROCESSOR_BYTES \
  65536u /* of QEMU's processor object, in which its registers are looked for */
/* Far from what fills the translator's buffer: that would throw everything away. */
#define MOST_TOLD 16384u

struct state_of_block {
  uint64_t pc;
  uint64_t cs_base;
  uint32_t flags;
};

struct told {
  uint32_t count;
  struct state_of_block block[MOST_TOLD];
};

static void* processor;
static void* registers;
static void (*get_state)(void* registers, uint64_t* pc, uint64_t* cs_base, uint32_t* flags);
static void* (*translate)(void* processor, uint64_t pc, uint64_t cs_base, uint32_t flags,
                          int cflags);
static uint32_t (*current_flags)(void* processor);
static struct told* told; /* shared by all */
static uint32_t taken;    /* of these, here */
static bool happened;

static void* find(const char* name) { return dlsym(RTLD_DEFAULT, name); }

/* The registers are the first member of QEMU's state of an Arm processor, which lies within its
 * processor object: there, and nowhere else in it, are the values that QEMU prints. */
static void* find_registers(char* object) {
  const size_t bytes = malloc_usable_size(object);
  uint32_t value[CORE_REGISTERS];
  char dump[4096];
  emulator_registers(dump, sizeof dump);
  for (int i = 0; i < CORE_REGISTERS; i++) {
    char name[8];
    snprintf(name, sizeof name, "R%02d=", i);
    const char* at = strstr(dump, name);
    if (at == NULL) return NULL;
    value[i] = (uint32_t)strtoul(at + strlen(name), NULL, 16);
  }
  void* place = NULL;
  for (size_t at = 0; at + sizeof value <= bytes; at += sizeof *value) {
    if (memcmp(object + at, value, sizeof value) != 0) continue;
    if (place != NULL) return NULL;
    place = object + at;
  }
  return place;
}

void translation_sharing_start(void) {
  void* const functions[] = {find("cpu_get_tb_cpu_state"), find("tb_gen_code"),
                             find("curr_cflags")};
  void* (*get_processor)(int);
  void* const getter = find("qemu_get_cpu");
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    if (functions[i] == NULL) return;
  }
  memcpy(&get_state, &functions[0], sizeof get_state);
  memcpy(&translate, &functions[1], sizeof translate);
  memcpy(&current_flags, &functions[2], sizeof current_flags);
  memcpy(&get_processor, &getter, sizeof get_processor);
  processor = get_processor(0);
  registers = find_registers(processor);
  if (registers == NULL) return;
  void* map = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (map != MAP_FAILED) told = map;
}

void translation_sharing_tell(void) {
  happened = true;
  if (told == NULL || told->count == MOST_TOLD) return;
  struct state_of_block block = {0};
  get_state(registers, &block.pc, &block.cs_base, &block.flags);
  told->block[told->count++] = block;
}

bool translation_sharing_happened(void) { return happened; }

bool translation_sharing_take(void) {
  if (told == NULL || taken == told->count) return false;
  for (; taken < told->count; taken++) {
    const struct state_of_block block = told->block[taken];
    uint8_t byte;
    if (!emulator_read(block.pc, &byte, 1)) continue;
    translate(processor, block.pc, block.cs_base, block.flags, (int)current_flags(processor));
  }
  return true;
}
