/* SPDX-License-Identifier: Apache-2.0
 *
 * Inputs come from the host that debugs the board, and it is told of the end. */
#include "targets/firmware/batch/batch.h"
#include "targets/firmware/reference/firmware.h"
#include "targets/firmware/semihosting/ask_host.h"

static uint32_t inputs;

void batch_begin(void) {
  line_start();
  inputs = host_open("inputs", 6);
  firmware_ready();
}

size_t batch_read(uint8_t* bytes, size_t room) {
  const uint32_t arguments[] = {inputs, address_of(bytes), (uint32_t)room};
  const uint32_t unread = ask_host(SYS_READ, address_of(arguments));
  return unread < room ? room - unread : 0;
}

void batch_end(void) { host_exit(0); }
