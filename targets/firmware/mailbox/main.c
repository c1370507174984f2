/* SPDX-License-Identifier: Apache-2.0
 *
 * The main loop of firmware that gets its inputs whole and in memory, as from a radio's or a bus'
 * own processor: whoever has filled the mailbox stores the number of bytes last. */
#include "targets/firmware/reference/boards/board.h"
#include "targets/firmware/reference/firmware.h"

#define MAILBOX_BYTES 1024u

/* Symbols of the contract with an emulator, as those in firmware.h. */
extern uint8_t mailbox[MAILBOX_BYTES];
extern volatile uint32_t mailbox_bytes; /* 0: it is empty */
uint8_t mailbox[MAILBOX_BYTES];
volatile uint32_t mailbox_bytes;

int main(void) {
  line_start();
  app_open();
  board_watchdog_start();
  firmware_ready();
  for (;;) {
    board_watchdog_feed();
    if (mailbox_bytes == 0) {
      line_sleep();
      continue;
    }
    app_receive(mailbox, mailbox_bytes);
    app_close();
    mailbox_bytes = 0;
    firmware_input_done();
    app_open();
  }
}
