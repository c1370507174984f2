/* SPDX-License-Identifier: Apache-2.0
 *
 * A Modbus/TCP server as libmodbus' makers show how to write one: it listens, accepts, and answers
 * request after request (MODBUS Messaging on TCP/IP Implementation Guide V1.0b). The device is that
 * of modbus_server_harness.c.
 *
 * Input: sessions of clients (harnesses/sdk/session/session_frames.h). Property: what answers the
 * first request of a connection bears its transaction identifier. */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "harnesses/sdk/percuss_harness.h"
#include "harnesses/sdk/session/session.h"
#include "modbus.h"

#define FIRST_COIL 0x20
#define COILS 32
#define FIRST_REGISTER 0x40
/* So many that no index that is too low leads past ASan's margin to another allocation. */
#define REGISTERS 2000

#define MAX_REQUESTS 64
#define FUNCTION_AT 7 /* behind the MBAP header */
#define ERROR_BIT 0x80

static modbus_t* server;
static int listener = -1;
static unsigned connections_seen;

static void open_server(void) {
  server = modbus_new_tcp("127.0.0.1", MODBUS_TCP_DEFAULT_PORT);
  /* After a bad request the library sleeps this long before it flushes. */
  if (server == NULL || modbus_set_response_timeout(server, 0, 1) != 0) abort();
  listener = modbus_tcp_listen(server, 1);
  if (listener < 0) abort();
  prctl(PR_SET_TIMERSLACK, 1ul);
}

static void name(char* word, size_t size, const char* what, const uint8_t* data, size_t length) {
  if (length <= FUNCTION_AT) {
    snprintf(word, size, "%s", length == 0 ? "nothing" : "fragment");
  } else if ((data[FUNCTION_AT] & ERROR_BIT) != 0 && length > FUNCTION_AT + 1) {
    snprintf(word, size, "%s %02x exception %02x", what, data[FUNCTION_AT] & ~ERROR_BIT,
             data[FUNCTION_AT + 1]);
  } else {
    snprintf(word, size, "%s %02x", what, data[FUNCTION_AT]);
  }
}

static void look(const struct percuss_exchange* exchange) {
  char request[32];
  char reply[32];
  name(request, sizeof request, "request", exchange->request, exchange->request_bytes);
  name(reply, sizeof reply, "reply", exchange->reply, exchange->reply_bytes);
  percuss_session_step(exchange->connection, request, reply);
  const int first = exchange->connection >= connections_seen;
  connections_seen = exchange->connection + 1;
  const int answered = exchange->reply_bytes > FUNCTION_AT && exchange->request_bytes > 2;
  PERCUSS_PROPERTY(!first || !answered || memcmp(exchange->reply, exchange->request, 2) == 0,
                   "MODBUS-TRANSACTION", "an answer bears another request's identifier");
}

static void serve(modbus_mapping_t* registers) {
  if (modbus_tcp_accept(server, &listener) < 0) return;
  for (int i = 0; i < MAX_REQUESTS; i++) {
    uint8_t request[MODBUS_TCP_MAX_ADU_LENGTH] = {0};
    const int length = modbus_receive(server, request);
    if (length < 0 || modbus_reply(server, request, length, registers) < 0) break;
  }
  modbus_close(server);
}

PERCUSS_HARNESS(modbus_session, 1) {
  if (server == NULL) open_server();
  modbus_mapping_t* registers = modbus_mapping_new_start_address(
      FIRST_COIL, COILS, FIRST_COIL, COILS, FIRST_REGISTER, REGISTERS, FIRST_REGISTER, REGISTERS);
  if (registers == NULL) abort();
  connections_seen = 0;
  percuss_session_begin(data, size, look);
  while (percuss_session_waiting()) serve(registers);
  percuss_session_end();
  modbus_mapping_free(registers);
  return 0;
}
