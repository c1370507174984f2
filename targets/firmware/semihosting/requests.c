/* SPDX-License-Identifier: Apache-2.0
 *
 * Firmware that does what the bytes of the console tell it to: asks its host for something, or
 * uses memory for what it is not for. The known ground for what an emulator refuses and notices.
 */
#include "targets/firmware/reference/cortexm.h"
#include "targets/firmware/reference/firmware.h"
#include "targets/firmware/semihosting/ask_host.h"

static void run_command(void) {
  static const char command[] = "false";
  const uint32_t arguments[] = {address_of(command), sizeof command - 1};
  ask_host(SYS_SYSTEM, address_of(arguments));
}

static void write_to_flash(void) { *(volatile uint32_t*)(uintptr_t)0x3000u = 0; }

static void run_from_ram(void) {
  static const volatile uint16_t return_at_once = 0x4770u; /* BX lr, where there is no flash */
  static volatile uint16_t code[2];
  code[0] = return_at_once;
  ((void (*)(void))(address_of((const void*)code) | 1u))();
}

static void jump_away(void) {
  static void (*const volatile nowhere)(void) = (void (*)(void))(uintptr_t)0x40000001u;
  nowhere();
}

/* The core's timer counts, and nobody is told when it wraps. */
static void sleep_for_ever(void) {
  tick_start();
  SYSTICK_CONTROL = 5u;
  for (;;) wait_for_interrupt();
}

static void sleep_for_a_tick(void) {
  tick_start();
  wait_for_interrupt();
}

__attribute__((noinline)) static uint32_t call_deeper(uint32_t levels) {
  volatile uint32_t frame[16] = {levels};
  return levels == 0 ? frame[0] : call_deeper(levels - 1) + frame[levels % 16u];
}

static uint8_t byte; /* that came last */
static const volatile uint32_t record = 1;
static const volatile uint32_t* record_in_use = &record;

__attribute__((noinline)) static void drop_record(void) { record_in_use = 0; }

__attribute__((noinline)) static uint32_t use_record(void) { return *record_in_use; }

__attribute__((noinline)) static uint8_t last_byte(void) { return byte; }

/* Beyond its frame, of which nothing watches over the end. */
__attribute__((noinline, no_stack_protector)) static uint8_t overwrite_return(void) {
  volatile uint8_t frame[8];
  for (uint32_t i = 0; i < 64; i++) frame[i] = last_byte();
  return frame[0];
}

int main(void) {
  const uint32_t console = host_open(":tt", 3);
  firmware_ready();
  for (;;) {
    const uint32_t arguments[] = {console, address_of(&byte), sizeof byte};
    if (ask_host(SYS_READ, address_of(arguments)) != 0) continue;
    if (byte == 'o') host_open("/etc/hostname", 13);
    if (byte == 'c') run_command();
    if (byte == 'w') write_to_flash();
    if (byte == 'r') run_from_ram();
    if (byte == 'd') call_deeper(100);
    if (byte == 'j') jump_away();
    if (byte == 'k') overwrite_return();
    if (byte == 'n') drop_record();
    if (byte == 'u') use_record();
    if (byte == 's') sleep_for_ever();
    if (byte == 't') sleep_for_a_tick();
    if (byte == 'e') ask_host(SYS_EXIT, STOPPED_RUN_TIME_ERROR);
    if (byte == 'f') host_exit(1);
    if (byte == 'y') host_exit(0);
    if (byte == 'x') ask_host(SYS_EXIT, STOPPED_APPLICATION_EXIT);
  }
}
