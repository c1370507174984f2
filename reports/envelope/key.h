// SPDX-License-Identifier: Apache-2.0
//
// Ed25519 keys (RFC 8032, section 5.1, the pure form) through libsodium, and their files. A key
// NAME lives in two JSON files of one folder: NAME.key, mode 0600, with the secret seed, and
// NAME.pub for whoever checks signatures. The secret never leaves NAME.key: no function here gives
// it out, and it is wiped from memory with the KeyPair.
//
// Thread-safe as far as one object is used by one thread at a time; the const members by any
// number.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "common/result.h"

namespace percuss::reports {

constexpr size_t kPublicKeyBytes = 32;
constexpr size_t kSeedBytes = 32;
constexpr size_t kSignatureBytes = 64;

struct PublicKey {
  std::string name;  // what its owner calls it; nothing proves it
  std::array<uint8_t, kPublicKeyBytes> bytes{};

  // The first 16 hex digits of SHA-256 over the 32 bytes.
  [[nodiscard]] std::string Id() const;
  [[nodiscard]] std::string Base64() const;
  friend bool operator==(const PublicKey& left, const PublicKey& right) {
    return left.bytes == right.bytes;
  }
};

// kBadInput when the text is not 32 bytes in canonical base64 (RFC 4648, section 4).
[[nodiscard]] common::Result<PublicKey> PublicKeyFromBase64(std::string_view text);

// Who can sign: a key in a file, or one that never leaves its token (pkcs11_key.h).
class Signer {
 public:
  virtual ~Signer() = default;
  [[nodiscard]] virtual const PublicKey& Public() const = 0;
  // The 64 bytes of a detached signature, which the public key was seen to confirm.
  [[nodiscard]] virtual common::Result<std::string> Sign(std::string_view bytes) const = 0;

 protected:
  Signer() = default;
  Signer(const Signer&) = default;
  Signer& operator=(const Signer&) = default;
};

class KeyPair : public Signer {
 public:
  // A fresh key from the system's random source. The name may hold letters, digits, '.', '_' and
  // '-', up to 64 of them.
  [[nodiscard]] static common::Result<KeyPair> New(const std::string& name);
  // The key of a known seed of 32 bytes.
  [[nodiscard]] static common::Result<KeyPair> FromSeed(const std::string& name,
                                                        std::string_view seed);
  // Reads a .key file. Refuses one that others than its owner may read, saying which chmod helps.
  [[nodiscard]] static common::Result<KeyPair> Load(const std::filesystem::path& file);

  KeyPair(const KeyPair& other) = default;
  KeyPair& operator=(const KeyPair& other) = default;
  ~KeyPair() override;

  // Writes folder/NAME.key (0600) and folder/NAME.pub, making the folder (0700) when it is not
  // there. Never overwrites: kBadInput when either file exists.
  [[nodiscard]] common::Status Save(const std::filesystem::path& folder) const;

  [[nodiscard]] const PublicKey& Public() const override { return public_; }
  [[nodiscard]] common::Result<std::string> Sign(std::string_view bytes) const override;

 private:
  KeyPair() = default;
  PublicKey public_;
  std::array<uint8_t, kSeedBytes> seed_{};
};

// Writes a .pub file alone, for a key whose secret is elsewhere. Never overwrites.
[[nodiscard]] common::Status SavePublicKey(const PublicKey& key, const std::filesystem::path& file);

// Reads a .pub file, or the public half of a .key file.
[[nodiscard]] common::Result<PublicKey> LoadPublicKey(const std::filesystem::path& file);
// Reads a .pub file and refuses a .key file: whoever checks a package has no use for the secret,
// and one that is handed round for checking is none any more.
[[nodiscard]] common::Result<PublicKey> LoadVerificationKey(const std::filesystem::path& file);

// Strict verification: a signature that is not in canonical form is no signature.
[[nodiscard]] bool VerifySignature(const PublicKey& key, std::string_view bytes,
                                   std::string_view signature);

// $XDG_CONFIG_HOME/percuss, else $HOME/.config/percuss; kUnavailable when neither variable is set.
[[nodiscard]] common::Result<std::filesystem::path> DefaultKeyFolder();
// default.key in that folder, whether or not it exists.
[[nodiscard]] common::Result<std::filesystem::path> DefaultKeyFile();

// Canonical base64 with padding, RFC 4648 section 4. Decoding is strict: anything that encoding
// would not have written is kBadInput.
[[nodiscard]] std::string Base64Encode(std::string_view bytes);
[[nodiscard]] common::Result<std::string> Base64Decode(std::string_view text);

}  // namespace percuss::reports
