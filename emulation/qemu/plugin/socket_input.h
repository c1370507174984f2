/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The input as what a client sends to a socket of the Linux program. The client is in the program's
 * own process: a guest's descriptor is the host's. It connects as soon as the program listens, or
 * sends its datagram as soon as the program has bound its socket, and writes the input before the
 * program goes on, unless it is a session. A thread of the client's own sends what did not fit and
 * takes what the program answers, so that neither side ever waits for the other.
 *
 * The input is over when the program has closed the connection, or taken the datagram, and waits
 * for the next: one of its threads for the network, all others for anything, and the processes that
 * it has forked since have ended. A signal that ends one of these ends the program.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_SOCKET_INPUT_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_SOCKET_INPUT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emulation/qemu/plugin/guest_abi.h"

struct socket_input_options {
  const struct guest_abi* abi;
  bool datagram;           /* UDP, else TCP */
  bool session;            /* of clients over TCP: see session_input.h */
  uint16_t port;           /* 0: the first that listens */
  bool telling;            /* that the input was sent */
  void (*die)(int number); /* by this signal */
  bool
      stopping; /* for a debugger where the input is over, by SIGTRAP; else that ends the process */
};

/* Whether the program has a socket already that a client can reach. */
bool socket_input_is_offered(const struct socket_input_options* options);
/* In the original at the checkpoint; false where there is no memory for it. */
bool socket_input_prepare(const struct socket_input_options* options);
/* In the original, between copies: forgets what one has left in the queues of sockets from before
 * the checkpoint, which all share. */
void socket_input_clear(void);
/* In a copy: the input, which stays the caller's and has to stay. */
void socket_input_begin(const uint8_t* bytes, size_t size);
/* In a copy, around each system call of each of the program's threads. May end the process. */
void socket_input_call(int64_t number, uint64_t a1, uint64_t a2);
void socket_input_return(int64_t result);
/* In a copy, and in what the program has forked there: this process ends, by a signal or by 0. */
void socket_input_ends(int number);
/* In the original, once a copy has ended: so have the processes that it forked, when this returns.
 * Until then they would hold its port. */
void socket_input_await_forked(void);
/* In the original, of the last copy: whether the program was sent the input, and where not why, on
 * stderr; and whether the input was over before the program ended. */
bool socket_input_was_sent(void);
void socket_input_explain(void);
bool socket_input_was_over(void);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_SOCKET_INPUT_H_ */
