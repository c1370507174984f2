/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "emulation/qemu/plugin/program_run.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emulation/qemu/plugin/emulator.h"
#include "emulation/qemu/plugin/qemu_plugin_api.h"
#include "emulation/qemu/plugin/socket_input.h"

/* Calls below these are forgotten; powers of two. */
#define MOST_CALLS 1024u
#define MOST_TOLD 64u
#define MOST_PATH 512
#define MOST_REGISTERS 4096 /* characters, as QEMU prints them */

static struct run {
  uint64_t instructions;
  uint64_t pc;
  uint64_t fault_address; /* of the host */
  bool faulted;
  uint64_t depth; /* calls not returned from */
  uint64_t back[MOST_CALLS];
  char registers[MOST_REGISTERS];
  bool killed;
} * run; /* shared with the parent: the program's, then that of what it forked last */
#define RUNS 2

static const struct guest_abi* abi;
static struct sigaction of_emulator[NSIG];
static bool following; /* in the fork */
static __thread unsigned this_cpu;

bool program_run_prepare(const struct guest_abi* of) {
  abi = of;
  void* map =
      mmap(NULL, RUNS * sizeof *run, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) return false;
  run = map;
  return true;
}

/* The emulator's own handler decides whether this is the program's fault. */
static void on_fault(int number, siginfo_t* info, void* context) {
  run->faulted = true;
  run->fault_address = (uintptr_t)info->si_addr;
  of_emulator[number].sa_sigaction(number, info, context);
}

/* QEMU has brought the program's registers up to date before it ends itself by the program's
 * signal, which it does with this function. Between two blocks they may be in the host's. */
QEMU_PLUGIN_EXPORT int kill(pid_t pid, int number) {
  if (pid == getpid()) {
    if (following) {
      emulator_registers_of(this_cpu, run->registers, sizeof run->registers);
      run->killed = true;
    }
    socket_input_ends(number);
  }
  return (int)syscall(SYS_kill, pid, number);
}

void program_run_begin(void) {
  following = true;
  const int faults[] = {SIGSEGV, SIGBUS};
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    struct sigaction* theirs = &of_emulator[faults[i]];
    if (sigaction(faults[i], NULL, theirs) != 0 || (theirs->sa_flags & SA_SIGINFO) == 0) continue;
    struct sigaction ours = *theirs;
    ours.sa_sigaction = on_fault;
    sigaction(faults[i], &ours, NULL);
  }
}

void program_run_forget(void) { memset(run, 0, RUNS * sizeof *run); }

/* Afterwards the program goes on at the same time. */
void program_run_forks(void) {
  if (!run[1].killed) run[1] = run[0];
}

void program_run_forked(void) { run++; }

void program_run_instruction(uint64_t address) {
  run->pc = address;
  run->instructions++;
}

/* Whatever lies above a call that was returned from has ended as well: longjmp and exceptions. */
static bool returned_to(uint64_t address) {
  const uint64_t known = run->depth < MOST_CALLS ? run->depth : MOST_CALLS;
  for (uint64_t i = 1; i <= known; i++) {
    if (run->back[(run->depth - i) % MOST_CALLS] != address) continue;
    run->depth -= i;
    return true;
  }
  return false;
}

void program_run_block(unsigned cpu, uint64_t address, const struct guest_branch* before) {
  this_cpu = cpu;
  if (before == NULL) return;
  if (abi->calls(before, address)) {
    run->back[run->depth++ % MOST_CALLS] = before->address + before->next;
  } else {
    returned_to(address);
  }
}

static uint64_t host_base(void) {
  const uint64_t* base = dlsym(RTLD_DEFAULT, "guest_base");
  return base == NULL ? 0 : *base;
}

/* The file that holds an address of the program, and where its first byte lies. */
static bool module_of(uint64_t address, uint64_t* begin, char* path) {
  FILE* maps = fopen("/proc/self/maps", "re");
  if (maps == NULL) return false;
  char line[MOST_PATH + 128];
  char before[MOST_PATH] = "";
  uint64_t lowest = 0;
  bool found = false;
  while (!found && fgets(line, sizeof line, maps) != NULL) {
    uint64_t from = 0;
    uint64_t to = 0;
    char file[MOST_PATH] = "";
    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %*s %*s %*s %511[^\n]", &from, &to, file) < 2) {
      continue;
    }
    if (strcmp(file, before) != 0) lowest = from;
    memcpy(before, file, sizeof before);
    found = file[0] == '/' && address + host_base() >= from && address + host_base() < to;
  }
  fclose(maps);
  if (!found) return false;
  *begin = lowest - host_base();
  memcpy(path, before, MOST_PATH);
  return true;
}

static void tell_frame(uint64_t address) {
  uint64_t begin = 0;
  char path[MOST_PATH] = "";
  module_of(address, &begin, path);
  fprintf(stderr, "percuss-board: frame 0x%" PRIx64 " 0x%" PRIx64 " %s\n", address, begin, path);
}

static void tell_registers(struct run* told) {
  for (char* line = strtok(told->registers, "\n"); line != NULL; line = strtok(NULL, "\n")) {
    fprintf(stderr, "percuss-board: registers %s\n", line);
  }
}

void program_run_tell(int status, uint64_t moved, const char* over) {
  const bool killed = WIFSIGNALED(status);
  struct run* told = killed && run[1].killed ? run + 1 : run;
  const int number = killed ? WTERMSIG(status) : 0;
  const char* name = killed ? sigabbrev_np(number) : NULL;
  char what[32];
  if (name != NULL) {
    snprintf(what, sizeof what, "SIG%s", name);
  } else {
    snprintf(what, sizeof what, "%s %d", killed ? "signal" : "exit code",
             killed ? number : WEXITSTATUS(status));
  }
  const bool fault = (number == SIGSEGV || number == SIGBUS) && told->faulted;
  fprintf(stderr,
          "percuss-board: ended %s pc=0x%" PRIx64 " address=0x%" PRIx64 " moved=0x%" PRIx64
          " instructions=%" PRIu64 " signal=%d fault=%d rule=%s\n",
          killed ? "signal" : "done", told->pc, fault ? told->fault_address - host_base() : 0,
          moved, told->instructions, number, fault ? 1 : 0, over == NULL || killed ? what : over);
  if (killed) {
    tell_registers(told);
    tell_frame(told->pc);
    const uint64_t known = told->depth < MOST_TOLD ? told->depth : MOST_TOLD;
    for (uint64_t i = 1; i <= known; i++)
      tell_frame(told->back[(told->depth - i) % MOST_CALLS] - 1);
  }
  fflush(stderr);
}
