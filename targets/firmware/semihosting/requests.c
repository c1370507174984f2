/* SPDX-License-Identifier: Apache-2.0
 *
 * Firmware that asks its host for what the bytes of the console tell it to: the known ground for an
 * emulator that serves some requests and refuses others. */
#include "targets/firmware/reference/firmware.h"
#include "targets/firmware/semihosting/ask_host.h"

static void run_command(void) {
  static const char command[] = "false";
  const uint32_t arguments[] = {address_of(command), sizeof command - 1};
  ask_host(SYS_SYSTEM, address_of(arguments));
}

int main(void) {
  const uint32_t console = host_open(":tt", 3);
  firmware_ready();
  for (;;) {
    static uint8_t byte;
    const uint32_t arguments[] = {console, address_of(&byte), sizeof byte};
    if (ask_host(SYS_READ, address_of(arguments)) != 0) continue;
    if (byte == 'o') host_open("/etc/hostname", 13);
    if (byte == 'c') run_command();
    if (byte == 'e') ask_host(SYS_EXIT, STOPPED_RUN_TIME_ERROR);
    if (byte == 'x') ask_host(SYS_EXIT, STOPPED_APPLICATION_EXIT);
  }
}
