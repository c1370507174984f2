/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emulation/qemu/plugin/outcome.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "emulation/qemu/plugin/device_clock.h"
#include "emulation/qemu/plugin/emulator.h"
#include "emulation/qemu/plugin/fork_server.h"
#include "emulation/qemu/plugin/guest_core.h"
#include "emulation/qemu/plugin/process_stack.h"
#include "harnesses/sdk/heartbeat.h"

#define STACK_BYTES_TOLD 4096u
#define TEXT_BYTES_TOLD 256u
#define ROW_BYTES 32u

static const struct {
  const char* name;
  int signal; /* 0: exit code 0 */
} kinds[] = {
    [OUTCOME_DONE] = {"done", 0},
    [OUTCOME_FAULT] = {"fault", SIGSEGV},
    [OUTCOME_ASSERT] = {"assert", SIGABRT},
    [OUTCOME_PROPERTY] = {"property", SIGTRAP},
    [OUTCOME_WATCHDOG] = {"watchdog", SIGALRM},
    [OUTCOME_RESET] = {"reset", SIGILL},
    [OUTCOME_BUDGET] = {"budget", SIGXCPU},
    [OUTCOME_DEADLINE] = {"deadline", SIGVTALRM},
    [OUTCOME_CORRUPTION] = {"corruption", SIGSEGV},
};

/* ARMv7-M Architecture Reference Manual (DDI 0403E), B3.2.2 */
static const struct {
  const char* name;
  uint32_t address;
} fault_registers[] = {
    {"cfsr", 0xE000ED28},  {"hfsr", 0xE000ED2C}, {"dfsr", 0xE000ED30},
    {"mmfar", 0xE000ED34}, {"bfar", 0xE000ED38},
};

static void tell_memory(uint64_t address, size_t count) {
  uint8_t row[ROW_BYTES];
  for (size_t at = 0; at < count && emulator_read(address + at, row, sizeof row);
       at += sizeof row) {
    fprintf(stderr, "percuss-board: memory 0x%" PRIx64 " ", address + at);
    for (size_t i = 0; i < sizeof row; i++) fprintf(stderr, "%02x", row[i]);
    fputc('\n', stderr);
  }
}

static void tell_processor(const struct outcome_facts* facts) {
  char registers[4096];
  emulator_registers(registers, sizeof registers);
  for (char* line = strtok(registers, "\n"); line != NULL; line = strtok(NULL, "\n")) {
    fprintf(stderr, "percuss-board: registers %s\n", line);
  }
  if (!facts->m_profile) return;
  for (size_t i = 0; i < sizeof fault_registers / sizeof *fault_registers; i++) {
    uint32_t value = 0;
    if (!emulator_read(fault_registers[i].address, &value, sizeof value)) continue;
    fprintf(stderr, "percuss-board: scb %s=0x%08" PRIx32 "\n", fault_registers[i].name, value);
  }
}

static void tell_process_stack(void) {
  uint32_t pointer = 0;
  if (!process_stack_pointer(&pointer)) return;
  fprintf(stderr, "percuss-board: psp 0x%08" PRIx32 "\n", pointer);
  tell_memory(pointer, STACK_BYTES_TOLD);
}

static uint64_t register_value(int number) {
  char registers[4096];
  emulator_registers(registers, sizeof registers);
  return guest_core_register(registers, number);
}

_Noreturn void outcome_end(enum outcome outcome, const struct outcome_facts* facts) {
  const int signal_number = kinds[outcome].signal;
  if (getenv("PERCUSS_BOARD_TELL") != NULL) {
    percuss_input_end(); /* what follows is none of the input's time */
    fprintf(stderr,
            "percuss-board: ended %s pc=0x%" PRIx64 " address=0x%" PRIx64 " unread=%" PRIu64
            " cut=%" PRIu64 " instructions=%" PRIu64 " ns=%" PRIu64 " exception=%d rule=%s\n",
            kinds[outcome].name, facts->pc, facts->address, facts->unread, facts->cut,
            device_clock_of_input(), device_clock_ns_of_input(), facts->in_exception ? 1 : 0,
            facts->what == NULL ? "" : facts->what);
    if (signal_number != 0) {
      const bool locked = emulator_lock();
      tell_processor(facts);
      tell_memory(register_value(guest_core->stack), STACK_BYTES_TOLD);
      if (facts->in_exception) tell_process_stack();
      /* What a failed assertion or a broken property has to say is its argument. */
      if (outcome == OUTCOME_ASSERT || outcome == OUTCOME_PROPERTY) {
        tell_memory(register_value(guest_core->argument), TEXT_BYTES_TOLD);
      }
      if (locked) emulator_unlock();
    }
    fflush(stderr);
  }
  /* Towards a fuzzer a fault leaves the input open: it is the one that runs. */
  if (signal_number == 0) {
    percuss_input_end();
    fork_server_next();
    _exit(0);
  }
  const struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  signal(signal_number, SIG_DFL);
  sigset_t all;
  sigemptyset(&all);
  sigaddset(&all, signal_number);
  sigprocmask(SIG_UNBLOCK, &all, NULL);
  raise(signal_number);
  _exit(1);
}
