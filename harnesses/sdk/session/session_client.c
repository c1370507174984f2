/* SPDX-License-Identifier: Apache-2.0 */
#include "harnesses/sdk/session/session_client.h"

#include <string.h>

#include "harnesses/sdk/session/session.h"
#include "harnesses/sdk/session/session_frames.h"

/* What time() says when a session begins: 2026-01-01, so that runs do not differ by the day. */
#define FIRST_SECOND ((time_t)1767225600)

static struct {
  struct percuss_frame_cursor cursor;
  struct percuss_frame next; /* not sent yet */
  int has_next;
  unsigned wait_left_ms; /* of next */

  int active;
  int connection;      /* the one that is on, -1 before the first */
  int is_on;           /* the server has not closed it */
  int end_seen;        /* who waited on it has seen its end */
  const uint8_t* data; /* sent, not read */
  size_t size;

  enum percuss_frame_kind opened_by; /* what ended the connection before, until its first message */
  enum percuss_frame_kind request_kind;
  unsigned request_wait_ms;
  const uint8_t* request;
  size_t request_bytes;
  size_t reply_bytes;
  unsigned messages;
  uint64_t clock_ms;
  void (*on_exchange)(const struct percuss_exchange* exchange);
} client;

static uint8_t reply[PERCUSS_SESSION_REPLY_BYTES];

static void advance(void) {
  client.has_next = percuss_frames_next(&client.cursor, &client.next);
  client.wait_left_ms = client.has_next ? client.next.wait_ms : 0;
}

static int ends_connection(const struct percuss_frame* frame) {
  return frame->kind == PERCUSS_FRAME_CLOSE || frame->kind == PERCUSS_FRAME_RESET;
}

static void tell_exchange(void) {
  if (client.request_bytes != 0 || client.reply_bytes != 0) {
    const struct percuss_exchange exchange = {(unsigned)client.connection, client.request,
                                              client.request_bytes, reply, client.reply_bytes};
    percuss_transcript_tell(client.request_kind, client.request_wait_ms, &exchange);
    if (client.on_exchange != NULL) client.on_exchange(&exchange);
  }
  client.request = NULL;
  client.request_bytes = 0;
  client.reply_bytes = 0;
}

static void send_next(void) {
  tell_exchange();
  client.request_kind = client.opened_by != 0 ? client.opened_by : client.next.kind;
  client.request_wait_ms = client.next.wait_ms;
  client.opened_by = 0;
  client.data = client.request = client.next.data;
  client.size = client.request_bytes = client.next.size;
  client.messages += client.size != 0;
  advance();
}

void percuss_session_begin(const uint8_t* data, size_t size,
                           void (*on_exchange)(const struct percuss_exchange* exchange)) {
  percuss_calls_forget_connections();
  memset(&client, 0, sizeof client);
  percuss_frames_begin(&client.cursor, data, size);
  advance();
  client.active = 1;
  client.connection = -1;
  client.on_exchange = on_exchange;
  percuss_states_session_begins();
  percuss_transcript_begins();
}

unsigned percuss_session_end(void) {
  if (!client.active) return 0;
  if (client.connection >= 0) tell_exchange();
  client.active = 0;
  percuss_states_session_over((unsigned)(client.connection + 1), client.messages);
  return percuss_calls_forget_connections();
}

int percuss_client_active(void) { return client.active; }

time_t percuss_client_time(void) { return FIRST_SECOND + (time_t)(client.clock_ms / 1000); }

time_t percuss_session_time(void) { return percuss_client_time(); }

/* Behind what ends a connection there is another one only if anything is left. */
static int another_follows(void) {
  return client.has_next && ends_connection(&client.next) &&
         (client.next.size != 0 || client.cursor.at != client.cursor.end);
}

int percuss_client_waiting(void) {
  if (!client.active) return 0;
  if (client.connection < 0) return 1;
  if (client.is_on && !client.end_seen) return 0;
  return another_follows();
}

int percuss_session_waiting(void) { return percuss_client_waiting(); }

int percuss_client_accept(void) {
  if (!percuss_client_waiting()) return -1;
  if (client.connection >= 0) {
    tell_exchange();
    client.opened_by = client.next.kind;
    client.next.kind = PERCUSS_FRAME_MESSAGE; /* what follows the mark is a message of this one */
  }
  client.connection++;
  client.is_on = 1;
  client.end_seen = 0;
  client.size = 0;
  return client.connection;
}

static int is_current(int connection) {
  return client.active && client.is_on && connection == client.connection;
}

int percuss_client_has_bytes(int connection) {
  if (!is_current(connection)) return 0;
  while (client.size == 0 && client.has_next && client.next.kind == PERCUSS_FRAME_PIPELINED) {
    send_next();
  }
  return client.size != 0;
}

enum percuss_client_end percuss_client_end_of(int connection) {
  if (!is_current(connection)) return PERCUSS_CLIENT_CLOSED;
  if (!client.end_seen) return PERCUSS_CLIENT_OPEN;
  const int reset = client.has_next && client.next.kind == PERCUSS_FRAME_RESET;
  return reset ? PERCUSS_CLIENT_RESET : PERCUSS_CLIENT_CLOSED;
}

int percuss_client_wait(int connection, int timeout_ms) {
  unsigned left = timeout_ms > 0 ? (unsigned)timeout_ms : 0;
  for (;;) {
    if (percuss_client_has_bytes(connection)) return 1;
    if (percuss_client_end_of(connection) != PERCUSS_CLIENT_OPEN) return 1;
    if (timeout_ms == 0) return 0;
    if (!client.has_next || ends_connection(&client.next)) {
      client.end_seen = 1;
      return 1;
    }
    if (timeout_ms > 0 && client.wait_left_ms > left) {
      client.wait_left_ms -= left;
      client.clock_ms += left;
      return 0;
    }
    client.clock_ms += client.wait_left_ms;
    left -= timeout_ms > 0 ? client.wait_left_ms : 0;
    send_next();
  }
}

void percuss_client_let_pass(int timeout_ms) {
  if (timeout_ms > 0) client.clock_ms += (unsigned)timeout_ms;
}

size_t percuss_client_take(int connection, uint8_t* buffer, size_t size, int peek) {
  size_t taken = 0;
  while (taken < size && percuss_client_has_bytes(connection)) {
    const size_t part = client.size < size - taken ? client.size : size - taken;
    memcpy(buffer + taken, client.data, part);
    taken += part;
    if (peek) break;
    client.data += part;
    client.size -= part;
  }
  return taken;
}

void percuss_client_reply(int connection, const uint8_t* data, size_t size) {
  if (!is_current(connection)) return;
  const size_t space = sizeof reply - client.reply_bytes;
  if (size > space) size = space;
  memcpy(reply + client.reply_bytes, data, size);
  client.reply_bytes += size;
}

void percuss_client_closed(int connection) {
  if (!is_current(connection)) return;
  client.is_on = 0;
  client.size = 0;
  /* What the client would have sent on it is lost. */
  while (client.has_next && !ends_connection(&client.next)) advance();
}
