// SPDX-License-Identifier: Apache-2.0
//
// Containers offered to one device, one after the other.
//
//   records   mode (1), length (2, little-endian; cut to what is left), container
//     mode 0   delivered as it is
//     mode 1   lengths and CRC of the header put right
//     mode 2   also the payload's hash, and signed with the genuine key
//     mode 3   like 2, but signed with another key
//   other values are taken modulo 4
//
// Properties, from a model that reads containers by itself: what is committed bears a genuine
// signature, is newer than what was installed, and its payload has the signed hash.
#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "harnesses/sdk/percuss_harness.h"
#include "harnesses/sdk/properties.h"
#include "targets/reference/update/update.h"

namespace {

using Bytes = std::vector<uint8_t>;

constexpr size_t kMaxContainers = 8;
constexpr uint16_t kFamily = 0x4d33;

constexpr percuss_property kSignature = {"CWE-347:upd-signature",
                                         "an image without a genuine signature was committed",
                                         PERCUSS_TAMPERING, "T-11"};
constexpr percuss_property kPayloadHash = {"CWE-354:upd-payload-hash",
                                           "a payload without the signed hash was committed",
                                           PERCUSS_TAMPERING, "T-11"};
constexpr percuss_property kRollback = {"CWE-1328:upd-rollback", "an older version was committed",
                                        PERCUSS_TAMPERING, "T-11"};
constexpr percuss_property kFlashRange = {
    "CWE-787:upd-flash-range", "a write outside the image's flash", PERCUSS_TAMPERING, "T-11"};

struct KeyPair {
  explicit KeyPair(uint8_t seed_byte) {
    std::array<uint8_t, crypto_sign_SEEDBYTES> seed{};
    seed.fill(seed_byte);
    crypto_sign_seed_keypair(open.data(), secret.data(), seed.data());
  }
  std::array<uint8_t, crypto_sign_PUBLICKEYBYTES> open{};
  std::array<uint8_t, crypto_sign_SECRETKEYBYTES> secret{};
};

// Test keys: they protect nothing.
const KeyPair& GenuineKey() {
  static const KeyPair key(0x4d);
  return key;
}

const KeyPair& OtherKey() {
  static const KeyPair key(0x99);
  return key;
}

// In the order of versions.
constexpr uint64_t Version(unsigned major, unsigned minor, unsigned patch) {
  return static_cast<uint64_t>(major) << 32 | static_cast<uint64_t>(minor) << 16 | patch;
}

struct Bench {
  const Bytes* container = nullptr;
  percuss_update installed = {&kRollback, Version(2, 4, 7), 40};
};

uint32_t Get32(const uint8_t* at) {
  return at[0] | at[1] << 8 | at[2] << 16 | static_cast<uint32_t>(at[3]) << 24;
}

void Put32(uint8_t* at, size_t value) {
  for (int i = 0; i < 4; ++i) at[i] = static_cast<uint8_t>(value >> (8 * i));
}

struct Field {
  uint8_t type;
  size_t at;
  size_t length;
};

// The manifest's fields, as far as they are whole; `end` becomes the place after the type 0.
std::vector<Field> Fields(const Bytes& bytes, size_t limit, size_t& end) {
  std::vector<Field> fields;
  size_t at = UPD_HEADER_BYTES;
  while (at < limit && bytes[at] != UPD_TYPE_END && limit - at >= 3) {
    const size_t length = bytes[at + 1] | static_cast<size_t>(bytes[at + 2]) << 8;
    if (length > limit - at - 3) break;
    fields.push_back({bytes[at], at + 3, length});
    at += 3 + length;
  }
  end = std::min(at + 1, limit);
  return fields;
}

void FixUp(Bytes& bytes, unsigned mode) {
  if (mode == 0 || bytes.size() < UPD_HEADER_BYTES + UPD_SIGNATURE_BYTES) return;
  size_t manifest_end = 0;
  const std::vector<Field> fields = Fields(bytes, bytes.size() - UPD_SIGNATURE_BYTES, manifest_end);
  const size_t payload = manifest_end + UPD_SIGNATURE_BYTES;
  Put32(bytes.data() + 8, manifest_end - UPD_HEADER_BYTES);
  Put32(bytes.data() + 12, bytes.size() - payload);
  Put32(bytes.data() + 16, bytes.size());
  Put32(bytes.data() + 20, upd_crc32(bytes.data(), UPD_HEADER_BYTES - 4));
  if (mode == 1) return;
  for (const Field& field : fields) {
    if (field.type != UPD_TYPE_HASH || field.length != UPD_HASH_BYTES) continue;
    crypto_hash_sha256(bytes.data() + field.at, bytes.data() + payload, bytes.size() - payload);
  }
  const KeyPair& key = mode == 2 ? GenuineKey() : OtherKey();
  crypto_sign_detached(bytes.data() + manifest_end, nullptr, bytes.data(), manifest_end,
                       key.secret.data());
}

}  // namespace

extern "C" {

void UpdSha256(void* /*context*/, const uint8_t* bytes, size_t length, uint8_t* out) {
  crypto_hash_sha256(out, bytes, length);
}

bool UpdEd25519Verify(void* /*context*/, const uint8_t* signature, const uint8_t* message,
                      size_t length) {
  return crypto_sign_verify_detached(signature, message, length, GenuineKey().open.data()) == 0;
}

void UpdShowNotes(void* /*context*/, const char* text) {
  PERCUSS_PROPERTY(strlen(text) <= 512, "CWE-170:upd-notes-length",
                   "notes are longer than the display's buffer");
}

void UpdFlashWrite(void* /*context*/, uint32_t offset, const uint8_t* /*bytes*/, size_t length) {
  PERCUSS_HOLDS(offset <= UPD_IMAGE_BYTES_MAX && length <= UPD_IMAGE_BYTES_MAX - offset,
                &kFlashRange);
}

// One function per property, so that their stacks differ.
void UpdCheckSignature(const Bytes& bytes, size_t manifest_end) {
  const bool genuine = manifest_end + UPD_SIGNATURE_BYTES <= bytes.size() &&
                       crypto_sign_verify_detached(bytes.data() + manifest_end, bytes.data(),
                                                   manifest_end, GenuineKey().open.data()) == 0;
  PERCUSS_HOLDS(genuine, &kSignature);
}

void UpdCheckHash(const Bytes& bytes, size_t manifest_end, const uint8_t* expected) {
  std::array<uint8_t, UPD_HASH_BYTES> hash{};
  const size_t payload = manifest_end + UPD_SIGNATURE_BYTES;
  crypto_hash_sha256(hash.data(), bytes.data() + payload, bytes.size() - payload);
  PERCUSS_HOLDS(expected != nullptr && std::equal(hash.begin(), hash.end(), expected),
                &kPayloadHash);
}

void UpdCheckNewer(Bench& bench, uint64_t version, uint32_t counter) {
  PERCUSS_KEEP(percuss_update_installed(&bench.installed, version, counter));
}

void UpdFlashCommit(void* context) {
  auto& bench = *static_cast<Bench*>(context);
  const Bytes& bytes = *bench.container;
  const size_t manifest_end = UPD_HEADER_BYTES + Get32(bytes.data() + 8);
  UpdCheckSignature(bytes, manifest_end);
  uint64_t version = 0;
  uint32_t counter = 0;
  const uint8_t* hash = nullptr;
  size_t end = 0;
  for (const Field& field : Fields(bytes, manifest_end, end)) {
    const uint8_t* value = bytes.data() + field.at;
    if (field.type == UPD_TYPE_VERSION && field.length == 6) {
      version =
          Version(value[0] | value[1] << 8, value[2] | value[3] << 8, value[4] | value[5] << 8);
    }
    if (field.type == UPD_TYPE_COUNTER && field.length == 4) counter = Get32(value);
    if (field.type == UPD_TYPE_HASH && field.length == UPD_HASH_BYTES) hash = value;
  }
  UpdCheckHash(bytes, manifest_end, hash);
  UpdCheckNewer(bench, version, counter);
}

}  // extern "C"

PERCUSS_HARNESS(update_image, 1) {
  Bench bench;
  // malloc and free themselves, so that the allocating function of the device is what a report
  // shows.
  upd_device device = {{malloc, free, UpdSha256, UpdEd25519Verify, UpdShowNotes, UpdFlashWrite,
                        UpdFlashCommit, &bench},
                       kFamily,
                       {2, 4, 7},
                       40};
  size_t at = 0;
  for (size_t containers = 0; containers < kMaxContainers && size - at > 3; ++containers) {
    const size_t wanted = data[at + 1] | static_cast<size_t>(data[at + 2]) << 8;
    const size_t length = std::min(wanted, size - at - 3);
    Bytes container(data + at + 3, data + at + 3 + length);
    FixUp(container, data[at] % 4);
    bench.container = &container;
    upd_install(&device, container.data(), container.size());
    at += 3 + length;
  }
  return 0;
}
