/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fuzzes Linux programs of another architecture on an unmodified qemu-user: the program runs to a
 * checkpoint; from there each input runs in a copy of it, until it exits or a signal ends it. Where
 * what an input has changed can be put back, the copy takes the next one, too (input_loop.h).
 *
 * What the plugin is told on QEMU's command line, name=value each:
 *   checkpoint=ADDRESS   where inputs begin, as linked
 *   code=ADDRESS         the lowest executable segment's, as linked: with where QEMU has put it, it
 *                        tells how far a position-independent program was moved
 *   stdin=1              the input is what the program reads from its standard input
 *   tcp=1, udp=1         or what a client sends to its socket
 *   session=1            with tcp: what clients send, message by message (session_input.h)
 *   port=NUMBER          of these the one with this port; the first without it
 *   listening=1          inputs begin where the program has offered that socket
 *   reply_at=BYTE reply_bytes=NUMBER  where the code of a session's replies is (reply_codes.h)
 *
 * Speaks AFL++'s fork-server protocol when a fuzzer is there, and runs the input in
 * PERCUSS_BOARD_INPUT otherwise. With PERCUSS_BOARD_TELL it follows each instruction and says how
 * each input ended; with PERCUSS_BOARD_TRACE it tells each block. With PERCUSS_BOARD_DEBUG the
 * input runs in the original, under QEMU's own stub: a signal stops it there, and SIGTRAP where the
 * program waits for the next input, or once PERCUSS_BOARD_STOP_MS have passed.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_USER_MODE_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_USER_MODE_H_

#include "emulation/qemu/plugin/qemu_plugin_api.h"

int user_mode_install(qemu_plugin_id_t id, const qemu_info_t* info, int argc, char** argv);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_USER_MODE_H_ */
