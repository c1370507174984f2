/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the firmware ends, or an input does: the symbols that an emulator watches. */
#include <stdlib.h>

#include "targets/firmware/reference/firmware.h"

#define WATCHED __attribute__((noinline, used))

volatile uint32_t firmware_inputs_done;

/* Kept for a debugger, and so that no two of the loops become one function. */
static const char* volatile last_words;

static __attribute__((noreturn)) void stay(const char* what) {
  last_words = what;
  for (;;) {
  }
}

WATCHED void firmware_ready(void) { __asm__ volatile(""); }

WATCHED void firmware_input_done(void) { firmware_inputs_done++; }

WATCHED void firmware_assert_failed(const char* what) { stay(what); }

WATCHED void firmware_property_broken(const char* what) { stay(what); }

WATCHED void firmware_watchdog_expired(void) { stay("watchdog"); }

/* The C library's ways to give up: all end in the same place. */
void abort(void) { firmware_assert_failed("abort"); }

__attribute__((noreturn)) void __assert_func(const char* file, int line, const char* function,
                                             const char* expression);
void __assert_func(const char* file, int line, const char* function, const char* expression) {
  (void)file;
  (void)line;
  (void)function;
  firmware_assert_failed(expression);
}

__attribute__((noreturn)) void __assert_no_args(void);
void __assert_no_args(void) { firmware_assert_failed("assert"); }

/* What the compiler calls where it divides without an instruction, and the divisor is 0. */
void __aeabi_idiv0(void);
void __aeabi_ldiv0(void);
void __aeabi_idiv0(void) { firmware_assert_failed("division by zero"); }
void __aeabi_ldiv0(void) { firmware_assert_failed("division by zero"); }

/* The stack protector's. */
extern uintptr_t __stack_chk_guard;
uintptr_t __stack_chk_guard = 0x5ac3b71eu;
__attribute__((noreturn)) void __stack_chk_fail(void);
void __stack_chk_fail(void) { firmware_assert_failed("stack overwritten"); }
