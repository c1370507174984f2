/* SPDX-License-Identifier: Apache-2.0 */
#include "targets/firmware/reference/apps/update_bench.h"

#include <string.h>

#include "targets/firmware/reference/crypto/ed25519.h"
#include "targets/firmware/reference/crypto/sha2.h"
#include "targets/firmware/reference/firmware.h"

#define GENUINE_SEED_BYTE 0x4d
#define OTHER_SEED_BYTE 0x99
#define FIELD_HEADER_BYTES 3u
#define NOTES_MAX 512u
#define NOINLINE __attribute__((noinline))

struct field {
  uint8_t type;
  size_t at;
  size_t length;
};

static struct ed25519_key genuine_key, other_key;
static bool keys_known;

static const uint8_t* container;
static size_t container_bytes;
static size_t verified_bytes; /* of the container, by the device; 0 when it has not asked */
static struct upd_version installed;
static uint32_t installed_counter;

static void derive_key(struct ed25519_key* key, uint8_t seed_byte) {
  uint8_t seed[32];
  memset(seed, seed_byte, sizeof seed);
  ed25519_key_from_seed(key, seed);
}

void bench_open(void) {
  if (!keys_known) {
    derive_key(&genuine_key, GENUINE_SEED_BYTE);
    derive_key(&other_key, OTHER_SEED_BYTE);
    keys_known = true;
  }
  installed = (struct upd_version){2, 4, 7};
  installed_counter = 40;
}

void bench_expect(const uint8_t* bytes, size_t count) {
  container = bytes;
  container_bytes = count;
  verified_bytes = 0;
}

static uint32_t get16(const uint8_t* at) { return at[0] | (uint32_t)at[1] << 8; }

static uint32_t get32(const uint8_t* at) { return get16(at) | get16(at + 2) << 16; }

static void put32(uint8_t* at, size_t value) {
  for (unsigned i = 0; i < 4; i++) at[i] = (uint8_t)(value >> (8 * i));
}

/* The manifest's field at *at, which moves on; false at its end or where it is broken. */
static bool next_field(const uint8_t* bytes, size_t limit, size_t* at, struct field* field) {
  if (*at >= limit || bytes[*at] == UPD_TYPE_END || limit - *at < FIELD_HEADER_BYTES) return false;
  const size_t length = get16(bytes + *at + 1);
  if (length > limit - *at - FIELD_HEADER_BYTES) return false;
  *field = (struct field){bytes[*at], *at + FIELD_HEADER_BYTES, length};
  *at += FIELD_HEADER_BYTES + length;
  return true;
}

void bench_fix_up(uint8_t* bytes, size_t count, unsigned mode) {
  if (mode == 0 || count < UPD_HEADER_BYTES + UPD_SIGNATURE_BYTES) return;
  const size_t limit = count - UPD_SIGNATURE_BYTES;
  struct field field;
  size_t end = UPD_HEADER_BYTES;
  while (next_field(bytes, limit, &end, &field)) {
  }
  end = end + 1 < limit ? end + 1 : limit; /* after the type 0 */
  const size_t payload = end + UPD_SIGNATURE_BYTES;
  put32(bytes + 8, end - UPD_HEADER_BYTES);
  put32(bytes + 12, count - payload);
  put32(bytes + 16, count);
  put32(bytes + 20, upd_crc32(bytes, UPD_HEADER_BYTES - 4));
  if (mode == 1) return;
  size_t at = UPD_HEADER_BYTES;
  while (next_field(bytes, limit, &at, &field)) {
    if (field.type != UPD_TYPE_HASH || field.length != UPD_HASH_BYTES) continue;
    sha256(bytes + payload, count - payload, bytes + field.at);
  }
  ed25519_sign(mode == 2 ? &genuine_key : &other_key, bytes, end, bytes + end);
}

void UpdSha256(void* context, const uint8_t* bytes, size_t length, uint8_t* out) {
  (void)context;
  sha256(bytes, length, out);
}

bool UpdEd25519Verify(void* context, const uint8_t* signature, const uint8_t* message,
                      size_t length) {
  (void)context;
  const bool genuine = ed25519_verify(genuine_key.open, message, length, signature);
  const bool of_container = message == container && signature == container + length;
  verified_bytes = genuine && of_container ? length : 0;
  return genuine;
}

void UpdShowNotes(void* context, const char* text) {
  (void)context;
  if (strlen(text) > NOTES_MAX) firmware_property_broken("CWE-170:upd-notes-length");
}

void UpdFlashWrite(void* context, uint32_t offset, const uint8_t* bytes, size_t length) {
  (void)context;
  (void)bytes;
  if (offset > UPD_IMAGE_BYTES_MAX || length > UPD_IMAGE_BYTES_MAX - offset) {
    firmware_property_broken("CWE-787:upd-flash-range");
  }
}

/* One function per property, so that their stacks differ. */
static NOINLINE void UpdCheckSignature(size_t manifest_end) {
  if (manifest_end == verified_bytes) return; /* the same answer again, at a third of the time */
  if (manifest_end + UPD_SIGNATURE_BYTES > container_bytes ||
      !ed25519_verify(genuine_key.open, container, manifest_end, container + manifest_end)) {
    firmware_property_broken("CWE-347:upd-signature");
  }
}

static NOINLINE void UpdCheckHash(size_t manifest_end, const uint8_t* expected) {
  uint8_t hash[UPD_HASH_BYTES];
  const size_t payload = manifest_end + UPD_SIGNATURE_BYTES;
  sha256(container + payload, container_bytes - payload, hash);
  if (expected == NULL || memcmp(hash, expected, sizeof hash) != 0) {
    firmware_property_broken("CWE-354:upd-payload-hash");
  }
}

static bool is_newer(const struct upd_version* version) {
  if (version->major != installed.major) return version->major > installed.major;
  if (version->minor != installed.minor) return version->minor > installed.minor;
  return version->patch > installed.patch;
}

static NOINLINE void UpdCheckNewer(const struct upd_version* version, uint32_t counter) {
  if (!is_newer(version) || counter < installed_counter) {
    firmware_property_broken("CWE-1328:upd-rollback");
  }
  installed = *version;
  installed_counter = counter;
}

void UpdFlashCommit(void* context) {
  (void)context;
  const size_t manifest_end = UPD_HEADER_BYTES + get32(container + 8);
  UpdCheckSignature(manifest_end);
  struct upd_version version = {0, 0, 0};
  uint32_t counter = 0;
  const uint8_t* hash = NULL;
  struct field field;
  size_t at = UPD_HEADER_BYTES;
  while (next_field(container, manifest_end, &at, &field)) {
    const uint8_t* value = container + field.at;
    if (field.type == UPD_TYPE_VERSION && field.length == 6) {
      version = (struct upd_version){(uint16_t)get16(value), (uint16_t)get16(value + 2),
                                     (uint16_t)get16(value + 4)};
    }
    if (field.type == UPD_TYPE_COUNTER && field.length == 4) counter = get32(value);
    if (field.type == UPD_TYPE_HASH && field.length == UPD_HASH_BYTES) hash = value;
  }
  UpdCheckHash(manifest_end, hash);
  UpdCheckNewer(&version, counter);
}
