/* SPDX-License-Identifier: Apache-2.0
 *
 * The main loop of firmware that reads its inputs from the host that debugs it, as images made for
 * tests do. */
#include "targets/firmware/reference/boards/board.h"
#include "targets/firmware/reference/firmware.h"
#include "targets/firmware/semihosting/ask_host.h"

int main(void) {
  line_start();
  app_open();
  const uint32_t console = host_open(":tt", 3);
  board_watchdog_start();
  firmware_ready();
  for (;;) {
    static uint8_t bytes[64];
    const uint32_t arguments[] = {console, address_of(bytes), sizeof bytes};
    board_watchdog_feed();
    const uint32_t unread = ask_host(SYS_READ, address_of(arguments));
    if (unread < sizeof bytes) {
      app_receive(bytes, sizeof bytes - unread);
      continue;
    }
    app_close();
    firmware_input_done();
    app_open();
  }
}
