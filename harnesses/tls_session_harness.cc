// SPDX-License-Identifier: Apache-2.0
//
// A TLS server of the distribution's Mbed TLS (tls_server/tls_server.h), in process and without a
// network: the handshake, the application behind it, and clients that come again with a ticket.
//
// Input: sessions of clients (harnesses/sdk/session/session_frames.h), records in each message;
// one of the version 3.127 is what a client with the keys would send (Oracle::Completed).
// Chance is the same for every input, so that a recorded session of a real client goes past the
// handshake. Properties (tls_server/tls_oracle.cc): no application data is accepted before the
// handshake is over, nor any that no record authenticates, nor of a client that has not proven who
// it is; nothing is sent in plaintext that is to be encrypted; nothing less than the policy is
// agreed on.
#include "harnesses/sdk/percuss_harness.h"
#include "harnesses/sdk/session/session.h"
#include "harnesses/tls_server/tls_oracle.h"
#include "harnesses/tls_server/tls_server.h"

using percuss::tls_server::Oracle;
using percuss::tls_server::Server;

namespace {

constexpr uint16_t kPort = 4433;

Oracle& TheOracle() {
  static auto& oracle = *new Oracle;
  return oracle;
}

void Look(const percuss_exchange* exchange) {
  const std::string request =
      percuss::tls_server::RecordWords(exchange->request, exchange->request_bytes);
  percuss_session_step(exchange->connection, request.empty() ? nullptr : request.c_str(),
                       TheOracle().StateWords().c_str());
}

Server& StartServer() {
  auto& server = *new Server(TheOracle());
  server.Listen(kPort);
  return server;
}

}  // namespace

// The library's, which is shared.
extern "C" time_t time(time_t* out) noexcept {
  const time_t now = percuss_session_time();
  if (out != nullptr) *out = now;
  return now;
}

PERCUSS_HARNESS(tls_session, 1) {
  static Server& server = StartServer();
  server.Restart();
  TheOracle().Begin(data, size);
  percuss_session_begin(data, size, Look);
  while (percuss_session_waiting()) server.ServeOne();
  percuss_session_end();
  return 0;
}
