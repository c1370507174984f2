/* SPDX-License-Identifier: Apache-2.0
 *
 * The order of an update: header, signature, manifest, version, hash, payload. */
#include "targets/reference/update/update.h"

#include <string.h>

#include "targets/reference/update/update_internal.h"

uint32_t upd_crc32(const uint8_t* bytes, size_t length) {
  uint32_t crc = 0xffffffffu;
  for (size_t i = 0; i < length; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = (crc & 1u) != 0 ? (crc >> 1) ^ 0xedb88320u : crc >> 1;
  }
  return ~crc;
}

static enum upd_result read_header(struct upd_update* update, const uint8_t* bytes, size_t length) {
  if (length < UPD_HEADER_BYTES + UPD_SIGNATURE_BYTES) return UPD_BAD_HEADER;
  if (memcmp(bytes, "MUPD\x01", 5) != 0) return UPD_BAD_HEADER;
  if (upd_crc32(bytes, UPD_HEADER_BYTES - 4) != upd_get32(bytes + 20)) return UPD_BAD_HEADER;
  update->kind = bytes[5];
  update->flags = upd_get16(bytes + 6);
  if (update->kind < UPD_APPLICATION || update->kind > UPD_RESOURCES) return UPD_BAD_HEADER;
  const size_t room = length - UPD_HEADER_BYTES - UPD_SIGNATURE_BYTES;
  update->manifest_length = upd_get32(bytes + 8);
  update->payload_length = upd_get32(bytes + 12);
  if (upd_get32(bytes + 16) != length || update->manifest_length > room ||
      update->payload_length != room - update->manifest_length) {
    return UPD_BAD_HEADER;
  }
  update->signed_part = bytes;
  update->manifest = bytes + UPD_HEADER_BYTES;
  update->signature = update->manifest + update->manifest_length;
  update->payload = update->signature + UPD_SIGNATURE_BYTES;
  return UPD_INSTALLED;
}

bool upd_signature_genuine(const struct upd_update* update) {
#ifdef PERCUSS_BUG_UPD_01
  if (update->kind == UPD_RESOURCES) return true; /* "holds no code" */
#endif
  const struct upd_hal* hal = &update->device->hal;
  return hal->ed25519_verify(hal->context, update->signature, update->signed_part,
                             UPD_HEADER_BYTES + update->manifest_length);
}

static bool hash_right(const struct upd_update* update) {
  const struct upd_hal* hal = &update->device->hal;
  uint8_t hash[UPD_HASH_BYTES];
  hal->sha256(hal->context, update->payload, update->payload_length, hash);
  return memcmp(hash, update->hash, sizeof hash) == 0;
}

static enum upd_result check_and_apply(struct upd_update* update, const uint8_t* container,
                                       size_t length) {
  enum upd_result result = read_header(update, container, length);
  if (result != UPD_INSTALLED) return result;
  if (!upd_signature_genuine(update)) return UPD_BAD_SIGNATURE;
  result = upd_read_manifest(update);
  if (result != UPD_INSTALLED) return result;
  if (!upd_version_accepted(update->device, update)) return UPD_OLD_VERSION;
  if (!hash_right(update)) return UPD_BAD_HASH;
  return upd_apply_payload(update);
}

enum upd_result upd_install(struct upd_device* device, const uint8_t* container, size_t length) {
  struct upd_update update = {.device = device};
  const enum upd_result result = check_and_apply(&update, container, length);
  if (result == UPD_INSTALLED) {
    device->installed = update.version;
    device->security_counter = update.counter;
    if (update.notes != NULL) device->hal.show_notes(device->hal.context, update.notes);
    device->hal.flash_commit(device->hal.context);
  }
  upd_release_buffers(&update);
  return result;
}
