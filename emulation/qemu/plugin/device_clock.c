/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "emulation/qemu/plugin/device_clock.h"

#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "emulation/qemu/plugin/emulator.h"
#include "emulation/qemu/plugin/qemu_plugin_api.h"

/* 2020-01-01: a real-time clock of the board shows the same date in every run. */
#define EPOCH_S 1577836800
#define NS_PER_S 1000000000ull
#define MOST_INSTRUCTIONS_BETWEEN_LOOKS 2048

static bool started;
static uint64_t ps_per_instruction;
static uint64_t instructions;
static uint64_t slept_ns;
/* Where the processor fell asleep last, and how long it had slept by then. */
static uint64_t asleep_at = UINT64_MAX; /* instructions */
static uint64_t slept_before_ns;
static uint64_t input_began; /* instructions */
static uint64_t input_began_ns;
static __thread bool is_processor __attribute__((tls_model("initial-exec")));

static uint64_t now_ns(void) {
  if (!is_processor) return 0;
  return instructions * ps_per_instruction / 1000 + slept_ns;
}

void device_clock_start(uint64_t ps) {
  ps_per_instruction = ps;
  started = true;
}

void device_clock_count(uint64_t more) {
  is_processor = true;
  instructions += more;
}

void device_clock_take_back(uint64_t fewer) { instructions -= fewer; }

void device_clock_begin_input(void) {
  input_began = instructions;
  input_began_ns = now_ns();
}

uint64_t device_clock_instructions(void) { return instructions; }
uint64_t device_clock_ns(void) { return now_ns(); }
uint64_t device_clock_of_input(void) { return instructions - input_began; }

uint64_t device_clock_ns_of_input(void) {
  const uint64_t slept = instructions == asleep_at ? slept_before_ns : slept_ns;
  const uint64_t now = instructions * ps_per_instruction / 1000 + slept;
  return now > input_began_ns ? now - input_began_ns : 0;
}

uint64_t device_clock_run(void) {
  const bool locked = emulator_lock();
  int64_t next_ns = emulator_next_timer_ns();
  if (next_ns == 0) {
    emulator_run_timers();
    next_ns = emulator_next_timer_ns();
  }
  if (locked) emulator_unlock();
  uint64_t pause = MOST_INSTRUCTIONS_BETWEEN_LOOKS;
  if (next_ns >= 0 && (uint64_t)next_ns * 1000 / ps_per_instruction < pause) {
    pause = (uint64_t)next_ns * 1000 / ps_per_instruction + 1;
  }
  return instructions + pause;
}

bool device_clock_sleep(void) {
  is_processor = true;
  if (asleep_at != instructions) {
    asleep_at = instructions;
    slept_before_ns = slept_ns;
  }
  const bool locked = emulator_lock();
  const int64_t next_ns = emulator_next_timer_ns();
  if (next_ns >= 0) {
    slept_ns += (uint64_t)next_ns;
    emulator_run_timers();
  }
  if (locked) emulator_unlock();
  return next_ns >= 0;
}

QEMU_PLUGIN_EXPORT int clock_gettime(clockid_t clock, struct timespec* time) {
  const bool of_the_devices = clock == CLOCK_MONOTONIC || clock == CLOCK_REALTIME;
  if (!started || !of_the_devices) return (int)syscall(SYS_clock_gettime, clock, time);
  const uint64_t ns = now_ns();
  time->tv_sec = (time_t)(ns / NS_PER_S) + (clock == CLOCK_REALTIME ? EPOCH_S : 0);
  time->tv_nsec = (long)(ns % NS_PER_S);
  return 0;
}

QEMU_PLUGIN_EXPORT int gettimeofday(struct timeval* time, void* zone) {
  (void)zone;
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}
