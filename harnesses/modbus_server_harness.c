/* SPDX-License-Identifier: Apache-2.0
 *
 * A Modbus/TCP server (MODBUS Messaging on TCP/IP Implementation Guide V1.0b): a device that offers
 * its settings as registers from 0x0040 and its switches as coils from 0x0020.
 *
 * Input: one byte that selects the transport, then what it carries.
 *   even  a TCP connection: requests one after another, read by modbus_receive and answered by
 * modbus_reply odd   one datagram, passed with its own length to modbus_reply, as gateways from UDP
 * or a field bus do
 */
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harnesses/sdk/percuss_harness.h"
#include "modbus.h"

#define FIRST_COIL 0x20
#define COILS 32
/* So many that ASan's margin before the array is wider than all addresses below the first register:
 * an index that is too low then always hits the margin, never another allocation, and gets its
 * right class. */
#define FIRST_REGISTER 0x40
#define REGISTERS 2000

#define MAX_REQUESTS 16
#define MAX_STREAM_BYTES 16384
#define MAX_DATAGRAM_BYTES 512
#define MIN_ADU_BYTES 8

static modbus_t* server;

static void open_server(void) {
  server = modbus_new_tcp("127.0.0.1", MODBUS_TCP_DEFAULT_PORT);
  /* After a bad request the library sleeps this long before it flushes. */
  if (server == NULL || modbus_set_response_timeout(server, 0, 1) != 0) abort();
  prctl(PR_SET_TIMERSLACK, 1ul);
}

static void serve_stream(int peer, const uint8_t* data, size_t size, modbus_mapping_t* registers) {
  if (size > MAX_STREAM_BYTES) size = MAX_STREAM_BYTES;
  if (send(peer, data, size, MSG_NOSIGNAL) != (ssize_t)size) return;
  shutdown(peer, SHUT_WR);
  for (int i = 0; i < MAX_REQUESTS; i++) {
    uint8_t request[MODBUS_TCP_MAX_ADU_LENGTH] = {0};
    const int length = modbus_receive(server, request);
    if (length < 0) return;
    if (modbus_reply(server, request, length, registers) < 0) return;
  }
}

static void serve_datagram(const uint8_t* data, size_t size, modbus_mapping_t* registers) {
  uint8_t request[MAX_DATAGRAM_BYTES] = {0};
  if (size < MIN_ADU_BYTES) return;
  if (size > sizeof request) size = sizeof request;
  memcpy(request, data, size);
  modbus_reply(server, request, (int)size, registers);
}

PERCUSS_HARNESS(modbus_server, 1) {
  if (size < 2) return -1;
  if (server == NULL) open_server();
  modbus_mapping_t* registers = modbus_mapping_new_start_address(
      FIRST_COIL, COILS, FIRST_COIL, COILS, FIRST_REGISTER, REGISTERS, FIRST_REGISTER, REGISTERS);
  int sockets[2];
  if (registers == NULL || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0) abort();
  modbus_set_socket(server, sockets[0]);

  if (data[0] % 2 == 0) {
    serve_stream(sockets[1], data + 1, size - 1, registers);
  } else {
    serve_datagram(data + 1, size - 1, registers);
  }

  close(sockets[0]);
  close(sockets[1]);
  modbus_mapping_free(registers);
  return 0;
}
