// SPDX-License-Identifier: Apache-2.0
#include "harnesses/tls_server/tls_oracle.h"

#include <mbedtls/sha256.h>

#include <algorithm>
#include <iterator>

using percuss::tls_server::Bytes;

namespace {

constexpr percuss_property kEarly = {"CWE-696:tls-data-before-finished",
                                     "application data was accepted before the handshake was over",
                                     PERCUSS_SPOOFING, nullptr};
constexpr percuss_property kForged = {"CWE-345:tls-unauthenticated-record",
                                      "application data was accepted that no record authenticates",
                                      PERCUSS_TAMPERING, nullptr};
constexpr percuss_property kPlain = {"CWE-319:tls-sent-in-plaintext",
                                     "the server sent without encryption what is to be encrypted",
                                     PERCUSS_INFORMATION_DISCLOSURE, nullptr};
constexpr percuss_property kWeak = {"CWE-757:tls-below-policy",
                                    "the server agreed on less than it is configured for",
                                    PERCUSS_INFORMATION_DISCLOSURE, nullptr};
constexpr percuss_property kUnproven = {"CWE-295:tls-client-without-proof",
                                        "application data of a client without a certificate",
                                        PERCUSS_SPOOFING, nullptr};

constexpr uint8_t kChangeCipherSpec = 20;
constexpr uint8_t kAlert = 21;
constexpr uint8_t kHandshake = 22;
constexpr uint8_t kApplicationData = 23;
constexpr uint8_t kServerHello = 2, kCertificate = 11, kCertificateVerify = 15, kFinished = 20;
constexpr uint8_t kVerifyBytes = 12;  // RFC 5246, 7.4.9
constexpr size_t kHeaderBytes = 5, kNonceBytes = 8, kTagBytes = 16;
constexpr size_t kEmptyCertificateBytes = 3;

// The messages of a handshake that are whole in one record: type, and where its body is.
template <typename Function>
void EachMessage(const Bytes& record, Function function) {
  size_t at = kHeaderBytes;
  while (at + 4 <= record.size()) {
    const size_t size = static_cast<size_t>(record[at + 1]) << 16 |
                        static_cast<size_t>(record[at + 2]) << 8 | record[at + 3];
    if (size > record.size() - at - 4) return;
    function(record[at], record.data() + at + 4, size);
    at += 4 + size;
  }
}

// A record of TLS 1.2 without its body.
Bytes Header(uint8_t type, size_t size) {
  return {type, 3, 3, static_cast<uint8_t>(size >> 8), static_cast<uint8_t>(size)};
}

// What the tag of a record covers besides what it says: RFC 5246, 6.2.3.3.
std::array<uint8_t, 13> Bound(uint64_t sequence, const uint8_t* header, size_t size) {
  std::array<uint8_t, 13> bound{};
  for (size_t i = 0; i < 8; ++i) bound[i] = static_cast<uint8_t>(sequence >> (56 - 8 * i));
  std::copy_n(header, 3, bound.begin() + 8);
  bound[11] = static_cast<uint8_t>(size >> 8);
  bound[12] = static_cast<uint8_t>(size);
  return bound;
}

}  // namespace

extern "C" {

// One function per property, so that their stacks differ.
void TlsAcceptedEarly(bool early) { PERCUSS_HOLDS(!early, &kEarly); }
void TlsAcceptedForged(bool forged) { PERCUSS_HOLDS(!forged, &kForged); }
void TlsAcceptedUnproven(bool unproven) { PERCUSS_HOLDS(!unproven, &kUnproven); }
void TlsSentUnprotected(bool plain) { PERCUSS_HOLDS(!plain, &kPlain); }
void TlsSentInPlain(const percuss_secrets& secrets, const uint8_t* bytes, size_t size) {
  PERCUSS_KEEP(percuss_secrets_seen(&secrets, bytes, size));
}
void TlsAgreedOnLess(bool less) { PERCUSS_HOLDS(!less, &kWeak); }

}  // extern "C"

namespace percuss::tls_server {

std::optional<Bytes> Side::Next() {
  if (bytes_.size() < kHeaderBytes) return {};
  const size_t size = kHeaderBytes + (static_cast<size_t>(bytes_[3]) << 8 | bytes_[4]);
  if (bytes_.size() < size) return {};
  const auto end = bytes_.begin() + static_cast<std::ptrdiff_t>(size);
  Bytes record(bytes_.begin(), end);
  bytes_.erase(bytes_.begin(), end);
  return record;
}

void Side::Encrypt(const std::array<uint8_t, 16>& key, const std::array<uint8_t, 4>& salt) {
  encrypted_ = true;
  key_ = key;
  salt_ = salt;
}

std::optional<Bytes> Side::Open(const Bytes& record) {
  if (broken_ || record.size() < kHeaderBytes + kNonceBytes + kTagBytes) {
    broken_ = true;
    return {};
  }
  const size_t size = record.size() - kHeaderBytes - kNonceBytes - kTagBytes;
  std::array<uint8_t, 12> nonce{};
  std::copy(salt_.begin(), salt_.end(), nonce.begin());
  std::copy_n(record.begin() + kHeaderBytes, kNonceBytes, nonce.begin() + salt_.size());
  const auto bound = Bound(sequence_, record.data(), size);
  Bytes said(std::max<size_t>(size, 1));
  const uint8_t* sealed = record.data() + kHeaderBytes + kNonceBytes;
  mbedtls_gcm_context gcm;
  mbedtls_gcm_init(&gcm);
  broken_ =
      mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key_.data(), 128) != 0 ||
      mbedtls_gcm_auth_decrypt(&gcm, size, nonce.data(), nonce.size(), bound.data(), bound.size(),
                               sealed + size, kTagBytes, sealed, said.data()) != 0;
  mbedtls_gcm_free(&gcm);
  if (broken_) return {};
  sequence_++;
  said.resize(size);
  return said;
}

Bytes Side::Seal(uint8_t type, const Bytes& said) const {
  Bytes record = Header(type, kNonceBytes + said.size() + kTagBytes);
  const auto bound = Bound(sequence_, record.data(), said.size());
  std::array<uint8_t, 12> nonce{};
  std::copy(salt_.begin(), salt_.end(), nonce.begin());
  std::copy_n(bound.begin(), kNonceBytes, nonce.begin() + salt_.size());
  record.insert(record.end(), nonce.begin() + salt_.size(), nonce.end());
  record.resize(record.size() + said.size() + kTagBytes);
  uint8_t* const sealed = record.data() + kHeaderBytes + kNonceBytes;
  mbedtls_gcm_context gcm;
  mbedtls_gcm_init(&gcm);
  mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key_.data(), 128);
  mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, said.size(), nonce.data(), nonce.size(),
                            bound.data(), bound.size(), said.data(), sealed, kTagBytes,
                            sealed + said.size());
  mbedtls_gcm_free(&gcm);
  return record;
}

void Oracle::Begin(const uint8_t* data, size_t size) {
  secrets_ = {};
  secrets_.kept = &kPlain;
  percuss_secrets_plant(&secrets_, kMarker.data(), kMarker.size());
  percuss_secrets_told(&secrets_, data, size);
  Opened();
}

void Oracle::Opened() {
  keys_ = {};
  client_ = {};
  server_ = {};
  authentic_.clear();
  handshake_.clear();
  agreed_on_certificate_ = resumed_ = certificate_ = proof_ = false;
  client_finished_ = server_finished_ = false;
  accepted_ = 0;
  state_ = error_ = 0;
  alert_ = -1;
}

Bytes Oracle::Completed(Bytes record) {
  const uint8_t type = record[0];
  Bytes said(record.begin() + kHeaderBytes, record.end());
  if (type == kHandshake && said.empty()) said = Finished();
  // A record has room for so much (RFC 5246, 6.2.1).
  said.resize(std::min<size_t>(said.size(), 1 << 14));
  if (client_.Encrypted()) return client_.Seal(type, said);
  record = Header(type, said.size());
  record.insert(record.end(), said.begin(), said.end());
  return record;
}

Bytes Oracle::Finished() const {
  std::array<uint8_t, 32> hash{};
  mbedtls_sha256_ret(handshake_.data(), handshake_.size(), hash.data(), 0);
  Bytes finished = {kFinished, 0, 0, kVerifyBytes};
  finished.resize(4 + kVerifyBytes);
  mbedtls_ssl_tls_prf(MBEDTLS_SSL_TLS_PRF_SHA256, keys_.master.data(), keys_.master.size(),
                      "client finished", hash.data(), hash.size(), finished.data() + 4,
                      kVerifyBytes);
  return finished;
}

void Oracle::Received(const uint8_t* bytes, size_t size) {
  client_.Feed(bytes, size);
  while (const std::optional<Bytes> record = client_.Next()) ClientRecord(*record);
}

void Oracle::ClientRecord(const Bytes& record) {
  if (client_.Encrypted()) {
    const std::optional<Bytes> said = client_.Open(record);
    if (!said) return;
    client_finished_ |= record[0] == kHandshake;
    if (record[0] == kApplicationData) {
      authentic_.insert(authentic_.end(), said->begin(), said->end());
    }
    return;
  }
  if (record[0] == kChangeCipherSpec) client_.Encrypt(keys_.client_key, keys_.client_salt);
  if (record[0] != kHandshake) return;
  handshake_.insert(handshake_.end(), record.begin() + kHeaderBytes, record.end());
  EachMessage(record, [this](uint8_t type, const uint8_t* /*body*/, size_t size) {
    certificate_ |= type == kCertificate && size > kEmptyCertificateBytes;
    proof_ |= type == kCertificateVerify;
  });
}

void Oracle::Sent(const uint8_t* bytes, size_t size) {
  TlsSentInPlain(secrets_, bytes, size);
  server_.Feed(bytes, size);
  while (const std::optional<Bytes> record = server_.Next()) ServerRecord(*record);
}

void Oracle::ServerRecord(const Bytes& record) {
  if (server_.Encrypted()) {
    const std::optional<Bytes> said = server_.Open(record);
    TlsSentUnprotected(!said);
    server_finished_ |= record[0] == kHandshake;
    if (record[0] == kHandshake) handshake_.insert(handshake_.end(), said->begin(), said->end());
    KeepAlert(record, *said);
    return;
  }
  if (record[0] == kChangeCipherSpec) {
    resumed_ = !client_.Encrypted();
    server_.Encrypt(keys_.server_key, keys_.server_salt);
  }
  KeepAlert(record, Bytes(record.begin() + kHeaderBytes, record.end()));
  if (record[0] != kHandshake) return;
  handshake_.insert(handshake_.end(), record.begin() + kHeaderBytes, record.end());
  ServerHello(record);
}

void Oracle::KeepAlert(const Bytes& record, const Bytes& said) {
  if (record[0] == kAlert && said.size() == 2) alert_ = said[1];
}

void Oracle::ServerHello(const Bytes& record) {
  EachMessage(record, [this](uint8_t type, const uint8_t* body, size_t size) {
    constexpr size_t kIdAt = 34;  // behind version and random
    if (type != kServerHello || size <= kIdAt || size < kIdAt + 1 + body[kIdAt] + 2) return;
    const uint8_t* suite = body + kIdAt + 1 + body[kIdAt];
    const int number = suite[0] << 8 | suite[1];
    agreed_on_certificate_ = number == kCertificateSuite;
    TlsAgreedOnLess(body[0] != 3 || body[1] != 3 ||
                    (number != kPskSuite && number != kCertificateSuite));
  });
}

void Oracle::Accepted(const uint8_t* bytes, size_t size) {
  TlsAcceptedEarly(!client_finished_ || !server_finished_);
  const bool is_next =
      size <= authentic_.size() - accepted_ &&
      std::equal(bytes, bytes + size, authentic_.begin() + static_cast<std::ptrdiff_t>(accepted_));
  TlsAcceptedForged(!is_next);
  accepted_ += size;
  TlsAcceptedUnproven(agreed_on_certificate_ && !resumed_ && (!certificate_ || !proof_));
}

void Oracle::State(int state, int error) {
  state_ = state;
  error_ = error;
}

std::string Oracle::StateWords() const {
  static constexpr const char* kStates[] = {"begin",
                                            "client hello",
                                            "server hello",
                                            "server certificate",
                                            "server key",
                                            "certificate asked",
                                            "server hello done",
                                            "client certificate",
                                            "client key",
                                            "certificate proven",
                                            "client cipher",
                                            "client finished",
                                            "server cipher",
                                            "server finished",
                                            "flush",
                                            "wrap up",
                                            "handshake over",
                                            "new ticket",
                                            "hello verify"};
  const auto number = static_cast<size_t>(state_);
  std::string words = std::to_string(state_) + " ";
  words += number < std::size(kStates) ? kStates[number] : "?";
  if (agreed_on_certificate_ && !resumed_) {
    words += certificate_ ? proof_ ? ", proven client" : ", named client" : ", unknown client";
  }
  if (accepted_ != 0) words += ", data";
  if (alert_ >= 0) words += ", alert " + std::to_string(alert_);
  if (error_ < 0) words += ", error -" + std::to_string(-error_);
  return words;
}

std::string RecordWords(const uint8_t* bytes, size_t size) {
  constexpr int kMostWords = 6;
  std::string words;
  bool encrypted = false;
  size_t at = 0;
  for (int i = 0; i < kMostWords && at < size; ++i) {
    if (!words.empty()) words += " ";
    const uint8_t type = bytes[at];
    const bool keyed =
        size - at >= kHeaderBytes && bytes[at + 1] == 3 && bytes[at + 2] == kKeyedMinor;
    encrypted |= keyed;
    if (size - at < kHeaderBytes + (keyed ? 0 : 1) || type < kChangeCipherSpec ||
        type > kApplicationData) {
      return words + "bytes";
    }
    if (type == kChangeCipherSpec) words += "cipher";
    if (type == kAlert) words += "alert";
    if (type == kApplicationData) words += "data";
    if (type == kHandshake) {
      words += encrypted ? "finished" : "hs" + std::to_string(bytes[at + kHeaderBytes]);
    }
    encrypted |= type == kChangeCipherSpec;
    at += kHeaderBytes + (static_cast<size_t>(bytes[at + 3]) << 8 | bytes[at + 4]);
  }
  return words;
}

}  // namespace percuss::tls_server
