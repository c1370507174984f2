/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The input as a session of clients of the Linux program, over TCP: its messages one at a time, as
 * session_frames.h lays them out, each when the program waits for the network. Time is the host's,
 * so a wait takes as long, but SESSION_LONGEST_WAIT_MS at most.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_SESSION_INPUT_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_SESSION_INPUT_H_

#include <stddef.h>
#include <stdint.h>

#define SESSION_LONGEST_WAIT_MS 50

/* On a thread of its own. `line` is the first connection, and does not block; `connect_again` makes
 * another to the same server, or gives -1 where it takes none any more. Returns the last one, which
 * is closed for what is sent only, or -1 where the program has closed it. */
int session_input_play(const uint8_t* bytes, size_t size, int line, int (*connect_again)(void));

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_SESSION_INPUT_H_ */
