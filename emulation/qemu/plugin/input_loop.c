/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "emulation/qemu/plugin/input_loop.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "emulation/qemu/plugin/call_effects.h"
#include "emulation/qemu/plugin/copies.h"
#include "emulation/qemu/plugin/emulator.h"
#include "emulation/qemu/plugin/mapping_watch.h"
#include "emulation/qemu/plugin/memory_snapshot.h"
#include "emulation/qemu/plugin/translation_sharing.h"

/* In one copy: enough to make its beginning cheap. */
#define MOST_INPUTS 1000u

static bool looping; /* memory is watched */

/* One that may take so much processor time and no more may not share it with other inputs. */
static bool time_is_limited(void) {
  struct rlimit limit;
  return getrlimit(RLIMIT_CPU, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY;
}

unsigned input_loop_prepare(void) {
  const char* wanted = getenv("PERCUSS_BOARD_INPUTS");
  const long most = wanted == NULL ? MOST_INPUTS : atol(wanted);
  if (most <= 1 || !emulator_find_program() || !mapping_watch_works() || time_is_limited())
    return 1;
  memory_snapshot_share();
  return (unsigned)most;
}

/* What is written from here on needs no permission. */
static void be_plain_fork(void) {
  memory_snapshot_give_up();
  looping = false;
  mapping_watch_end();
  copies_go_alone();
}

void input_loop_begin(const struct guest_abi* abi, bool stdin_is_input, void (*take_input)(void)) {
  if (!call_effects_begin(abi, stdin_is_input) || !memory_snapshot_make_room() ||
      !mapping_watch_begin(be_plain_fork)) {
    be_plain_fork();
    return;
  }
  looping = true;
  enum memory_snapshot snapshot = memory_snapshot_take(true, true);
  if (snapshot == MEMORY_SNAPSHOT_FAILED) be_plain_fork();
  if (snapshot != MEMORY_SNAPSHOT_RESTORED) return;
  while (snapshot == MEMORY_SNAPSHOT_RESTORED && translation_sharing_take()) {
    snapshot = memory_snapshot_keep();
  }
  /* Not where the translator has protected what it translated from. */
  if (!memory_snapshot_is_whole()) _exit(0);
  copies_await_input();
  take_input();
}

void input_loop_before_call(int64_t number, const uint64_t* arguments) {
  if (!looping) return;
  if (!memory_snapshot_is_whole() || !call_effects_before(number, arguments)) be_plain_fork();
}

void input_loop_after_call(int64_t result) {
  if (looping && !call_effects_after(result)) be_plain_fork();
}

void input_loop_next(int code) {
  const bool with_code = translation_sharing_happened();
  if (!looping || !memory_snapshot_is_whole() || !mapping_watch_put_back()) return;
  call_effects_undo();
  if (copies_input_ended((code & 0xFF) << 8)) memory_snapshot_restore(with_code);
}
