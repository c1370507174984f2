// SPDX-License-Identifier: Apache-2.0
//
// Watches the records of a connection to the server and knows by itself which of them are
// authentic: it opens them with the keys that were agreed on, by AES-128-GCM (RFC 5246, RFC 5288).
// The library's word is not taken for it.
#ifndef PERCUSS_HARNESSES_TLS_SERVER_TLS_ORACLE_H_
#define PERCUSS_HARNESSES_TLS_SERVER_TLS_ORACLE_H_

#include <mbedtls/gcm.h>

#include <cstdint>
#include <optional>
#include <string>

#include "harnesses/sdk/properties.h"
#include "harnesses/tls_server/tls_server.h"

namespace percuss::tls_server {

// The bytes of one side, record by record.
class Side {
 public:
  void Feed(const uint8_t* bytes, size_t size) { bytes_.insert(bytes_.end(), bytes, bytes + size); }
  // The next record that is there as a whole, with its header; nothing while there is none.
  std::optional<Bytes> Next();

  void Encrypt(const std::array<uint8_t, 16>& key, const std::array<uint8_t, 4>& salt);
  bool Encrypted() const { return encrypted_; }
  // What an encrypted record says; nothing where it is not authentic, and from then on.
  std::optional<Bytes> Open(const Bytes& record);
  // The next record of this side that says so.
  Bytes Seal(uint8_t type, const Bytes& said) const;

 private:
  Bytes bytes_;
  bool encrypted_ = false, broken_ = false;
  uint64_t sequence_ = 0;
  std::array<uint8_t, 16> key_{};
  std::array<uint8_t, 4> salt_{};
};

class Oracle : public Observer {
 public:
  // A session begins: `data` is all that its client knows.
  void Begin(const uint8_t* data, size_t size);

  void Opened() override;
  // Encrypted as the client would have it, once it encrypts. An empty handshake record is its
  // Finished, which is right whatever was said before.
  Bytes Completed(Bytes record) override;
  void Received(const uint8_t* bytes, size_t size) override;
  void Sent(const uint8_t* bytes, size_t size) override;
  void Agreed(const Keys& keys) override { keys_ = keys; }
  void Accepted(const uint8_t* bytes, size_t size) override;
  void State(int state, int error) override;

  // In words: where the server is in its handshake, and what it told or found wrong.
  std::string StateWords() const;

 private:
  void ClientRecord(const Bytes& record);
  void ServerRecord(const Bytes& record);
  void ServerHello(const Bytes& record);
  Bytes Finished() const;
  void KeepAlert(const Bytes& record, const Bytes& said);

  percuss_secrets secrets_{};
  Keys keys_{};
  bool agreed_on_certificate_ = false, resumed_ = false;
  bool certificate_ = false, proof_ = false;
  bool client_finished_ = false, server_finished_ = false;
  Side client_, server_;
  Bytes handshake_;  // all messages of it, of both sides
  Bytes authentic_;  // what the client has sent for the application
  size_t accepted_ = 0;
  int state_ = 0, error_ = 0, alert_ = -1;
};

// Which records a message consists of.
std::string RecordWords(const uint8_t* bytes, size_t size);

}  // namespace percuss::tls_server

#endif  // PERCUSS_HARNESSES_TLS_SERVER_TLS_ORACLE_H_
