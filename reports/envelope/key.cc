// SPDX-License-Identifier: Apache-2.0
#include "reports/envelope/key.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "common/fs.h"
#include "common/hash.h"
#include "common/json_file.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;
using common::Json;
using common::Result;
using common::Status;

constexpr const char* kKeySchema = "percuss.key.v1";
constexpr const char* kPublicKeySchema = "percuss.pub.v1";
constexpr size_t kMaxNameBytes = 64;
constexpr uint64_t kMaxKeyFileBytes = 64 * 1024;

static_assert(crypto_sign_PUBLICKEYBYTES == kPublicKeyBytes);
static_assert(crypto_sign_SEEDBYTES == kSeedBytes);
static_assert(crypto_sign_BYTES == kSignatureBytes);

Status StartLibrary() {
  static const int started = sodium_init();
  if (started < 0) return Fail(ErrorCode::kUnavailable, "libsodium found no random source");
  return {};
}

std::string_view View(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Status CheckName(const std::string& name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
  if (name.empty() || name.size() > kMaxNameBytes || !plain || name[0] == '.' || name[0] == '-') {
    return Fail(ErrorCode::kBadInput,
                "a key's name is 1 to 64 letters, digits, '.', '_' or '-', and starts with neither "
                "'.' nor '-'");
  }
  return {};
}

// O_EXCL: neither an existing key nor the target of somebody's link is ever overwritten.
Status WriteNewFile(const stdfs::path& path, std::string_view text, mode_t mode) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0 && errno == EEXIST) {
    return Fail(ErrorCode::kBadInput,
                "there is a key of this name already; choose another name or move the old one away",
                path);
  }
  if (fd < 0) return common::FailErrno(errno, "cannot create the key file", path);
  const ssize_t written = write(fd, text.data(), text.size());
  const bool complete = written == static_cast<ssize_t>(text.size()) && fsync(fd) == 0;
  const int reason = errno;
  close(fd);
  if (complete) return {};
  unlink(path.c_str());
  return common::FailErrno(reason, "cannot write the key file", path);
}

Json PublicJson(const PublicKey& key, const char* schema) {
  return {{"schema", schema},
          {"type", "ed25519"},
          {"name", key.name},
          {"public", key.Base64()},
          {"key_id", key.Id()}};
}

Result<Json> ReadKeyFile(const stdfs::path& file) {
  const auto no_key = Fail(ErrorCode::kBadInput,
                           "is no Ed25519 key file of percuss; what is wanted is NAME.key or "
                           "NAME.pub, as `percuss key new` makes them",
                           file);
  auto text = common::ReadFile(file, kMaxKeyFileBytes);
  if (!text && text.error().code == ErrorCode::kBadInput) return no_key;
  if (!text) return tl::make_unexpected(text.error());
  auto json = common::ParseJson(*text, file.string());
  sodium_memzero(text->data(), text->size());
  if (!json || !json->is_object() || json->value("type", Json()) != "ed25519") return no_key;
  return json;
}

std::string TextMember(const Json& json, const char* name) {
  const auto member = json.find(name);
  return member != json.end() && member->is_string() ? member->get<std::string>() : std::string();
}

Result<PublicKey> PublicFromJson(const Json& json, const stdfs::path& file) {
  auto key = PublicKeyFromBase64(TextMember(json, "public"));
  if (!key) return Fail(ErrorCode::kBadInput, "member \"public\" " + key.error().message, file);
  key->name = TextMember(json, "name");
  if (TextMember(json, "key_id") != key->Id()) {
    return Fail(ErrorCode::kBadInput, "\"key_id\" does not belong to \"public\"", file);
  }
  return key;
}

}  // namespace

std::string PublicKey::Id() const {
  return common::Sha256Hex(View(bytes.data(), bytes.size())).substr(0, 16);
}

std::string PublicKey::Base64() const { return Base64Encode(View(bytes.data(), bytes.size())); }

Result<PublicKey> PublicKeyFromBase64(std::string_view text) {
  const auto bytes = Base64Decode(text);
  if (!bytes) return tl::make_unexpected(bytes.error());
  if (bytes->size() != kPublicKeyBytes) {
    return Fail(ErrorCode::kBadInput, "is not a public key of 32 bytes");
  }
  PublicKey key;
  std::copy_n(Bytes(*bytes), kPublicKeyBytes, key.bytes.begin());
  return key;
}

KeyPair::~KeyPair() { sodium_memzero(seed_.data(), seed_.size()); }

Result<KeyPair> KeyPair::New(const std::string& name) {
  if (auto started = StartLibrary(); !started) return tl::make_unexpected(started.error());
  std::array<uint8_t, kSeedBytes> seed{};
  randombytes_buf(seed.data(), seed.size());
  auto pair = FromSeed(name, View(seed.data(), seed.size()));
  sodium_memzero(seed.data(), seed.size());
  return pair;
}

Result<KeyPair> KeyPair::FromSeed(const std::string& name, std::string_view seed) {
  if (auto started = StartLibrary(); !started) return tl::make_unexpected(started.error());
  if (auto named = CheckName(name); !named) return tl::make_unexpected(named.error());
  if (seed.size() != kSeedBytes) return Fail(ErrorCode::kBadInput, "a seed has 32 bytes");
  KeyPair pair;
  std::copy_n(Bytes(seed), kSeedBytes, pair.seed_.begin());
  std::array<uint8_t, crypto_sign_SECRETKEYBYTES> secret{};
  crypto_sign_seed_keypair(pair.public_.bytes.data(), secret.data(), pair.seed_.data());
  sodium_memzero(secret.data(), secret.size());
  pair.public_.name = name;
  return pair;
}

Result<KeyPair> KeyPair::Load(const stdfs::path& file) {
  struct stat info {};
  if (stat(file.c_str(), &info) != 0) {
    if (errno == ENOENT) {
      return Fail(ErrorCode::kNotFound, "no such key; `percuss key new` makes one", file);
    }
    return common::FailErrno(errno, "cannot look at the key", file);
  }
  // Whose mode is open by right, so that this comes first.
  auto json = ReadKeyFile(file);
  if (json && TextMember(*json, "schema") == kPublicKeySchema) {
    return Fail(ErrorCode::kBadInput,
                "is a public key; give the .key file that was made together with it", file);
  }
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Fail(ErrorCode::kBadInput,
                "others than its owner may read or change this secret key: run chmod 600 on it, "
                "and make a new key if somebody may have read it",
                file);
  }
  if (!json) return tl::make_unexpected(json.error());
  if (TextMember(*json, "schema") != kKeySchema) {
    return Fail(ErrorCode::kBadInput, "holds no secret key; give the .key file", file);
  }
  auto seed = Base64Decode(TextMember(*json, "secret"));
  if (!seed) return Fail(ErrorCode::kBadInput, "member \"secret\" is not base64", file);
  auto pair = FromSeed(TextMember(*json, "name"), *seed);
  sodium_memzero(seed->data(), seed->size());
  if (!pair) return Fail(ErrorCode::kBadInput, pair.error().message, file);
  const auto stated = PublicFromJson(*json, file);
  if (!stated) return tl::make_unexpected(stated.error());
  if (!(*stated == pair->public_)) {
    return Fail(ErrorCode::kBadInput, "\"public\" does not belong to \"secret\"", file);
  }
  return pair;
}

Status KeyPair::Save(const stdfs::path& folder) const {
  std::error_code error;
  const bool made = stdfs::create_directories(folder, error);
  if (error) return common::FailErrno(error.value(), "cannot make the folder for keys", folder);
  if (made) stdfs::permissions(folder, stdfs::perms::owner_all, error);
  const stdfs::path public_file = folder / (public_.name + ".pub");
  if (stdfs::exists(public_file, error)) {
    return Fail(ErrorCode::kBadInput, "there is a key of this name already; choose another name",
                public_file);
  }
  Json secret = PublicJson(public_, kKeySchema);
  secret["secret"] = Base64Encode(View(seed_.data(), seed_.size()));
  std::string text = common::JsonText(secret);
  const auto saved = WriteNewFile(folder / (public_.name + ".key"), text, S_IRUSR | S_IWUSR);
  sodium_memzero(text.data(), text.size());
  if (!saved) return saved;
  return SavePublicKey(public_, public_file);
}

Status SavePublicKey(const PublicKey& key, const stdfs::path& file) {
  return WriteNewFile(file, common::JsonText(PublicJson(key, kPublicKeySchema)),
                      S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
}

Result<std::string> KeyPair::Sign(std::string_view bytes) const {
  std::array<uint8_t, kPublicKeyBytes> derived{};
  std::array<uint8_t, crypto_sign_SECRETKEYBYTES> secret{};
  crypto_sign_seed_keypair(derived.data(), secret.data(), seed_.data());
  std::string signature(kSignatureBytes, '\0');
  crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr, Bytes(bytes),
                       bytes.size(), secret.data());
  sodium_memzero(secret.data(), secret.size());
  return signature;
}

Result<PublicKey> LoadPublicKey(const stdfs::path& file) {
  const auto json = ReadKeyFile(file);
  if (!json) return tl::make_unexpected(json.error());
  return PublicFromJson(*json, file);
}

Result<PublicKey> LoadVerificationKey(const stdfs::path& file) {
  const auto json = ReadKeyFile(file);
  if (!json) return tl::make_unexpected(json.error());
  if (TextMember(*json, "schema") == kKeySchema || json->contains("secret")) {
    return Fail(ErrorCode::kBadInput,
                "is a secret key, and a secret key is no key to verify with: give the public one, "
                "the .pub file beside it",
                file);
  }
  return PublicFromJson(*json, file);
}

bool VerifySignature(const PublicKey& key, std::string_view bytes, std::string_view signature) {
  return signature.size() == kSignatureBytes &&
         crypto_sign_verify_detached(Bytes(signature), Bytes(bytes), bytes.size(),
                                     key.bytes.data()) == 0;
}

Result<stdfs::path> DefaultKeyFolder() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  if (config != nullptr && config[0] == '/') return stdfs::path(config) / "percuss";
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') return stdfs::path(home) / ".config" / "percuss";
  return Fail(
      ErrorCode::kUnavailable,
      "neither XDG_CONFIG_HOME nor HOME is set, so there is no place for keys; give a file");
}

Result<stdfs::path> DefaultKeyFile() {
  auto folder = DefaultKeyFolder();
  if (!folder) return folder;
  return *folder / "default.key";
}

}  // namespace percuss::reports
