/* SPDX-License-Identifier: Apache-2.0
 *
 * A server of somebody else's in the process of a harness, without a network: its socket calls are
 * answered from the input, a session of a client (session_frames.h).
 *
 *     PERCUSS_HARNESS(some_server, 1) {
 *       start_server_once();
 *       percuss_session_begin(data, size, on_exchange);
 *       while (percuss_session_waiting()) serve_one_connection();
 *       percuss_session_end();
 *       return 0;
 *     }
 *
 * A harness links it as LIBS percuss_session. The linker then puts this library in the place of
 * socket, bind, listen, accept, accept4, connect, getpeername, getsockname, getsockopt, setsockopt,
 * fcntl, poll, select, read, recv, write, send, shutdown, close, time, malloc, calloc and realloc
 * wherever code that is linked statically calls them (session_calls.c). Stream sockets of the
 * Internet are this library's from socket() on; every other descriptor goes on to libc.
 *
 * - A message comes when the server has read all before it and waits: in a blocking read, or in a
 *   poll or select with time to wait. One with no time says that nothing is there, as it would with
 *   a peer that waits for its answer. A message marked as pipelined is there at once.
 * - Behind the last message of a connection the client has closed it, or reset it, which likewise
 *   is seen only by who waits. connect() is refused.
 * - Time stands still but for waits: time() tells what has been waited for.
 * - A server that waits where nothing will ever come is told of a timeout, or EINTR where it gave
 *   none, or EAGAIN in accept().
 * - An allocation above the cap gets NULL: servers allocate what a length field claims before they
 *   know that it is there. malloc of statically linked code only; operator new is the harness's.
 *
 * Not thread-safe: the server runs in the harness's thread. Linux only. Needs libc only. */
#ifndef PERCUSS_HARNESSES_SDK_SESSION_SESSION_H_
#define PERCUSS_HARNESSES_SDK_SESSION_SESSION_H_

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One message and all that the server sent after it had begun to read it, before the next. */
struct percuss_exchange {
  unsigned connection;    /* of the session, from 0 */
  const uint8_t* request; /* NULL: sent before the first message */
  size_t request_bytes;
  const uint8_t* reply; /* valid during the call */
  size_t reply_bytes;   /* at most PERCUSS_SESSION_REPLY_BYTES, the rest is dropped */
};

#define PERCUSS_SESSION_REPLY_BYTES 0x100000u

/* Begins a session; `on_exchange` may be NULL. A session that was left in the middle is forgotten.
 * The input must outlive the session. */
void percuss_session_begin(const uint8_t* data, size_t size,
                           void (*on_exchange)(const struct percuss_exchange* exchange));

/* Whether a connection of the client's waits for accept(). */
int percuss_session_waiting(void);

/* Ends it, tells the last exchange, takes connections back that the server left open, and returns
 * how many these were. */
unsigned percuss_session_end(void);

/* What time() says in a session. The linker leads no call of a shared library here: the harness of
 * one that asks for the time defines time() to be this. */
time_t percuss_session_time(void);

/* An allocation of more than so many bytes gets NULL; not below and, until this is called,
 * PERCUSS_SESSION_MIN_CAP, since engines allocate too. */
void percuss_session_cap_allocations(size_t bytes);
#define PERCUSS_SESSION_MIN_CAP 0x4000000u

/* A folder in memory for what the server stores: made when first asked for, empty after each
 * percuss_session_empty_folder(), removed with the process or, where it was killed, by the next
 * one. A copy of the process has its own from its first percuss_session_empty_folder() on, by the
 * same path. Files only, no folders in it. The path has no slash at its end; aborts where there is
 * none to be had. */
const char* percuss_session_folder(void);
void percuss_session_empty_folder(void);

/* The harness tells which reply followed which request, in words of the protocol (printable ASCII,
 * the first 63 bytes count). Each step from a state by a request to a reply, which is the next
 * state, is coverage of its own for libFuzzer. `request` is NULL for a further reply to the same
 * one; a connection's first state is "connected". Where PERCUSS_SESSION_STATES names a file, the
 * graph is written there as JSON when the process ends (docs/sessions.md). */
void percuss_session_step(unsigned connection, const char* request, const char* reply);

#define PERCUSS_SESSION_STATES_ENV "PERCUSS_SESSION_STATES"

/* Where this names a file, what was said is written there as it is said: the messages that the
 * server read, in the text of `percuss session`, and its replies as comments. */
#define PERCUSS_SESSION_TRANSCRIPT_ENV "PERCUSS_SESSION_TRANSCRIPT"

#ifdef __cplusplus
}
#endif

#endif /* PERCUSS_HARNESSES_SDK_SESSION_SESSION_H_ */
