/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "emulation/qemu/plugin/user_mode.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "emulation/qemu/plugin/copies.h"
#include "emulation/qemu/plugin/coverage.h"
#include "emulation/qemu/plugin/debugger.h"
#include "emulation/qemu/plugin/emulator.h"
#include "emulation/qemu/plugin/guest_abi.h"
#include "emulation/qemu/plugin/guest_instruction.h"
#include "emulation/qemu/plugin/input_loop.h"
#include "emulation/qemu/plugin/memory_snapshot.h"
#include "emulation/qemu/plugin/own_network.h"
#include "emulation/qemu/plugin/program_run.h"
#include "emulation/qemu/plugin/reply_codes.h"
#include "emulation/qemu/plugin/socket_input.h"
#include "emulation/qemu/plugin/translation_sharing.h"
#include "harnesses/sdk/heartbeat.h"

struct block {
  uint64_t address;
  uint32_t place;
  struct guest_branch last;
};

static struct {
  uint64_t checkpoint;
  uint64_t listening; /* the checkpoint is where the program has offered its socket */
  uint64_t code;
  uint64_t from_stdin;
  uint64_t tcp;
  uint64_t udp;
  uint64_t session;
  uint64_t port;
  uint64_t reply_at;
  uint64_t reply_bytes;
} options;

static const struct guest_abi* abi;
static uint64_t moved;
static bool moved_is_known;
static pid_t original;
static bool in_copy;
static pid_t this_copy;
static pid_t follows; /* of the copy's processes this one */
static bool by_socket;
static bool telling;
static bool tracing;
static bool debugging; /* the input runs in the original */
static const struct block* block_before;

/* _Fork: the program has one thread at its checkpoint, and the handlers of fork would make QEMU's
 * read-copy-update assert. */
static pid_t copy(void) {
  const pid_t pid = _Fork();
  if (pid == 0) prctl(PR_SET_PDEATHSIG, SIGKILL);
  return pid;
}

/* A run without its input says nothing, and must not count as one. */
static void end_if_not_sent(int status) {
  if (!by_socket || WIFSIGNALED(status) || socket_input_was_sent()) return;
  socket_input_explain();
  _exit(1);
}

static void before_copy(void) {
  translation_sharing_take();
  if (by_socket) socket_input_clear();
}

static void after_input(int status) {
  if (by_socket) socket_input_await_forked();
  end_if_not_sent(status);
  if (!telling) return;
  const bool over = by_socket && socket_input_was_over();
  program_run_tell(status, moved, over ? "waits for the next input" : NULL);
  if (by_socket) reply_codes_tell();
}

static void run_one(void) {
  const pid_t pid = copy();
  if (pid == 0) return;
  if (pid < 0) _exit(1);
  const int status = copies_wait_for(pid);
  after_input(status);
  if (WIFSIGNALED(status) && !telling) {
    signal(WTERMSIG(status), SIG_DFL);
    raise(WTERMSIG(status));
  }
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 0);
}

/* The fuzzer has one open file for all copies, and with it one position in it: each copy opens its
 * own. */
static void take_input(void) {
  const char* path = getenv("PERCUSS_BOARD_INPUT");
  const int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  struct stat file;
  if (fd < 0 || fstat(fd, &file) != 0) {
    fprintf(stderr, "percuss-board: error no input %s: %s\n", path == NULL ? "is named" : path,
            strerror(errno));
    fflush(stderr);
    _exit(1);
  }
  const size_t size = (size_t)file.st_size;
  void* bytes = size == 0 ? NULL : mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (bytes == MAP_FAILED) _exit(1);
  percuss_input_begin(bytes, size);
  if (options.from_stdin != 0) dup2(fd, STDIN_FILENO);
  close(fd);
  if (by_socket) {
    close(STDIN_FILENO);
    open("/dev/null", O_RDONLY);
    socket_input_begin(bytes, size);
  } else if (bytes != NULL) {
    munmap(bytes, size);
  }
}

static _Noreturn void end_by(int number) {
  signal(number, SIG_DFL);
  sigset_t all;
  sigemptyset(&all);
  sigaddset(&all, number);
  sigprocmask(SIG_UNBLOCK, &all, NULL);
  raise(number);
  _exit(1);
}

static struct socket_input_options socket_options(void) {
  return (struct socket_input_options){.abi = abi,
                                       .datagram = options.udp != 0,
                                       .session = options.session != 0,
                                       .port = (uint16_t)options.port,
                                       .telling = telling,
                                       .die = end_by,
                                       .stopping = debugging};
}

static void prepare_socket(void) {
  const struct socket_input_options wanted = socket_options();
  if (!reply_codes_prepare(options.reply_at, options.reply_bytes)) {
    fputs("percuss-board: error there is no room for the codes of replies\n", stderr);
    fflush(stderr);
    _exit(1);
  }
  if (!emulator_find_program() || !socket_input_prepare(&wanted)) {
    fprintf(stderr, "percuss-board: error this build of QEMU offers no way to the program\n");
    fflush(stderr);
    _exit(1);
  }
}

/* Returns in each copy. */
static void run_in_copy(void) {
  if (telling && !program_run_prepare(abi)) _exit(1);
  if (copies_say(0)) {
    const unsigned inputs = by_socket ? 1 : input_loop_prepare();
    const struct copies copies = {copy, before_copy, after_input, inputs};
    copies_serve(&copies);
  } else {
    run_one();
  }
}

/* A debugger cannot interrupt a program that runs: where it is known not to end, a clock does. */
static void stop_later(void) {
  const char* after_ms = getenv("PERCUSS_BOARD_STOP_MS");
  const long ms = after_ms == NULL ? 0 : atol(after_ms);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGTRAP};
  const struct itimerspec when = {.it_value = {ms / 1000, ms % 1000 * 1000000}};
  timer_t timer;
  if (ms > 0 && timer_create(CLOCK_MONOTONIC, &event, &timer) == 0) {
    timer_settime(timer, 0, &when, NULL);
  }
}

static void checkpoint(void) {
  original = getpid();
  fflush(NULL);
  if (by_socket) prepare_socket();
  if (emulator_find_program()) translation_sharing_start();
  if (!debugging) run_in_copy();
  const struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  this_copy = follows = getpid();
  if (debugging) stop_later();
  take_input();
  if (telling) program_run_begin();
  if (copies_has_line()) input_loop_begin(abi, options.from_stdin != 0, take_input);
  if (telling) {
    fputs("percuss-board: began\n", stderr);
    fflush(stderr);
    program_run_forget();
  }
  in_copy = true;
  coverage_before = 0;
  coverage_map[0] = 1; /* AFL++ takes an empty map for a target without instrumentation */
}

static bool has_offered(int64_t number, int64_t result) {
  const struct socket_input_options wanted = socket_options();
  const enum guest_call call = guest_call_of(abi->call_numbers, number);
  const bool may_offer =
      call == GUEST_CALL_LISTEN || call == GUEST_CALL_BIND || call == GUEST_CALL_SOCKETCALL;
  return may_offer && result >= 0 && socket_input_is_offered(&wanted);
}

static void on_checkpoint(unsigned int vcpu, void* data) {
  (void)vcpu;
  (void)data;
  if (original == 0) checkpoint();
}

static void on_block(unsigned int vcpu, void* data) {
  const struct block* block = data;
  if (!in_copy) return;
  coverage_visit(block->place);
  if (tracing) fprintf(stderr, "percuss-board: at 0x%" PRIx64 "\n", block->address - moved);
  if (telling) {
    program_run_block(vcpu, block->address, block_before == NULL ? NULL : &block_before->last);
  }
  block_before = block;
}

static void on_instruction(unsigned int vcpu, void* data) {
  (void)vcpu;
  if (in_copy) program_run_instruction(*(const uint64_t*)data);
}

static void describe_end(const struct qemu_plugin_tb* tb, size_t count, struct block* block) {
  const size_t at = abi->delay_slot && count > 1 ? count - 2 : count - 1;
  const struct qemu_plugin_insn* branch = qemu_plugin_tb_get_insn(tb, at);
  const struct qemu_plugin_insn* last = qemu_plugin_tb_get_insn(tb, count - 1);
  block->last.address = qemu_plugin_insn_vaddr(branch);
  block->last.word = guest_instruction_word(branch);
  if (abi->big_endian) block->last.word = __builtin_bswap32(block->last.word);
  block->last.next =
      (uint32_t)(qemu_plugin_insn_vaddr(last) + qemu_plugin_insn_size(last) - block->last.address);
  block->last.short_form = qemu_plugin_insn_size(branch) == 2;
}

/* The dynamic linker runs first, but by then QEMU has loaded the program. */
static void find_out_moved(void) {
  moved_is_known = true;
  moved = qemu_plugin_start_code() - options.code;
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb* tb) {
  (void)id;
  const size_t count = qemu_plugin_tb_n_insns(tb);
  struct block* block = calloc(1, sizeof *block);
  if (block == NULL || count == 0) return;
  if (!moved_is_known) find_out_moved();
  if (in_copy) translation_sharing_tell();
  block->address = qemu_plugin_tb_vaddr(tb);
  block->place = coverage_place(block->address);
  describe_end(tb, count, block);
  qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS, block);
  for (size_t i = 0; i < count; i++) {
    struct qemu_plugin_insn* insn = qemu_plugin_tb_get_insn(tb, i);
    const uint64_t address = qemu_plugin_insn_vaddr(insn);
    if (options.listening == 0 && address == options.checkpoint + moved) {
      qemu_plugin_register_vcpu_insn_exec_cb(insn, on_checkpoint, QEMU_PLUGIN_CB_R_REGS, NULL);
    }
    uint64_t* place = telling ? malloc(sizeof *place) : NULL;
    if (place == NULL) continue;
    *place = address;
    qemu_plugin_register_vcpu_insn_exec_cb(insn, on_instruction, QEMU_PLUGIN_CB_NO_REGS, place);
  }
}

/* A C library that remembers its process id from before the fork (musl's abort) would end the
 * original. Signals up to SIGTERM that end a program have the same number everywhere. */
static void refuse_to_harm_original(int number, uint64_t a1, uint64_t a2, uint64_t a3) {
  const bool with_group = number == abi->tgkill;
  if (!with_group && number != abi->kill && number != abi->tkill) return;
  const uint64_t target = with_group ? a2 : a1;
  const uint64_t what = with_group ? a3 : a2;
  if ((pid_t)target == original && what > 0 && what <= SIGTERM) end_by((int)what);
}

/* The program's end without QEMU's, which throws away all translated code first. */
static void on_system_call(qemu_plugin_id_t id, unsigned int vcpu, int64_t number, uint64_t a1,
                           uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6,
                           uint64_t a7, uint64_t a8) {
  (void)id, (void)vcpu, (void)a4, (void)a5, (void)a6, (void)a7, (void)a8;
  const uint64_t arguments[] = {a1, a2, a3};
  if (!in_copy) return;
  if (number == abi->exit_group && !debugging) {
    if (by_socket) socket_input_ends(0);
    if (getpid() == this_copy) {
      percuss_input_end();
      input_loop_next((int)a1);
    }
    _exit((int)a1);
  }
  input_loop_before_call(number, arguments);
  if (!debugging) refuse_to_harm_original((int)number, a1, a2, a3);
  if (!by_socket) return;
  const enum guest_call call = guest_call_of(abi->call_numbers, number);
  const bool forks = call == GUEST_CALL_FORK || call == GUEST_CALL_CLONE;
  if (forks && telling && getpid() == this_copy) program_run_forks();
  socket_input_call(number, a1, a2);
}

static void on_system_call_return(qemu_plugin_id_t id, unsigned int vcpu, int64_t number,
                                  int64_t result) {
  (void)id, (void)vcpu;
  if (options.listening != 0 && original == 0 && has_offered(number, result)) {
    checkpoint();
    return;
  }
  if (!in_copy) return;
  input_loop_after_call(result);
  if (!by_socket) return;
  socket_input_return(result);
  if (!telling || getpid() == follows) return;
  if (follows == this_copy) program_run_forked();
  follows = getpid();
}

static bool read_option(const char* text) {
  const struct {
    const char* name;
    uint64_t* number;
  } numbers[] = {{"checkpoint=", &options.checkpoint},
                 {"listening=", &options.listening},
                 {"code=", &options.code},
                 {"stdin=", &options.from_stdin},
                 {"tcp=", &options.tcp},
                 {"udp=", &options.udp},
                 {"session=", &options.session},
                 {"port=", &options.port},
                 {"reply_at=", &options.reply_at},
                 {"reply_bytes=", &options.reply_bytes}};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    const size_t length = strlen(numbers[i].name);
    if (strncmp(text, numbers[i].name, length) != 0) continue;
    char* end = NULL;
    errno = 0;
    *numbers[i].number = strtoull(text + length, &end, 0);
    return errno == 0 && end != text + length && *end == '\0';
  }
  return false;
}

int user_mode_install(qemu_plugin_id_t id, const qemu_info_t* info, int argc, char** argv) {
  abi = guest_abi_of(info->target_name);
  if (abi == NULL) {
    fprintf(stderr, "percuss-board: error programs for %s are not known\n", info->target_name);
    return 1;
  }
  for (int i = 0; i < argc; i++) {
    if (read_option(argv[i])) continue;
    fprintf(stderr, "percuss-board: error option %s\n", argv[i]);
    return 1;
  }
  options.checkpoint &= strcmp(abi->name, "arm") == 0 ? ~(uint64_t)1 : ~(uint64_t)0; /* Thumb */
  telling = getenv("PERCUSS_BOARD_TELL") != NULL;
  tracing = getenv("PERCUSS_BOARD_TRACE") != NULL;
  debugging = debugger_wanted();
  memory_snapshot_prepare();
  coverage_open();
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
  qemu_plugin_register_vcpu_syscall_cb(id, on_system_call);
  qemu_plugin_register_vcpu_syscall_ret_cb(id, on_system_call_return);
  by_socket = options.tcp != 0 || options.udp != 0;
  return !by_socket || own_network_is_there() ? 0 : 1;
}
