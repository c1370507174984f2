/* SPDX-License-Identifier: Apache-2.0
 *
 * The main loop: bytes go to the application as they come, and an idle line ends the input. */
#include "targets/firmware/reference/boards/board.h"
#include "targets/firmware/reference/firmware.h"

/* 1: no sleep between the first byte of an input and its end, for emulators in which only running
 * instructions advance time. */
#ifndef FIRMWARE_AWAKE_IN_INPUT
#define FIRMWARE_AWAKE_IN_INPUT 0
#endif

static void feed_watchdog(void) {
  static uint32_t fed_at;
  const uint32_t now = ticks_now();
  if (now == fed_at) return;
  fed_at = now;
  board_watchdog_feed();
}

int main(void) {
  line_start();
  app_open();
  board_watchdog_start();
  firmware_ready();
  bool in_input = false;
  uint32_t handled_at = 0;
  for (;;) {
    feed_watchdog();
    static uint8_t bytes[64];
    const size_t count = line_read(bytes, sizeof bytes);
    if (count != 0) {
      in_input = true;
      app_receive(bytes, count);
      handled_at = ticks_now();
    } else if (in_input && line_quiet_ms() > FIRMWARE_IDLE_GAP_MS &&
               ticks_now() - handled_at > FIRMWARE_IDLE_GAP_MS) {
      in_input = false;
      app_close();
      firmware_input_done();
      app_open();
    } else if (!in_input || !FIRMWARE_AWAKE_IN_INPUT) {
      line_sleep();
    }
  }
}
