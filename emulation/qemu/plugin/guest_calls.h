/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a Linux program's system calls mean to a client that sends it an input. Numbers: Linux,
 * arch/arm, arch/mips (o32), arch/x86 (64) and include/uapi/asm-generic, unistd.h; socketcall's:
 * net.h.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_GUEST_CALLS_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_GUEST_CALLS_H_

#include <stdbool.h>
#include <stdint.h>

enum guest_call {
  GUEST_CALL_OTHER,
  GUEST_CALL_BIND,         /* first argument: the socket */
  GUEST_CALL_LISTEN,       /* the same */
  GUEST_CALL_RECEIVE,      /* the same: bytes or a message, read too */
  GUEST_CALL_WAIT_NETWORK, /* for a connection, or for any of several files */
  GUEST_CALL_WAIT,         /* for another thread, a process, a signal or the clock */
  GUEST_CALL_CLONE,        /* first argument: flags */
  GUEST_CALL_FORK,
  GUEST_CALL_EXEC,
  GUEST_CALL_EXIT_THREAD,
  GUEST_CALL_SOCKETCALL, /* first argument: which; second: where its arguments lie, as words */
};

enum guest_calls {
  GUEST_CALLS_ARM,
  GUEST_CALLS_GENERIC,
  GUEST_CALLS_MIPS_O32,
  GUEST_CALLS_X86_64,
  GUEST_CALLS /* how many */
};

enum guest_call guest_call_of(enum guest_calls numbers, int64_t number);
enum guest_call guest_call_of_socketcall(uint64_t which);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_GUEST_CALLS_H_ */
