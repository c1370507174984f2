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

#include "emulation/qemu/plugin/api_version.h"
#include "emulation/qemu/plugin/emulator.h"
#include "emulation/qemu/plugin/guest_core.h"

#define CORE_REGISTERS 15 /* r0 to r14; r15 may be stale */
#define PROCESSOR_BYTES \
  65536u /* of QEMU's processor object, in which its registers are looked for */
/* Far from what fills the translator's buffer: that would throw everything away. */
#define MOST_TOLD 16384u

/* How QEMU translates an instruction that met a device behind the first of its block, once more and
 * alone: one instruction, of which the plugin sees the accesses only. 10.0 does so always, 7.2 for
 * its own record of time only; and some releases let no interrupt come before it. */
static const uint32_t alone_at_device[] = {0x1001, 0x11001};

struct state_of_block {
  uint64_t pc;
  uint64_t cs_base;
  uint32_t flags;
  bool alone;
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

static const char* const x86_registers[CORE_REGISTERS] = {
    "RAX=", "RCX=", "RDX=", "RBX=", "RSP=", "RBP=", "RSI=", "RDI=",
    "R8 =", "R9 =", "R10=", "R11=", "R12=", "R13=", "R14="};

/* How QEMU prints a processor's registers, and where it keeps them: the values lie one after
 * another `before` bytes into its state of the processor. */
static const struct register_file {
  const char* name; /* for printf, with the number */
  size_t bytes;     /* of a register */
  size_t before;
  const char* const* names; /* where they have no numbers */
} register_files[] = {
    {"R%02d=", 4, 0, NULL},      /* Arm */
    {"X%02d=", 8, 64, NULL},     /* AArch64: behind those of its 32-bit mode */
    {" x%d/", 8, 0, NULL},       /* RISC-V, 64 bits */
    {" x%d/", 4, 0, NULL},       /* RISC-V, 32 bits */
    {NULL, 8, 0, x86_registers}, /* x86-64 */
};

/* False where QEMU prints none of such a name. */
static bool read_registers(const struct register_file* file, char* value) {
  char dump[4096];
  emulator_registers(dump, sizeof dump);
  for (int i = 0; i < CORE_REGISTERS; i++) {
    char name[8];
    snprintf(name, sizeof name, file->names == NULL ? file->name : file->names[i], i);
    uint64_t number = 0;
    if (!guest_core_find(dump, name, &number)) return false;
    memcpy(value + (size_t)i * file->bytes, &number, file->bytes);
  }
  return true;
}

/* The state of the processor lies within QEMU's processor object: there, and nowhere else in it,
 * are the values that QEMU prints. */
static void* find_registers_of(char* object, const struct register_file* file) {
  const size_t bytes = malloc_usable_size(object);
  char value[CORE_REGISTERS * sizeof(uint64_t)];
  const size_t size = CORE_REGISTERS * file->bytes;
  if (!read_registers(file, value)) return NULL;
  char* place = NULL;
  for (size_t at = file->before; at + size <= bytes; at += file->bytes) {
    if (memcmp(object + at, value, size) != 0) continue;
    if (place != NULL) return NULL;
    place = object + at - file->before;
  }
  return place;
}

static void* find_registers(char* object) {
  void* found = NULL;
  for (size_t i = 0; found == NULL && i < sizeof register_files / sizeof *register_files; i++) {
    found = find_registers_of(object, &register_files[i]);
  }
  return found;
}

/* QEMU for MIPS has no such function, but prints what it would tell: the place and the flags. In a
 * delay slot where the branch leads would be a part of the state, too: such blocks are few, and not
 * shared. */
#define MIPS_IN_DELAY_SLOT 0x87F800u

static bool read_state_of_mips(struct state_of_block* state) {
  char dump[4096];
  emulator_registers(dump, sizeof dump);
  const char* pc = strstr(dump, "pc=");
  const char* flags = strstr(dump, " ds ");
  if (pc == NULL || flags == NULL || strstr(dump, "GPR00:") == NULL) return false;
  state->pc = strtoull(pc + strlen("pc="), NULL, 16);
  state->flags = (uint32_t)strtoul(flags + strlen(" ds "), NULL, 16);
  return (state->flags & MIPS_IN_DELAY_SLOT) == 0;
}

/* Nor has QEMU for x86. Its flags lie behind the registers (CPUX86State of QEMU 7.2 to 10.0), with
 * a few bits of EFLAGS; those that always hold of a 64-bit program show that they do. A block of
 * other flags would not be found, and do no harm. */
struct x86_state {
  uint64_t registers[16];
  uint64_t pc;
  uint64_t eflags;
  uint64_t compared[3];
  uint32_t comparison;
  uint32_t direction;
  uint32_t flags;
};
#define X86_ALWAYS 0xC083u     /* ring 3, protected mode, long mode, 64-bit code */
#define X86_OF_EFLAGS 0x73100u /* TF, IOPL, RF, VM, AC */

static bool read_state_of_x86(struct state_of_block* state) {
  struct x86_state of;
  memcpy(&of, registers, sizeof of);
  state->pc = of.pc;
  state->flags = of.flags | (of.eflags & X86_OF_EFLAGS);
  return (of.flags & X86_ALWAYS) == X86_ALWAYS;
}

static bool read_state(struct state_of_block* state) {
  if (get_state == NULL && registers == NULL) return read_state_of_mips(state);
  if (get_state == NULL) return read_state_of_x86(state);
  get_state(registers, &state->pc, &state->cs_base, &state->flags);
  return true;
}

/* Whether there is a way to know the state of a block. */
static bool find_state(void) {
  void* const getter = find("cpu_get_tb_cpu_state");
  struct state_of_block state = {0};
  registers = find_registers(processor);
  if (getter == NULL) return read_state(&state);
  memcpy(&get_state, &getter, sizeof get_state);
  return registers != NULL;
}

void translation_sharing_start(void) {
  void* const functions[] = {find("tb_gen_code"), find("curr_cflags"), find("qemu_get_cpu")};
  void* (*get_processor)(int);
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    if (functions[i] == NULL) return;
  }
  memcpy(&translate, &functions[0], sizeof translate);
  memcpy(&current_flags, &functions[1], sizeof current_flags);
  memcpy(&get_processor, &functions[2], sizeof get_processor);
  processor = get_processor(0);
  /* A later translator may want to be called in another way. */
  if (!find_state() || !api_version_is_measured()) return;
  void* map = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (map != MAP_FAILED) told = map;
}

bool translation_sharing_register(int number, uint64_t* value) {
  uint32_t word;
  if (registers == NULL) return false;
  memcpy(&word, (const char*)registers + (size_t)number * sizeof word, sizeof word);
  *value = word;
  return true;
}

static void tell(bool alone) {
  happened = true;
  if (told == NULL || told->count == MOST_TOLD) return;
  struct state_of_block block = {.alone = alone};
  if (read_state(&block)) told->block[told->count++] = block;
}

void translation_sharing_tell(void) { tell(false); }
void translation_sharing_tell_alone(void) { tell(api_version_cuts_at_devices()); }

bool translation_sharing_happened(void) { return happened; }

bool translation_sharing_take(void) {
  if (told == NULL || taken == told->count) return false;
  for (; taken < told->count; taken++) {
    const struct state_of_block block = told->block[taken];
    uint8_t byte;
    if (!emulator_read(block.pc, &byte, 1)) continue;
    const uint32_t flags = current_flags(processor);
    translate(processor, block.pc, block.cs_base, block.flags, (int)flags);
    for (size_t i = 0; block.alone && i < sizeof alone_at_device / sizeof *alone_at_device; i++) {
      translate(processor, block.pc, block.cs_base, block.flags, (int)(flags | alone_at_device[i]));
    }
  }
  return true;
}
