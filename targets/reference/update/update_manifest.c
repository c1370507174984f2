/* SPDX-License-Identifier: Apache-2.0
 *
 * The manifest: what the update is, for whom, and what it must not be older than. */
#include <assert.h>
#include <string.h>

#include "targets/reference/update/update_internal.h"

#define FAMILIES_MAX 8u
#define NOTES_MAX 512u

bool upd_version_accepted(const struct upd_device* device, const struct upd_update* update) {
  const struct upd_version* now = &device->installed;
  const struct upd_version* next = &update->version;
  if (update->counter < device->security_counter) return false;
#ifdef PERCUSS_BUG_UPD_02
  return next->major > now->major || next->minor > now->minor || next->patch > now->patch;
#else
  if (next->major != now->major) return next->major > now->major;
  if (next->minor != now->minor) return next->minor > now->minor;
  return next->patch > now->patch;
#endif
}

enum upd_result upd_check_families(const struct upd_update* update, const uint8_t* value,
                                   size_t length) {
  uint16_t families[FAMILIES_MAX];
  const size_t count = length / 2;
#ifdef PERCUSS_BUG_UPD_05
  if (count > FAMILIES_MAX && update->kind != UPD_BOOTLOADER) return UPD_BAD_MANIFEST;
#else
  if (count > FAMILIES_MAX) return UPD_BAD_MANIFEST;
#endif
  if (length % 2 != 0 || count == 0) return UPD_BAD_MANIFEST;
  assert(count <= FAMILIES_MAX);
  memcpy(families, value, length);
  for (size_t i = 0; i < count; i++) {
    if (families[i] == update->device->family) return UPD_INSTALLED;
  }
  return UPD_WRONG_FAMILY;
}

enum upd_result upd_keep_notes(struct upd_update* update, const uint8_t* value, size_t length) {
  if (length > NOTES_MAX) return UPD_BAD_MANIFEST;
  char* notes = update->device->hal.alloc(length + 1);
  if (notes == NULL) return UPD_NO_MEMORY;
  for (size_t i = 0; i < length; i++) {
    notes[i] = value[i] >= 0x20 && value[i] < 0x7f ? (char)value[i] : '?';
  }
  notes[length] = '\0';
  update->notes = notes;
  return UPD_INSTALLED;
}

static enum upd_result read_field(struct upd_update* update, uint8_t type, const uint8_t* value,
                                  size_t length) {
  switch (type) {
    case UPD_TYPE_VERSION:
      if (length != 6) return UPD_BAD_MANIFEST;
      update->version =
          (struct upd_version){upd_get16(value), upd_get16(value + 2), upd_get16(value + 4)};
      return UPD_INSTALLED;
    case UPD_TYPE_FAMILIES:
      return upd_check_families(update, value, length);
    case UPD_TYPE_HASH:
      if (length != UPD_HASH_BYTES) return UPD_BAD_MANIFEST;
      update->hash = value;
      return UPD_INSTALLED;
    case UPD_TYPE_SIZE:
      if (length != 4) return UPD_BAD_MANIFEST;
      update->image_bytes = upd_get32(value);
      return update->image_bytes <= UPD_IMAGE_BYTES_MAX ? UPD_INSTALLED : UPD_BAD_MANIFEST;
    case UPD_TYPE_COUNTER:
      if (length != 4) return UPD_BAD_MANIFEST;
      update->counter = upd_get32(value);
      return UPD_INSTALLED;
    case UPD_TYPE_NOTES:
      return upd_keep_notes(update, value, length);
    default:
      return UPD_INSTALLED; /* from a later format: carries nothing that this device needs */
  }
}

static bool seen_before(struct upd_update* update, uint8_t type) {
  if (type >= 32) return false;
  const uint32_t bit = 1u << type;
#ifdef PERCUSS_BUG_UPD_06
  if (type == UPD_TYPE_NOTES && update->kind == UPD_RESOURCES) return false; /* one per language */
#endif
  const bool seen = (update->types_seen & bit) != 0;
  update->types_seen |= bit;
  return seen;
}

enum upd_result upd_read_manifest(struct upd_update* update) {
  const uint32_t needed = 1u << UPD_TYPE_VERSION | 1u << UPD_TYPE_FAMILIES | 1u << UPD_TYPE_HASH |
                          1u << UPD_TYPE_SIZE | 1u << UPD_TYPE_COUNTER;
  size_t at = 0;
  while (at < update->manifest_length && update->manifest[at] != UPD_TYPE_END) {
    if (update->manifest_length - at < 3) return UPD_BAD_MANIFEST;
    const uint8_t type = update->manifest[at];
    const size_t length = upd_get16(update->manifest + at + 1);
    at += 3;
    if (length > update->manifest_length - at) return UPD_BAD_MANIFEST;
    if (seen_before(update, type)) return UPD_BAD_MANIFEST;
    const enum upd_result result = read_field(update, type, update->manifest + at, length);
    if (result != UPD_INSTALLED) return result;
    at += length;
  }
  if (at + 1 != update->manifest_length) return UPD_BAD_MANIFEST;
  return (update->types_seen & needed) == needed ? UPD_INSTALLED : UPD_BAD_MANIFEST;
}
