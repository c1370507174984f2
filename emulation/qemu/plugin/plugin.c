/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fuzzes firmware on an unmodified QEMU: the machine runs to a checkpoint; from there each input
 * continues in a copy of the emulator, until the firmware is done with it or fails.
 *
 * Loaded as -plugin with its options (see options.h), and preloaded as a library, so that device
 * time is counted in instructions. Speaks AFL++'s fork-server protocol when a fuzzer is there, and
 * runs the input in PERCUSS_BOARD_INPUT otherwise.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emulation/qemu/plugin/api_version.h"
#include "emulation/qemu/plugin/compare_log.h"
#include "emulation/qemu/plugin/coverage.h"
#include "emulation/qemu/plugin/debugger.h"
#include "emulation/qemu/plugin/device_clock.h"
#include "emulation/qemu/plugin/emulator.h"
#include "emulation/qemu/plugin/execution_log.h"
#include "emulation/qemu/plugin/execution_record.h"
#include "emulation/qemu/plugin/fork_server.h"
#include "emulation/qemu/plugin/guest_core.h"
#include "emulation/qemu/plugin/guest_instruction.h"
#include "emulation/qemu/plugin/interrupt_coverage.h"
#include "emulation/qemu/plugin/memory_checks.h"
#include "emulation/qemu/plugin/memory_snapshot.h"
#include "emulation/qemu/plugin/options.h"
#include "emulation/qemu/plugin/outcome.h"
#include "emulation/qemu/plugin/process_stack.h"
#include "emulation/qemu/plugin/qemu_plugin_api.h"
#include "emulation/qemu/plugin/semihosting.h"
#include "emulation/qemu/plugin/translation_sharing.h"
#include "emulation/qemu/plugin/user_mode.h"

#define INSTRUCTIONS_BETWEEN_BYTES 128

struct block {
  uint64_t address;
  uint32_t place;
  uint32_t instructions;
  uint32_t bytes;
  bool checked;   /* each time */
  bool forbidden; /* nothing is to run there */
  bool returns;   /* from a trap */
  bool nowhere;   /* no memory is there */
  const struct compare_place* compare;
  uint8_t size[]; /* of each instruction */
};

static struct options options;
static bool in_copy;     /* an input runs */
static uint64_t look_at; /* instructions */
static uint64_t end_at;  /* the budget, in instructions */
static uint64_t push_at; /* instructions */
static uint64_t drained_ns;
static const struct block* this_block;
static const struct block* block_before;
static bool running_timers;
static bool checking;
static bool tracing;   /* this copy tells each block */
static bool debugging; /* the input runs in the original, and stops where it would end */
static bool about_to_sleep;

static const char* words_of_deadline(void) {
  static char words[160];
  const double ms = (double)options.ps_per_instruction / 1e9;
  const uint64_t taken = device_clock_of_input();
  snprintf(words, sizeof words,
           "done after %" PRIu64 " instructions (%.3f ms), its deadline is %" PRIu64 " (%.3f ms)",
           taken, (double)taken * ms, options.deadline, (double)options.deadline * ms);
  return words;
}

/* Returns only to a debugger. */
static void end(enum outcome outcome, const char* what, uint64_t pc, bool in_exception) {
  if (outcome == OUTCOME_DONE && options.deadline != 0 &&
      device_clock_of_input() > options.deadline) {
    outcome = OUTCOME_DEADLINE;
    what = words_of_deadline();
  }
  if (debugging) {
    debugger_stop(outcome, what);
    return;
  }
  const struct outcome_facts facts = {
      .what = what,
      .pc = pc,
      .unread = input_line_unread(&options.line),
      .cut = options.line.cut,
      .m_profile = options.m_profile,
      .in_exception = in_exception,
  };
  outcome_end(outcome, &facts);
}

static _Noreturn void cannot_go_on(const char* what, const char* detail) {
  fprintf(stderr, "percuss-board: error %s%s\n", what, detail);
  fflush(stderr);
  _exit(1);
}

static void checkpoint(void) {
  const uint8_t* bytes = NULL;
  size_t size = 0;
  if (!input_line_open(&options.line)) {
    cannot_go_on("the machine has no character device ", options.line.device);
  }
  const char* path = getenv("PERCUSS_BOARD_INPUT");
  translation_sharing_start();
  interrupt_coverage_start(options.m_profile);
  if (!debugging) {
    fork_server_run(path, &bytes, &size);
  } else if (!debugger_take_input(path, &bytes, &size)) {
    cannot_go_on("no input ", path == NULL ? "is named" : path);
  }
  in_copy = true;
  if (getenv("PERCUSS_BOARD_TELL") != NULL) fputs("percuss-board: began\n", stderr);
  tracing = getenv("PERCUSS_BOARD_TRACE") != NULL;
  device_clock_begin_input();
  coverage_before = 0;
  coverage_map[0] = 1; /* AFL++ takes an empty map for a target without instrumentation */
  end_at = device_clock_instructions() + options.budget;
  push_at = device_clock_instructions();
  drained_ns = device_clock_ns();
  if (checking) memory_checks_arm();
  execution_log_begin();
  if (!input_line_begin(&options.line, bytes, size)) {
    cannot_go_on("the machine has no memory at the address of the input's buffer", "");
  }
}

static void push(void) {
  if (input_line_push(&options.line) != 0) drained_ns = device_clock_ns();
  push_at = device_clock_instructions() + INSTRUCTIONS_BETWEEN_BYTES;
}

/* What the devices asked for is done by QEMU's main thread, which a copy has not. */
static void end_if_reset(uint64_t pc) {
  if (!in_copy || debugging) return;
  if (emulator_wants_reset()) {
    end(running_timers ? OUTCOME_WATCHDOG : OUTCOME_RESET,
        running_timers ? "the watchdog reset the machine" : "the firmware reset the machine", pc,
        false);
  }
  if (emulator_wants_shutdown()) end(OUTCOME_DONE, "the firmware ended the machine", pc, false);
}

static void look(uint64_t pc) {
  running_timers = true;
  look_at = device_clock_run();
  end_if_reset(pc);
  running_timers = false;
  if (!in_copy) return;
  if (device_clock_instructions() >= end_at) {
    end(OUTCOME_BUDGET, "too many instructions", pc, false);
  }
  if (device_clock_instructions() >= push_at) push();
  if (!input_line_empty(&options.line) && push_at < look_at) look_at = push_at;
}

/* Returns only to a debugger. */
static void end_by_access(const char* what, uint64_t pc, uint64_t address) {
  if (debugging) {
    debugger_stop(OUTCOME_CORRUPTION, what);
    return;
  }
  const struct outcome_facts facts = {
      .what = what,
      .pc = pc,
      .address = address,
      .unread = input_line_unread(&options.line),
      .cut = options.line.cut,
      .m_profile = options.m_profile,
  };
  outcome_end(OUTCOME_CORRUPTION, &facts);
}

static void end_at_violation(void) {
  const struct memory_violation* violation = memory_checks_found();
  end_by_access(violation->what, violation->pc, violation->address);
}

static void check(uint64_t pc) {
  memory_checks_block(pc);
  if (memory_checks_found()->what[0] != '\0') end_at_violation();
}

static void on_any_access(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t address,
                          void* data) {
  (void)vcpu;
  execution_log_access(*(const uint64_t*)data, address, 1u << qemu_plugin_mem_size_shift(info),
                       qemu_plugin_mem_is_store(info));
}

static void on_access(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t address, void* data) {
  (void)vcpu;
  if (!memory_checks_concerns(address) &&
      !(memory_checks_forbids_store(address) && qemu_plugin_mem_is_store(info))) {
    return;
  }
  memory_checks_access(*(const uint64_t*)data, address, 1u << qemu_plugin_mem_size_shift(info),
                       qemu_plugin_mem_is_store(info));
  if (debugging && memory_checks_found()->what[0] != '\0') {
    end_at_violation();
    debugger_leave(__builtin_return_address(0));
  }
}

/* Where the code does what the layout of the memory forbids. */
static void check_layout(const struct block* block) {
  char what[96];
  const uint64_t from = block_before == NULL ? block->address : block_before->address;
  const uint32_t excess = memory_layout_stack_excess(&options.checks.layout);
  if (block->forbidden) {
    memory_checks_violate(from, block->address,
                          "execution-from-ram: of what is no code of the image");
  } else if (excess != 0) {
    snprintf(what, sizeof what, "stack-overflow: %" PRIu32 " bytes below the stack's limit",
             excess);
    memory_checks_violate(from, 0, what);
  }
}

static void on_block(unsigned int vcpu, void* data) {
  (void)vcpu;
  const struct block* block = data;
  about_to_sleep = false;
  if (process_stack_changes) process_stack_after();
  if (interrupt_coverage_on) {
    interrupt_coverage_block(block->address, this_block != NULL && this_block->returns);
  }
  if (execution_log_on) {
    execution_log_block(block->address, block->instructions, block->bytes,
                        interrupt_coverage_depth());
  }
  coverage_visit(block->place);
  if (block->compare != NULL && in_copy) compare_log_note(block->compare);
  device_clock_count(block->instructions);
  block_before = this_block;
  this_block = block;
  if (tracing) fprintf(stderr, "percuss-board: at 0x%" PRIx64 "\n", block->address);
  if (block->nowhere && in_copy) {
    end_by_access("segv: instruction fetch from no memory", block->address, block->address);
  }
  if (checking && in_copy) check_layout(block);
  if (block->checked || memory_checks_quick.block_matters) check(block->address);
  if (device_clock_instructions() >= look_at) look(block->address);
  if (debugging) debugger_leave(__builtin_return_address(0));
}

static bool is_fault(void) {
  char registers[4096];
  emulator_registers(registers, sizeof registers);
  return guest_core->faulted(registers);
}

static void on_place(unsigned int vcpu, void* data) {
  (void)vcpu;
  const struct rule* rule = data;
  if (rule->kind == RULE_CHECKPOINT) {
    if (!in_copy) checkpoint();
    return;
  }
  if (rule->kind == RULE_FAULT && !is_fault()) return;
  /* A rule's place begins a block: what led there is the block before. */
  const uint64_t pc = block_before == NULL ? rule->address : block_before->address;
  if (!in_copy) {
    if (rule->kind == RULE_DONE) return;
    fprintf(stderr, "percuss-board: error the firmware reached %s before the checkpoint\n",
            rule->name);
    fflush(stderr);
    _exit(1);
  }
  if (rule->kind == RULE_DONE && input_line_unread(&options.line) != 0) return;
  if (rule->kind == RULE_DONE && checking) memory_checks_done(pc);
  static const enum outcome outcomes[] = {
      [RULE_DONE] = OUTCOME_DONE,         [RULE_FAULT] = OUTCOME_FAULT,
      [RULE_ASSERT] = OUTCOME_ASSERT,     [RULE_PROPERTY] = OUTCOME_PROPERTY,
      [RULE_WATCHDOG] = OUTCOME_WATCHDOG,
  };
  const bool leaked = rule->kind == RULE_DONE && memory_checks_found()->what[0] != '\0';
  if (leaked) {
    end_at_violation();
  } else {
    end(outcomes[rule->kind], rule->name, pc,
        rule->kind == RULE_FAULT && (options.m_profile || guest_core->tells_cause));
  }
  if (debugging) debugger_leave(__builtin_return_address(0));
}

/* Whether a Cortex-M has an exception to take (ICSR, DDI 0403E, B3.2.4). Of others nobody knows. */
static bool is_called(void) {
  const uint32_t pending = 0x1FFu << 12;
  uint32_t state = 0;
  if (!options.m_profile) return true;
  const bool locked = emulator_lock();
  const bool read = emulator_read(0xE000ED04, &state, sizeof state);
  if (locked) emulator_unlock();
  return !read || (state & pending) != 0;
}

/* To a timer that wakes the processor, past those that do not. False when there is none. */
static bool sleep_until_called(void) {
  bool runs = device_clock_sleep();
  while (runs && in_copy && !is_called() && device_clock_ns() - drained_ns < options.idle_ns) {
    runs = device_clock_sleep();
  }
  return runs;
}

/* Before the processor sleeps. */
static void on_sleep(unsigned int vcpu, void* data) {
  (void)vcpu;
  const uint64_t pc = *(const uint64_t*)data;
  about_to_sleep = true;
  if (!in_copy && options.checkpoint_at_sleep) checkpoint();
  if (in_copy && !input_line_empty(&options.line)) {
    const size_t before = options.line.sent;
    push();
    /* The console of semihosting wakes nobody. */
    if (options.line.sent != before && options.line.for_stdin == 0) return;
  }
  running_timers = true;
  const bool woken = sleep_until_called();
  end_if_reset(pc);
  running_timers = false;
  if (!in_copy) return;
  if (!woken || device_clock_ns() - drained_ns >= options.idle_ns) {
    end(OUTCOME_DONE, "idle", pc, false);
  }
}

/* The processor's thread waits: in a copy nobody would ever wake it. */
static void on_idle(qemu_plugin_id_t id, unsigned int vcpu) {
  (void)id;
  (void)vcpu;
  const uint64_t pc = this_block == NULL ? 0 : this_block->address;
  end_if_reset(pc);
  if (debugging && !about_to_sleep) return; /* the debugger has stopped it */
  if (in_copy) end(OUTCOME_DONE, "idle", pc, false);
}

static void end_by_host_call(enum semihosting_wish wish, const char* words, uint64_t pc) {
  static const enum outcome outcomes[] = {
      [SEMIHOSTING_EXIT] = OUTCOME_DONE,
      [SEMIHOSTING_FAILED] = OUTCOME_ASSERT,
      [SEMIHOSTING_REFUSED] = OUTCOME_CORRUPTION,
  };
  if (!in_copy) cannot_go_on("before the checkpoint: ", words);
  end(outcomes[wish], words, pc, false);
}

/* Up to 7.2 QEMU's standard input is the console: its end is told, and who reads on is done. Later
 * it is the line, and who reads more than there is sleeps. */
static void on_console_read(uint64_t pc) {
  static bool end_was_told;
  if (!in_copy && options.checkpoint_at_sleep) checkpoint();
  if (!in_copy) return;
  const bool at_end = input_line_unread(&options.line) == 0;
  if (at_end && end_was_told) end(OUTCOME_DONE, "idle", pc, false);
  end_was_told = at_end;
}

/* Before firmware asks the host for something. */
static void on_host_call(unsigned int vcpu, void* data) {
  (void)vcpu;
  const uint64_t pc = *(const uint64_t*)data;
  const char* words = "";
  const enum semihosting_wish wish = semihosting_wish(&words);
  if (wish == SEMIHOSTING_READ) {
    on_console_read(pc);
  } else if (wish != SEMIHOSTING_OTHER) {
    end_by_host_call(wish, words, pc);
  }
  if (debugging) debugger_leave(__builtin_return_address(0));
}

static void on_process_stack(unsigned int vcpu, void* data) {
  (void)vcpu;
  process_stack_before((uint32_t)(uintptr_t)data);
}

/* From 9.0 on QEMU leaves a block where an instruction behind its first accesses a device, runs
 * that alone, without telling but for its access, and goes on in a block that begins behind it. */
static void on_access_of_single(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t address,
                                void* data) {
  (void)vcpu, (void)info, (void)address;
  const struct block* single = data;
  if (this_block == NULL) return;
  uint64_t at = this_block->address;
  uint32_t done = 0;
  while (done < this_block->instructions && at < single->address) at += this_block->size[done++];
  if (done == this_block->instructions || at != single->address) return;
  device_clock_take_back(this_block->instructions - done - 1);
  this_block = single;
}

/* Some machines answer a fetch from where they have nothing with zeros instead of a fault. As
 * instructions these go on and on, each translated anew. Where there is no MMU its address tells.
 */
static bool is_nowhere(uint64_t address) {
  return options.m_profile && !memory_ranges_hold(&options.checks.layout.known, address) &&
         emulator_lacks_memory_at(address);
}

static void tell_translation(size_t instructions) {
  if (instructions == 1) {
    translation_sharing_tell_alone();
  } else {
    translation_sharing_tell();
  }
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb* tb) {
  (void)id;
  const size_t count = qemu_plugin_tb_n_insns(tb);
  struct block* block = malloc(sizeof *block + count);
  if (block == NULL) return;
  if (in_copy && !debugging) tell_translation(count);
  block->address = qemu_plugin_tb_vaddr(tb);
  block->place = coverage_place(block->address);
  block->instructions = (uint32_t)count;
  block->bytes = 0;
  block->returns = interrupt_coverage_returns(qemu_plugin_tb_get_insn(tb, count - 1));
  block->nowhere = is_nowhere(block->address);
  block->forbidden = memory_layout_forbids_execution(&options.checks.layout, block->address);
  block->checked = checking && memory_checks_is_entry(block->address);
  block->compare = compare_log_on ? compare_log_watch(qemu_plugin_tb_get_insn(tb, 0)) : NULL;
  qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_R_REGS, block);
  if (count == 1 && api_version_cuts_at_devices()) {
    qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(tb, 0), on_access_of_single,
                                     QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, block);
  }
  for (size_t i = 0; i < count; i++) {
    struct qemu_plugin_insn* insn = qemu_plugin_tb_get_insn(tb, i);
    const uint64_t address = qemu_plugin_insn_vaddr(insn);
    block->size[i] = (uint8_t)qemu_plugin_insn_size(insn);
    block->bytes += block->size[i];
    for (size_t r = 0; r < options.rules; r++) {
      if (options.rule[r].address != address) continue;
      qemu_plugin_register_vcpu_insn_exec_cb(insn, on_place, QEMU_PLUGIN_CB_R_REGS,
                                             &options.rule[r]);
    }
    const uint32_t word = guest_instruction_word(insn);
    if (options.m_profile && process_stack_is_set_by(word, qemu_plugin_insn_size(insn))) {
      qemu_plugin_register_vcpu_insn_exec_cb(insn, on_process_stack, QEMU_PLUGIN_CB_R_REGS,
                                             (void*)(uintptr_t)word);
    }
    const bool watched = checking && memory_checks_watch(address);
    const bool sleeping = guest_core->sleeps(insn);
    const bool asking =
        options.line.for_stdin != 0 && semihosting_is_asked_by(word, qemu_plugin_insn_size(insn));
    if (!watched && !sleeping && !asking && !execution_log_on) continue;
    uint64_t* place = malloc(sizeof *place);
    if (place == NULL) return;
    *place = address;
    if (sleeping) {
      qemu_plugin_register_vcpu_insn_exec_cb(insn, on_sleep, QEMU_PLUGIN_CB_R_REGS, place);
    }
    if (asking) {
      qemu_plugin_register_vcpu_insn_exec_cb(insn, on_host_call, QEMU_PLUGIN_CB_R_REGS, place);
    }
    /* QEMU 7.2 calls back for loads only where both are asked for. Before a check may end it. */
    if (execution_log_on) {
      qemu_plugin_register_vcpu_mem_cb(insn, on_any_access, QEMU_PLUGIN_CB_NO_REGS,
                                       QEMU_PLUGIN_MEM_RW, place);
    }
    if (watched) {
      qemu_plugin_register_vcpu_mem_cb(insn, on_access, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW,
                                       place);
    }
  }
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t* info, int argc,
                                           char** argv) {
  if (!api_version_take(info)) return 1;
  guest_instruction_start();
  if (!info->system_emulation) return user_mode_install(id, info, argc, argv);
  guest_core_choose(info);
  debugging = debugger_wanted();
  const char* lacks = emulator_find(debugging);
  if (lacks != NULL) {
    fprintf(stderr, "percuss-board: error this build of QEMU lacks %s\n", lacks);
    return 1;
  }
  const char* wrong = options_read(argc, argv, &options);
  if (wrong != NULL) {
    fprintf(stderr, "percuss-board: error option %s\n", wrong);
    return 1;
  }
  checking = options.checks.functions != 0 || options.checks.null_bytes != 0 ||
             options.checks.layout.flash.count != 0 || options.checks.layout.ram.count != 0 ||
             options.checks.layout.stack_limit != options.checks.layout.stack_top;
  compare_log_open(&options.compares);
  if (compare_log_on) checking = false; /* the other fork server does */
  if (checking && !memory_checks_start(&options.checks)) {
    fprintf(stderr, "percuss-board: error no memory for the memory checks\n");
    return 1;
  }
  if ((options.m_profile || guest_core->tells_cause) && !execution_log_open()) {
    fprintf(stderr,
            "percuss-board: error the file of " PERCUSS_EXECUTION_ENV " cannot be written\n");
    return 1;
  }
  memory_snapshot_prepare();
  coverage_open();
  device_clock_start(options.ps_per_instruction);
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
  qemu_plugin_register_vcpu_idle_cb(id, on_idle);
  return 0;
}
