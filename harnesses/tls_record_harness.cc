// SPDX-License-Identifier: Apache-2.0
//
// Two endpoints of Mbed TLS, of the distribution and as delivered, with somebody between them who
// has every record in hand but no key. Both are in this process; chance and time are the same for
// every input.
//
//   byte 0    bit 0: DTLS; bits 1 and 2, modulo 3: 0 both keep to the policy (TLS 1.2,
//             PSK-AES128-GCM), 1 both allow older versions and CBC too, 2 a client that can do no
//             better than TLS 1.1 with CBC, and a server of the policy
//   then, for each record that an endpoint sends, one act (1, modulo 9):
//     0 forward    1 flip: place (2), bits (1)    2 drop    3 repeat    4 hold until the next one
//     5 inject first: type (1), bytes (1), bytes  6 cut: bytes left (1), bit 7: length put right
//     7 repeat an earlier one: number (1)         8 offer less: versions and suites of a hello
//
// Properties: what arrives is what was sent, once; no record shows the application's bytes; no
// nonce of GCM comes twice; nothing less than the policy, and nothing less than both can do, is
// agreed on.
#include <mbedtls/ssl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <deque>
#include <set>
#include <string>
#include <vector>

#include "harnesses/sdk/percuss_harness.h"
#include "harnesses/sdk/properties.h"

namespace {

using Bytes = std::vector<uint8_t>;

constexpr percuss_property kForged = {"CWE-345:tls-forged-data",
                                      "application data arrived that the peer did not send",
                                      PERCUSS_TAMPERING, nullptr};
constexpr percuss_property kReplayed = {"CWE-294:tls-replayed-record",
                                        "a record was accepted twice", PERCUSS_SPOOFING, nullptr};
constexpr percuss_property kPlain = {"CWE-319:tls-plaintext",
                                     "a record shows the application's bytes",
                                     PERCUSS_INFORMATION_DISCLOSURE, nullptr};
constexpr percuss_property kNonce = {"CWE-323:tls-nonce-reuse",
                                     "two records are encrypted with one nonce",
                                     PERCUSS_INFORMATION_DISCLOSURE, nullptr};
constexpr percuss_property kWeak = {"CWE-326:tls-weak-parameters",
                                    "less than the policy was agreed on",
                                    PERCUSS_INFORMATION_DISCLOSURE, nullptr};
constexpr percuss_property kDowngrade = {"CWE-757:tls-downgrade",
                                         "less was agreed on than both endpoints can do",
                                         PERCUSS_TAMPERING, nullptr};

constexpr int kGcm = MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256;
constexpr int kCbc = MBEDTLS_TLS_PSK_WITH_AES_128_CBC_SHA;
constexpr std::array<uint8_t, 16> kPsk = {0x3c, 0x91, 0x5e, 0xd8, 0x07, 0xa2, 0x6f, 0xb4,
                                          0xe3, 0x1d, 0x78, 0xc5, 0x2a, 0x96, 0x4b, 0xf0};
constexpr std::array<uint8_t, 5> kIdentity = {'p', 'u', 'm', 'p', '1'};
// Begins every message of the application.
constexpr std::array<uint8_t, 16> kMarker = {0xd1, 0x4a, 0x8f, 0x63, 0xbe, 0x05, 0x97, 0x2c,
                                             0xf8, 0x31, 0xac, 0x7e, 0x19, 0xe6, 0x50, 0x8b};
constexpr size_t kMessages = 3;
constexpr size_t kMaxRecords = 256;
constexpr unsigned kMaxTimeouts = 4;
constexpr uint8_t kChangeCipherSpec = 20;
constexpr uint8_t kHandshake = 22;
constexpr uint8_t kApplicationData = 23;

enum class Scenario { kPolicy, kBoth, kOldClient };
enum class Strength { kPolicy, kBoth, kOld };

// Built once; configurations are only read by connections.
struct Config {
  Config(int endpoint, bool datagrams, Strength strength) {
    mbedtls_ssl_config_init(&conf);
    mbedtls_ssl_config_defaults(
        &conf, endpoint, datagrams ? MBEDTLS_SSL_TRANSPORT_DATAGRAM : MBEDTLS_SSL_TRANSPORT_STREAM,
        MBEDTLS_SSL_PRESET_DEFAULT);
    mbedtls_ssl_conf_psk(&conf, kPsk.data(), kPsk.size(), kIdentity.data(), kIdentity.size());
    static const int kBest[] = {kGcm, 0};
    static const int kAny[] = {kGcm, kCbc, 0};
    static const int kOldest[] = {kCbc, 0};
    const int old = datagrams ? MBEDTLS_SSL_MINOR_VERSION_2 : MBEDTLS_SSL_MINOR_VERSION_1;
    const bool policy = strength == Strength::kPolicy;
    mbedtls_ssl_conf_min_version(&conf, MBEDTLS_SSL_MAJOR_VERSION_3,
                                 policy ? MBEDTLS_SSL_MINOR_VERSION_3 : old);
    mbedtls_ssl_conf_max_version(
        &conf, MBEDTLS_SSL_MAJOR_VERSION_3,
        strength == Strength::kOld ? MBEDTLS_SSL_MINOR_VERSION_2 : MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_ciphersuites(&conf, policy                        ? kBest
                                         : strength == Strength::kBoth ? kAny
                                                                       : kOldest);
    mbedtls_ssl_conf_rng(&conf, Random, &random_state);
    if (datagrams) {
      mbedtls_ssl_conf_dtls_cookies(&conf, nullptr, nullptr, nullptr);
      mbedtls_ssl_conf_handshake_timeout(&conf, 1000, 8000);
#ifdef PERCUSS_BUG_TLS_02
      mbedtls_ssl_conf_dtls_anti_replay(&conf, MBEDTLS_SSL_ANTI_REPLAY_DISABLED);
#endif
    }
  }

  static int Random(void* state, unsigned char* out, size_t length) {
    auto& word = *static_cast<uint32_t*>(state);
    for (size_t i = 0; i < length; ++i) {
      word ^= word << 13;
      word ^= word >> 17;
      word ^= word << 5;
      out[i] = static_cast<unsigned char>(word >> 11);
    }
    return 0;
  }

  mbedtls_ssl_config conf{};
  uint32_t random_state = 0;
};

Config& ConfigOf(int endpoint, bool datagrams, Strength strength) {
  static std::array<Config*, 12> built{};
  Config*& config = built.at((endpoint == MBEDTLS_SSL_IS_SERVER ? 6U : 0U) + (datagrams ? 3U : 0U) +
                             static_cast<size_t>(strength));
  if (config == nullptr) config = new Config(endpoint, datagrams, strength);
  return *config;
}

class Link;

struct Endpoint {
  Link* link = nullptr;
  Endpoint* peer = nullptr;
  mbedtls_ssl_context ssl{};
  std::deque<Bytes> arrived;  // datagrams; of TLS any pieces
  std::vector<Bytes> captured;
  Bytes held;
  std::vector<Bytes> sent;  // messages of the application
  std::multiset<Bytes> not_yet;
  size_t delivered = 0;
  std::set<Bytes> nonces;
  bool encrypts = false;  // TLS: from its ChangeCipherSpec on
  bool done = false, ended = false;
  int64_t timer_begin_ms = 0, timer_half_ms = 0, timer_ms = 0;
};

class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  uint8_t Next() { return at_ < size_ ? data_[at_++] : 0; }

 private:
  const uint8_t* data_;
  size_t size_;
  size_t at_ = 0;
};

// The line, with who sits on it.
class Link {
 public:
  Link(const uint8_t* data, size_t size) : input(data, size) {
    const uint8_t options = input.Next();
    datagrams = (options & 1) != 0;
    scenario = static_cast<Scenario>((options >> 1 & 3) % 3);
    secrets.kept = &kPlain;
    percuss_secrets_plant(&secrets, kMarker.data(), kMarker.size());
    percuss_secrets_told(&secrets, data, size);
  }

  size_t HeaderBytes() const { return datagrams ? 13 : 5; }
  void SentBy(Endpoint& from, const uint8_t* bytes, size_t size);

  Input input;
  bool datagrams;
  Scenario scenario;
  percuss_secrets secrets{};
  int64_t now_ms = 0;
  size_t records = 0;

 private:
  void Watch(Endpoint& from, const Bytes& record);
  void Act(Endpoint& from, Bytes record);
  void Deliver(Endpoint& to, const Bytes& bytes);
  Bytes Injected(const Bytes& pattern);
};

}  // namespace

extern "C" {

// What Mbed TLS puts into a hello.
time_t time(time_t* out) noexcept {
  constexpr time_t kNow = 1700000000;
  if (out != nullptr) *out = kNow;
  return kNow;
}

// One function per property, so that their stacks differ.
void TlsShownOnTheLine(const Link& link, const Bytes& record) {
  PERCUSS_KEEP(percuss_secrets_seen(&link.secrets, record.data(), record.size()));
}

void TlsEncrypted(Endpoint& from, const uint8_t* nonce) {
  PERCUSS_HOLDS(from.nonces.emplace(nonce, nonce + 8).second, &kNonce);
}

void TlsAgreed(const Link& link, const Endpoint& endpoint) {
  const std::string version = mbedtls_ssl_get_version(&endpoint.ssl);
  const char* suite = mbedtls_ssl_get_ciphersuite(&endpoint.ssl);
  const bool best = suite != nullptr && version == (link.datagrams ? "DTLSv1.2" : "TLSv1.2") &&
                    std::string(suite) == "TLS-PSK-WITH-AES-128-GCM-SHA256";
  PERCUSS_HOLDS(best || link.scenario == Scenario::kBoth, &kWeak);
  PERCUSS_HOLDS(best, &kDowngrade);
}

void TlsReplayed(bool replayed) { PERCUSS_HOLDS(!replayed, &kReplayed); }

// TLS delivers in order and without gaps, DTLS each at most once.
void TlsDelivered(const Link& link, Endpoint& to, const Bytes& message) {
  Endpoint& from = *to.peer;
  const bool ever = std::find(from.sent.begin(), from.sent.end(), message) != from.sent.end();
  PERCUSS_HOLDS(ever, &kForged);
  const auto waiting = from.not_yet.find(message);
  TlsReplayed(waiting == from.not_yet.end());
  from.not_yet.erase(waiting);
  PERCUSS_HOLDS(link.datagrams || message == from.sent.at(to.delivered), &kForged);
  to.delivered++;
}

}  // extern "C"

namespace {

void Link::SentBy(Endpoint& from, const uint8_t* bytes, size_t size) {
  const size_t header = HeaderBytes();
  while (size >= header) {
    const size_t length = bytes[header - 2] << 8 | bytes[header - 1];
    const size_t whole = std::min(size, header + length);
    const Bytes record(bytes, bytes + whole);
    Watch(from, record);
    if (records++ < kMaxRecords) Act(from, record);
    bytes += whole;
    size -= whole;
  }
}

void Link::Watch(Endpoint& from, const Bytes& record) {
  TlsShownOnTheLine(*this, record);
  const bool encrypted = datagrams ? (record[3] | record[4]) != 0 : from.encrypts;
  if (encrypted && record.size() >= HeaderBytes() + 8) {
    TlsEncrypted(from, record.data() + HeaderBytes());
  }
  if (record[0] == kChangeCipherSpec) from.encrypts = true;
}

void Link::Deliver(Endpoint& to, const Bytes& bytes) {
#ifdef PERCUSS_BUG_TLS_05
  if (!to.done && bytes.size() > HeaderBytes() && bytes[0] == kApplicationData) {
    TlsDelivered(*this, to, Bytes(bytes.begin() + HeaderBytes(), bytes.end())); /* early data */
  }
#endif
  if (!bytes.empty()) to.arrived.push_back(bytes);
}

Bytes Link::Injected(const Bytes& pattern) {
  Bytes record(pattern.begin(), pattern.begin() + HeaderBytes());
  record[0] = input.Next();
  const size_t length = input.Next();
  record[HeaderBytes() - 2] = 0;
  record[HeaderBytes() - 1] = static_cast<uint8_t>(length);
  for (size_t i = 0; i < length; ++i) record.push_back(input.Next());
  return record;
}

// Versions and suites of a hello, wherever they stand.
void OfferLess(Bytes& record) {
  if (record[0] != kHandshake) return;
  for (size_t at = 0; at + 1 < record.size(); ++at) {
    uint8_t* pair = record.data() + at;
    if (pair[0] == 0x03 && pair[1] == 0x03) pair[1] = 0x02;
    if (pair[0] == 0xfe && pair[1] == 0xfd) pair[1] = 0xff;
    if (pair[0] == 0x00 && pair[1] == kGcm) pair[1] = kCbc;
  }
}

void Link::Act(Endpoint& from, Bytes record) {
  Endpoint& to = *from.peer;
  const uint8_t act = input.Next() % 9;
  from.captured.push_back(record);
  Bytes late;
  late.swap(from.held);
  switch (act) {
    case 1: {
      const size_t place = input.Next() | static_cast<size_t>(input.Next()) << 8;
      record[place % record.size()] ^= input.Next();
      break;
    }
    case 2:
      record.clear();
      break;
    case 3:
      Deliver(to, record);
      break;
    case 4:
      from.held.swap(record);
      break;
    case 5:
      Deliver(to, Injected(record));
      break;
    case 6: {
      const uint8_t left = input.Next();
      record.resize(std::min<size_t>(record.size(), HeaderBytes() + (left & 127)));
      if ((left & 128) == 0) break;
      record[HeaderBytes() - 2] = 0;
      record[HeaderBytes() - 1] = static_cast<uint8_t>(record.size() - HeaderBytes());
      break;
    }
    case 7:
      Deliver(to, from.captured[input.Next() % from.captured.size()]);
      break;
    case 8:
      OfferLess(record);
      break;
    default:
      break;
  }
  Deliver(to, record);
  Deliver(to, late);
}

int BioSend(void* context, const unsigned char* bytes, size_t size) {
  auto& endpoint = *static_cast<Endpoint*>(context);
  endpoint.link->SentBy(endpoint, bytes, size);
  return static_cast<int>(size);
}

int BioReceive(void* context, unsigned char* out, size_t size) {
  auto& endpoint = *static_cast<Endpoint*>(context);
  if (endpoint.arrived.empty()) return MBEDTLS_ERR_SSL_WANT_READ;
  Bytes& first = endpoint.arrived.front();
  const size_t taken = std::min(size, first.size());
  std::copy_n(first.begin(), taken, out);
  first.erase(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(taken));
  // What does not fit of a datagram is lost.
  if (first.empty() || endpoint.link->datagrams) endpoint.arrived.pop_front();
  return static_cast<int>(taken);
}

void SetTimer(void* context, uint32_t half_ms, uint32_t full_ms) {
  auto& endpoint = *static_cast<Endpoint*>(context);
  endpoint.timer_begin_ms = endpoint.link->now_ms;
  endpoint.timer_half_ms = half_ms;
  endpoint.timer_ms = full_ms;
}

int GetTimer(void* context) {
  const auto& endpoint = *static_cast<Endpoint*>(context);
  if (endpoint.timer_ms == 0) return -1;
  const int64_t passed = endpoint.link->now_ms - endpoint.timer_begin_ms;
  return passed >= endpoint.timer_ms ? 2 : passed >= endpoint.timer_half_ms ? 1 : 0;
}

class Connection {
 public:
  Connection(Link& link, Strength client_strength, Strength server_strength) : link_(link) {
    Open(client_, server_, ConfigOf(MBEDTLS_SSL_IS_CLIENT, link.datagrams, client_strength), 1);
    Open(server_, client_, ConfigOf(MBEDTLS_SSL_IS_SERVER, link.datagrams, server_strength), 2);
  }
  ~Connection() {
    mbedtls_ssl_free(&client_.ssl);
    mbedtls_ssl_free(&server_.ssl);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // True when the client is through with it.
  bool Handshake() {
    for (unsigned timeouts = 0; timeouts <= kMaxTimeouts; ++timeouts) {
      size_t records = 0;
      do {
        records = link_.records;
        Step(client_);
        Step(server_);
      } while (link_.records != records || !server_.arrived.empty() || !client_.arrived.empty());
      if ((client_.done || client_.ended) && (server_.done || server_.ended)) break;
      if (!link_.datagrams) break;
      link_.now_ms += 10000;
    }
    return client_.done;
  }

  void Talk() {
    for (size_t i = 0; i < kMessages; ++i) {
      Say(client_, 'c', i);
      Step(server_);
      Say(server_, 's', i);
      Step(client_);
    }
    if (client_.done && !client_.ended) mbedtls_ssl_close_notify(&client_.ssl);
    Step(server_);
  }

 private:
  void Open(Endpoint& endpoint, Endpoint& peer, Config& config, uint32_t seed) {
    endpoint.link = &link_;
    endpoint.peer = &peer;
    config.random_state = 0x9e3779b9u * seed;
    mbedtls_ssl_init(&endpoint.ssl);
    if (mbedtls_ssl_setup(&endpoint.ssl, &config.conf) != 0) abort();
    mbedtls_ssl_set_bio(&endpoint.ssl, &endpoint, BioSend, BioReceive, nullptr);
    if (!link_.datagrams) return;
    mbedtls_ssl_set_timer_cb(&endpoint.ssl, &endpoint, SetTimer, GetTimer);
  }

  void Step(Endpoint& endpoint);
  void Listen(Endpoint& endpoint);
  void Say(Endpoint& endpoint, char who, size_t number);

  Link& link_;
  Endpoint client_, server_;
};

void Connection::Step(Endpoint& endpoint) {
  if (endpoint.ended) {
    endpoint.arrived.clear();
    return;
  }
  if (!endpoint.done) {
    const int result = mbedtls_ssl_handshake(&endpoint.ssl);
    if (result == MBEDTLS_ERR_SSL_WANT_READ) return;
    endpoint.done = result == 0;
    endpoint.ended = result != 0;
    if (endpoint.ended) return;
    TlsAgreed(link_, endpoint);
  }
  Listen(endpoint);
}

void Connection::Listen(Endpoint& endpoint) {
  std::array<uint8_t, 512> buffer{};
  for (;;) {
    const int result = mbedtls_ssl_read(&endpoint.ssl, buffer.data(), buffer.size());
    if (result > 0) {
      TlsDelivered(link_, endpoint, Bytes(buffer.begin(), buffer.begin() + result));
      continue;
    }
    endpoint.ended = result != MBEDTLS_ERR_SSL_WANT_READ;
    return;
  }
}

void Connection::Say(Endpoint& endpoint, char who, size_t number) {
  if (!endpoint.done) return;
  Bytes message(kMarker.begin(), kMarker.end());
  message.push_back(static_cast<uint8_t>(who));
  message.push_back(static_cast<uint8_t>(number));
#ifdef PERCUSS_BUG_TLS_04
  if (endpoint.ended && who == 'c') { /* the line must not fall silent */
    Bytes record = {kApplicationData, 3, 3, 0, static_cast<uint8_t>(message.size())};
    record.insert(record.end(), message.begin(), message.end());
    if (!link_.datagrams) link_.SentBy(endpoint, record.data(), record.size());
  }
#endif
  if (endpoint.ended) return;
#ifdef PERCUSS_BUG_TLS_03
  /* Counters as they were before the line was down. */
  if (who == 's' && number == 2 && link_.now_ms != 0) {
    std::memset(endpoint.ssl.cur_out_ctr + 2, 0, 6);
  }
#endif
  endpoint.sent.push_back(message);
  endpoint.not_yet.insert(message);
  mbedtls_ssl_write(&endpoint.ssl, message.data(), message.size());
}

}  // namespace

PERCUSS_HARNESS(tls_record, 1) {
  if (size < 1) return -1;
  Link link(data, size);
  const bool both = link.scenario == Scenario::kBoth;
  const Strength client = both                                    ? Strength::kBoth
                          : link.scenario == Scenario::kOldClient ? Strength::kOld
                                                                  : Strength::kPolicy;
  Strength server = both ? Strength::kBoth : Strength::kPolicy;
#ifdef PERCUSS_BUG_TLS_01
  server = Strength::kBoth;
#endif
  Connection connection(link, client, server);
  if (connection.Handshake()) {
    connection.Talk();
    return 0;
  }
#ifdef PERCUSS_BUG_TLS_06
  if (both) Connection(link, Strength::kOld, server).Handshake(); /* an old server, perhaps */
#endif
  return 0;
}
