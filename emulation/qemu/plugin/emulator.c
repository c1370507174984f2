/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "emulation/qemu/plugin/emulator.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

enum { CLOCK_OF_DEVICES = 1, ALL_TIMERS = -1, STOPPED_BY_BREAKPOINT = 0, WITHIN_THE_CALL = 2 };

static struct {
  void (*lock)(const char* file, int line);
  void (*unlock)(void);
  bool (*is_locked)(void);
  void* (*find_line)(const char* id);
  int (*line_room)(void* line);
  void (*line_write)(void* line, const uint8_t* bytes, int count);
  int64_t (*next_timer_ns)(int clock, int attributes);
  bool (*run_timers)(int clock);
  int (*reset_cause)(void);
  int (*shutdown_cause)(void);
  void* (*cpu)(int index);
  void (*dump)(void* cpu, FILE* file, int flags);
  int (*memory)(void* cpu, uint64_t address, void* bytes, uint64_t count, bool write);
  int (*stop)(int state);
  void (*leave)(void* cpu, uintptr_t host_pc);
  bool (*is_device)(uint64_t address); /* NULL where it is not found: nobody knows */
} qemu;

static const struct wanted {
  void* slot;
  const char* names[2]; /* of today, and up to 8.2 */
} wanted[] = {
    {&qemu.lock, {"bql_lock_impl", "qemu_mutex_lock_iothread_impl"}},
    {&qemu.unlock, {"bql_unlock", "qemu_mutex_unlock_iothread"}},
    {&qemu.is_locked, {"bql_locked", "qemu_mutex_iothread_locked"}},
    {&qemu.find_line, {"qemu_chr_find", NULL}},
    {&qemu.line_room, {"qemu_chr_be_can_write", NULL}},
    {&qemu.line_write, {"qemu_chr_be_write", NULL}},
    {&qemu.next_timer_ns, {"qemu_clock_deadline_ns_all", NULL}},
    {&qemu.run_timers, {"qemu_clock_run_timers", NULL}},
    {&qemu.reset_cause, {"qemu_reset_requested_get", NULL}},
    {&qemu.shutdown_cause, {"qemu_shutdown_requested_get", NULL}},
};
static const struct wanted wanted_of_processor[] = {
    {&qemu.cpu, {"qemu_get_cpu", NULL}},
    {&qemu.dump, {"cpu_dump_state", NULL}},
    {&qemu.memory, {"cpu_memory_rw_debug", NULL}},
};
static const struct wanted welcome = {&qemu.is_device, {"cpu_physical_memory_is_io", NULL}};
static const struct wanted wanted_by_debugger[] = {
    {&qemu.stop, {"vm_stop", NULL}},
    {&qemu.leave, {"cpu_loop_exit_restore", NULL}},
};

#define FIND(table) find(table, sizeof(table) / sizeof *(table))
static const char* find(const struct wanted* entry, size_t count) {
  for (; count != 0; count--, entry++) {
    void* found = dlsym(RTLD_DEFAULT, entry->names[0]);
    if (found == NULL && entry->names[1] != NULL) found = dlsym(RTLD_DEFAULT, entry->names[1]);
    if (found == NULL) return entry->names[0];
    memcpy(entry->slot, &found, sizeof found);
  }
  return NULL;
}

const char* emulator_find(bool for_debugger) {
  const char* lacks = FIND(wanted);
  if (lacks == NULL) lacks = FIND(wanted_of_processor);
  find(&welcome, 1);
  return lacks != NULL || !for_debugger ? lacks : FIND(wanted_by_debugger);
}

bool emulator_find_program(void) { return FIND(wanted_of_processor) == NULL; }

bool emulator_lock(void) {
  if (qemu.is_locked()) return false;
  qemu.lock(__FILE__, __LINE__);
  return true;
}

void emulator_unlock(void) { qemu.unlock(); }

void* emulator_line(const char* id) { return qemu.find_line(id); }
int emulator_line_room(void* line) { return qemu.line_room(line); }
void emulator_line_write(void* line, const uint8_t* bytes, int count) {
  qemu.line_write(line, bytes, count);
}

int64_t emulator_next_timer_ns(void) { return qemu.next_timer_ns(CLOCK_OF_DEVICES, ALL_TIMERS); }
void emulator_run_timers(void) { qemu.run_timers(CLOCK_OF_DEVICES); }

bool emulator_wants_reset(void) { return qemu.reset_cause() != 0; }
bool emulator_wants_shutdown(void) { return qemu.shutdown_cause() != 0; }

void emulator_stop(void) { qemu.stop(STOPPED_BY_BREAKPOINT); }
_Noreturn void emulator_leave(const void* return_address) {
  qemu.leave(qemu.cpu(0), (uintptr_t)return_address - WITHIN_THE_CALL);
  __builtin_unreachable();
}

void* emulator_processor(void) { return qemu.cpu(0); }

bool emulator_lacks_memory_at(uint64_t address) {
  return qemu.is_device != NULL && qemu.is_device(address);
}

bool emulator_read(uint64_t address, void* bytes, size_t count) {
  void* cpu = qemu.cpu(0);
  return cpu != NULL && qemu.memory(cpu, address, bytes, count, false) == 0;
}

bool emulator_write(uint64_t address, const void* bytes, size_t count) {
  void* cpu = qemu.cpu(0);
  void* from;
  memcpy(&from, &bytes, sizeof from);
  return cpu != NULL && qemu.memory(cpu, address, from, count, true) == 0;
}

void emulator_registers(char* text, size_t room) { emulator_registers_of(0, text, room); }

void emulator_registers_of(unsigned index, char* text, size_t room) {
  text[0] = '\0';
  void* cpu = qemu.cpu((int)index);
  FILE* file = fmemopen(text, room, "w");
  if (cpu == NULL || file == NULL) return;
  qemu.dump(cpu, file, 0);
  fclose(file);
  text[room - 1] = '\0';
}
