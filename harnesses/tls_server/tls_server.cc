// SPDX-License-Identifier: Apache-2.0
#include "harnesses/tls_server/tls_server.h"

#include <arpa/inet.h>
#include <mbedtls/certs.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace percuss::tls_server {
namespace {

constexpr int kPatienceMs = 10000;
constexpr int kMaxMessages = 64;
constexpr uint32_t kTicketSeconds = 3600;
constexpr size_t kHeaderBytes = 5;
constexpr uint8_t kApplicationData = 23;
constexpr int kPolicySuites[] = {kPskSuite, kCertificateSuite, 0};

size_t AnnouncedBytes(const uint8_t* header) {
  return static_cast<size_t>(header[3]) << 8 | header[4];
}

void MustBeZero(int result, const char* what) {
  if (result == 0) return;
  fprintf(stderr, "tls_server: %s: -0x%04x\n", what, static_cast<unsigned>(-result));
  abort();
}

}  // namespace

Server::Server(Observer& observer) : observer_(observer) {
  mbedtls_ssl_config_init(&conf_);
  mbedtls_ssl_ticket_init(&tickets_);
  mbedtls_x509_crt_init(&own_);
  mbedtls_x509_crt_init(&authority_);
  mbedtls_pk_init(&key_);
  Configure();
  Restart();
}

Server::~Server() {
  if (listener_ >= 0) close(listener_);
  mbedtls_pk_free(&key_);
  mbedtls_x509_crt_free(&authority_);
  mbedtls_x509_crt_free(&own_);
  mbedtls_ssl_ticket_free(&tickets_);
  mbedtls_ssl_config_free(&conf_);
}

void Server::Configure() {
  const auto* own = reinterpret_cast<const unsigned char*>(mbedtls_test_srv_crt_ec_pem);
  const auto* key = reinterpret_cast<const unsigned char*>(mbedtls_test_srv_key_ec_pem);
  const auto* authority = reinterpret_cast<const unsigned char*>(mbedtls_test_ca_crt_ec_pem);
  MustBeZero(mbedtls_x509_crt_parse(&own_, own, mbedtls_test_srv_crt_ec_pem_len), "certificate");
  MustBeZero(mbedtls_pk_parse_key(&key_, key, mbedtls_test_srv_key_ec_pem_len, nullptr, 0), "key");
  MustBeZero(mbedtls_x509_crt_parse(&authority_, authority, mbedtls_test_ca_crt_ec_pem_len),
             "authority");
  MustBeZero(mbedtls_ssl_config_defaults(&conf_, MBEDTLS_SSL_IS_SERVER,
                                         MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT),
             "defaults");
  mbedtls_ssl_conf_rng(&conf_, Random, this);
  MustBeZero(
      mbedtls_ssl_conf_psk(&conf_, kPsk.data(), kPsk.size(),
                           reinterpret_cast<const unsigned char*>(kIdentity), sizeof kIdentity - 1),
      "shared key");
  MustBeZero(mbedtls_ssl_conf_own_cert(&conf_, &own_, &key_), "own certificate");
  mbedtls_ssl_conf_ca_chain(&conf_, &authority_, nullptr);
#ifdef PERCUSS_BUG_TLSS_05
  mbedtls_ssl_conf_authmode(&conf_, MBEDTLS_SSL_VERIFY_OPTIONAL); /* and nobody asks how it went */
#else
  mbedtls_ssl_conf_authmode(&conf_, MBEDTLS_SSL_VERIFY_REQUIRED);
#endif
  mbedtls_ssl_conf_export_keys_cb(&conf_, Export, this);
}

void Server::Allow(int oldest_minor, const int* suites) {
  mbedtls_ssl_conf_min_version(&conf_, MBEDTLS_SSL_MAJOR_VERSION_3, oldest_minor);
  mbedtls_ssl_conf_ciphersuites(&conf_, suites);
}

void Server::Restart() {
  connections_ = 0;
  random_ = 0x9e3779b9U;
  Allow(MBEDTLS_SSL_MINOR_VERSION_3, kPolicySuites);
  mbedtls_ssl_ticket_free(&tickets_);
  mbedtls_ssl_ticket_init(&tickets_);
  MustBeZero(
      mbedtls_ssl_ticket_setup(&tickets_, Random, this, MBEDTLS_CIPHER_AES_256_GCM, kTicketSeconds),
      "tickets");
  mbedtls_ssl_conf_session_tickets_cb(&conf_, mbedtls_ssl_ticket_write, mbedtls_ssl_ticket_parse,
                                      &tickets_);
}

void Server::Listen(uint16_t port) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (listener_ < 0 ||
      bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener_, 1) != 0) {
    perror("tls_server: listen");
    abort();
  }
}

uint16_t Server::Port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.sin_port);
}

int Server::Random(void* server, unsigned char* out, size_t size) {
  uint32_t& word = static_cast<Server*>(server)->random_;
  for (size_t i = 0; i < size; ++i) {
    word ^= word << 13;
    word ^= word >> 17;
    word ^= word << 5;
    out[i] = static_cast<unsigned char>(word >> 11);
  }
  return 0;
}

int Server::Read(unsigned char* out, size_t size) const {
  pollfd waits = {client_, POLLIN, 0};
  const int ready = poll(&waits, 1, kPatienceMs);
  if (ready <= 0) return MBEDTLS_ERR_SSL_TIMEOUT;
  const ssize_t got = recv(client_, out, size, 0);
  return got < 0 ? MBEDTLS_ERR_SSL_CONN_EOF : static_cast<int>(got);
}

// The library asks for a header first, and then for what it announces.
bool Server::AtHeader() const {
  return record_.empty() || (record_.size() >= kHeaderBytes &&
                             record_.size() >= kHeaderBytes + AnnouncedBytes(record_.data()));
}

int Server::Took(const unsigned char* bytes, size_t size) {
  observer_.Received(bytes, size);
  if (AtHeader()) record_.clear();
  record_.insert(record_.end(), bytes, bytes + size);
  return static_cast<int>(size);
}

int Server::Receive(void* server, unsigned char* out, size_t size) {
  auto& self = *static_cast<Server*>(server);
  if (self.completed_.empty()) {
    const int got = self.Read(out, size);
    if (got <= 0) return got;
    const bool keyed =
        self.AtHeader() && got == kHeaderBytes && out[1] == 3 && out[2] == kKeyedMinor;
    if (!keyed) return self.Took(out, static_cast<size_t>(got));
    Bytes record(out, out + got);
    record.resize(kHeaderBytes + AnnouncedBytes(out));
    for (size_t there = kHeaderBytes; there < record.size();) {
      const int more = self.Read(record.data() + there, record.size() - there);
      if (more <= 0) return more;
      there += static_cast<size_t>(more);
    }
    self.completed_ = self.observer_.Completed(std::move(record));
  }
  const size_t given = std::min(size, self.completed_.size());
  std::copy_n(self.completed_.begin(), given, out);
  self.completed_.erase(self.completed_.begin(),
                        self.completed_.begin() + static_cast<std::ptrdiff_t>(given));
  return self.Took(out, given);
}

int Server::Send(void* server, const unsigned char* bytes, size_t size) {
  auto& self = *static_cast<Server*>(server);
  const ssize_t sent = send(self.client_, bytes, size, MSG_NOSIGNAL);
  if (sent < 0) return MBEDTLS_ERR_SSL_CONN_EOF;
  self.observer_.Sent(bytes, static_cast<size_t>(sent));
  return static_cast<int>(sent);
}

// As Mbed TLS calls it. NOLINTNEXTLINE(readability-function-size)
int Server::Export(void* server, const unsigned char* master, const unsigned char* block,
                   size_t mac_bytes, size_t key_bytes, size_t iv_bytes) {
  Keys keys;
  if (mac_bytes != 0 || key_bytes != keys.client_key.size() ||
      iv_bytes != keys.client_salt.size()) {
    return 0;
  }
  std::copy_n(master, keys.master.size(), keys.master.begin());
  std::copy_n(block, key_bytes, keys.client_key.begin());
  std::copy_n(block + key_bytes, key_bytes, keys.server_key.begin());
  std::copy_n(block + 2 * key_bytes, iv_bytes, keys.client_salt.begin());
  std::copy_n(block + 2 * key_bytes + iv_bytes, iv_bytes, keys.server_salt.begin());
  static_cast<Server*>(server)->observer_.Agreed(keys);
  return 0;
}

void Server::SendPlain(const uint8_t* bytes, size_t size) {
  Bytes record = {kApplicationData, 3, 3, static_cast<uint8_t>(size >> 8),
                  static_cast<uint8_t>(size)};
  record.insert(record.end(), bytes, bytes + size);
  Send(this, record.data(), record.size());
}

// A measurement that is there before the handshake is over is not to wait for it.
bool Server::TakeEarly() {
#ifdef PERCUSS_BUG_TLSS_01
  uint8_t header[kHeaderBytes];
  pollfd waits = {client_, POLLIN, 0};
  if (poll(&waits, 1, kPatienceMs) <= 0 ||
      recv(client_, header, sizeof header, MSG_PEEK) != kHeaderBytes ||
      header[0] != kApplicationData) {
    return false;
  }
  Bytes record(kHeaderBytes + AnnouncedBytes(header));
  const ssize_t got = recv(client_, record.data(), record.size(), 0);
  if (got <= static_cast<ssize_t>(kHeaderBytes)) return false;
  observer_.Received(record.data(), static_cast<size_t>(got));
  observer_.Accepted(record.data() + kHeaderBytes, static_cast<size_t>(got) - kHeaderBytes);
  return true;
#else
  return false;
#endif
}

bool Server::ShakeHands(mbedtls_ssl_context& ssl) {
  int result = 0;
  while (ssl.state != MBEDTLS_SSL_HANDSHAKE_OVER && result == 0) {
    const bool reads = ssl.state == MBEDTLS_SSL_CLIENT_HELLO ||
                       ssl.state == MBEDTLS_SSL_CLIENT_CERTIFICATE ||
                       ssl.state == MBEDTLS_SSL_CLIENT_KEY_EXCHANGE ||
                       ssl.state == MBEDTLS_SSL_CLIENT_CHANGE_CIPHER_SPEC;
    while (reads && TakeEarly()) continue;
    result = mbedtls_ssl_handshake_step(&ssl);
    observer_.State(ssl.state, result);
  }
  return result == 0;
}

void Server::Answer(mbedtls_ssl_context& ssl, const uint8_t* bytes, size_t size) {
  observer_.Accepted(bytes, size);
  const std::string text = "taken " + std::to_string(size);
  Bytes answer(kMarker.begin(), kMarker.end());
  answer.insert(answer.end(), text.begin(), text.end());
  mbedtls_ssl_write(&ssl, answer.data(), answer.size());
}

void Server::Talk(mbedtls_ssl_context& ssl) {
  std::array<uint8_t, 1024> buffer{};
  for (int i = 0; i < kMaxMessages; ++i) {
    const int got = mbedtls_ssl_read(&ssl, buffer.data(), buffer.size());
    observer_.State(ssl.state, got < 0 ? got : 0);
    if (got > 0) {
      Answer(ssl, buffer.data(), static_cast<size_t>(got));
      continue;
    }
#ifdef PERCUSS_BUG_TLSS_02
    /* Whoever sends what is no record gets its answer all the same. */
    if (got == MBEDTLS_ERR_SSL_INVALID_RECORD) SendPlain(kMarker.data(), kMarker.size());
#endif
#ifdef PERCUSS_BUG_TLSS_04
    /* One bit on the line is no reason to lose an alarm. */
    if (got == MBEDTLS_ERR_SSL_INVALID_MAC && record_.size() > kHeaderBytes) {
      observer_.Accepted(record_.data() + kHeaderBytes, record_.size() - kHeaderBytes);
    }
#endif
    break;
  }
  mbedtls_ssl_close_notify(&ssl);
}

void Server::ServeOne() {
  client_ = accept(listener_, nullptr, nullptr);
  if (client_ < 0) return;
  random_ = 0x9e3779b9U * (++connections_ + 1);
  record_.clear();
  completed_.clear();
  observer_.Opened();
  mbedtls_ssl_context ssl;
  mbedtls_ssl_init(&ssl);
  MustBeZero(mbedtls_ssl_setup(&ssl, &conf_), "setup");
  mbedtls_ssl_set_bio(&ssl, this, Send, Receive, nullptr);
  if (ShakeHands(ssl)) {
    Talk(ssl);
#ifdef PERCUSS_BUG_TLSS_03
  } else {
    /* Perhaps an old pump: the next one may be as old as it likes. */
    static constexpr int kOldSuites[] = {kPskSuite, MBEDTLS_TLS_PSK_WITH_AES_128_CBC_SHA, 0};
    Allow(MBEDTLS_SSL_MINOR_VERSION_1, kOldSuites);
#endif
  }
  mbedtls_ssl_free(&ssl);
  close(client_);
  client_ = -1;
}

}  // namespace percuss::tls_server
