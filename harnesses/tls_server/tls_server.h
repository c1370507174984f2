// SPDX-License-Identifier: Apache-2.0
//
// A TLS server of a device as its makers would write one, of the distribution's Mbed TLS and of
// calls of sockets: it listens, accepts, shakes hands, and answers what the application is asked.
//
// Policy: TLS 1.2, AES-128-GCM, a client that proves who it is, by a key that both have or by a
// certificate. Tickets let it come again without. A client that says nothing for ten seconds is
// left.
//
// All that Mbed TLS takes of chance is from a fixed seed for each connection: the same bytes of a
// client get the same bytes of the server. A recorded session goes past the handshake thereby, and
// nobody may use this server for anything but tests.
//
// A client's bytes may leave to the observer what takes its keys: a record of the version 3.127 is
// what the observer makes of it, and to the library comes a record as a client would have sent it.
//
// PERCUSS_BUG_TLSS_NN: mistakes that such servers make (corpora/tls_session/ORIGIN.md).
#ifndef PERCUSS_HARNESSES_TLS_SERVER_TLS_SERVER_H_
#define PERCUSS_HARNESSES_TLS_SERVER_TLS_SERVER_H_

#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/x509_crt.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace percuss::tls_server {

using Bytes = std::vector<uint8_t>;

inline constexpr std::array<uint8_t, 16> kPsk = {0x3c, 0x91, 0x5e, 0xd8, 0x07, 0xa2, 0x6f, 0xb4,
                                                 0xe3, 0x1d, 0x78, 0xc5, 0x2a, 0x96, 0x4b, 0xf0};
inline constexpr char kIdentity[] = "pump1";
// Begins every answer of the application.
inline constexpr std::array<uint8_t, 16> kMarker = {0xd1, 0x4a, 0x8f, 0x63, 0xbe, 0x05, 0x97, 0x2c,
                                                    0xf8, 0x31, 0xac, 0x7e, 0x19, 0xe6, 0x50, 0x8b};
inline constexpr int kPskSuite = MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256;
inline constexpr int kCertificateSuite = MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;

inline constexpr uint8_t kKeyedMinor = 127;  // of the version of such a record

// Of AES-128-GCM (RFC 5288): what either side encrypts with; and what it comes from.
struct Keys {
  std::array<uint8_t, 48> master{};
  std::array<uint8_t, 16> client_key{}, server_key{};
  std::array<uint8_t, 4> client_salt{}, server_salt{};
};

// Sees what the server does, as it does it.
class Observer {
 public:
  Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  virtual ~Observer() = default;

  virtual void Opened() {}
  // The record that a client with the keys would send: a whole one of the version 3.127 is given.
  virtual Bytes Completed(Bytes record) { return record; }
  virtual void Received(const uint8_t* /*bytes*/, size_t /*size*/) {}
  virtual void Sent(const uint8_t* /*bytes*/, size_t /*size*/) {}
  virtual void Agreed(const Keys& /*keys*/) {}
  // The application gets these bytes for the client's.
  virtual void Accepted(const uint8_t* /*bytes*/, size_t /*size*/) {}
  // The state of Mbed TLS, MBEDTLS_SSL_HELLO_REQUEST and so on, and an error or 0.
  virtual void State(int /*state*/, int /*error*/) {}
};

class Server {
 public:
  // Aborts where the library refuses a setting. `observer` must outlive it.
  explicit Server(Observer& observer);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens on the loopback address; 0 for any port. Aborts where there is no socket to be had.
  void Listen(uint16_t port);
  uint16_t Port() const;

  // As after a restart: tickets of before count no more, chance begins anew.
  void Restart();
  // Takes one connection and serves it to its end.
  void ServeOne();

 private:
  void Configure();
  void Allow(int oldest_minor, const int* suites);
  bool ShakeHands(mbedtls_ssl_context& ssl);
  void Answer(mbedtls_ssl_context& ssl, const uint8_t* bytes, size_t size);
  void Talk(mbedtls_ssl_context& ssl);
  bool TakeEarly();
  int Read(unsigned char* out, size_t size) const;
  int Took(const unsigned char* bytes, size_t size);
  bool AtHeader() const;
  void SendPlain(const uint8_t* bytes, size_t size);

  static int Random(void* server, unsigned char* out, size_t size);
  static int Receive(void* server, unsigned char* out, size_t size);
  static int Send(void* server, const unsigned char* bytes, size_t size);
  static int Export(void* server, const unsigned char* master, const unsigned char* block,
                    size_t mac_bytes, size_t key_bytes, size_t iv_bytes);

  Observer& observer_;
  mbedtls_ssl_config conf_{};
  mbedtls_ssl_ticket_context tickets_{};
  mbedtls_x509_crt own_{};
  mbedtls_x509_crt authority_{};
  mbedtls_pk_context key_{};
  uint32_t random_ = 0;
  uint32_t connections_ = 0;
  int listener_ = -1;
  int client_ = -1;
  Bytes completed_;  // what is left of a record that the observer has completed
  Bytes record_;     // the last one that was read, as far as it was
};

}  // namespace percuss::tls_server

#endif  // PERCUSS_HARNESSES_TLS_SERVER_TLS_SERVER_H_
