/* SPDX-License-Identifier: Apache-2.0
 *
 * The client of a session: what of the input is there, what comes when somebody waits, what the
 * server answered. session_calls.c asks it for the answers of calls; of no concern to a harness. */
#ifndef PERCUSS_HARNESSES_SDK_SESSION_SESSION_CLIENT_H_
#define PERCUSS_HARNESSES_SDK_SESSION_SESSION_CLIENT_H_

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "harnesses/sdk/session/session.h"
#include "harnesses/sdk/session/session_frames.h"

enum percuss_client_end { PERCUSS_CLIENT_OPEN, PERCUSS_CLIENT_CLOSED, PERCUSS_CLIENT_RESET };

/* Descriptors are taken back by session_calls.c; returns how many connections were open. */
unsigned percuss_calls_forget_connections(void);

/* Whether a session is on, and its time. */
int percuss_client_active(void);
time_t percuss_client_time(void);

/* Whether a connection waits, and its number once it is taken: -1 if there is none. */
int percuss_client_waiting(void);
int percuss_client_accept(void);

/* Of a connection: bytes that are there; whether the server has seen its end, and which. */
int percuss_client_has_bytes(int connection);
enum percuss_client_end percuss_client_end_of(int connection);

/* The server waits on a connection for up to so many ms, negative: for ever. 1 where bytes or the
 * end have come, 0 where time was over before. */
int percuss_client_wait(int connection, int timeout_ms);
/* It waits for nothing in particular. */
void percuss_client_let_pass(int timeout_ms);

size_t percuss_client_take(int connection, uint8_t* buffer, size_t size, int peek);
void percuss_client_reply(int connection, const uint8_t* data, size_t size);
/* The server has closed it. */
void percuss_client_closed(int connection);

/* For session_states.c: the session is over, count it. */
void percuss_states_session_over(unsigned connections, unsigned messages);
void percuss_states_session_begins(void);

/* For session_transcript.c. */
void percuss_transcript_begins(void);
void percuss_transcript_tell(enum percuss_frame_kind kind, unsigned wait_ms,
                             const struct percuss_exchange* exchange);

#endif /* PERCUSS_HARNESSES_SDK_SESSION_SESSION_CLIENT_H_ */
