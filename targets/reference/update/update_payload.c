/* SPDX-License-Identifier: Apache-2.0
 *
 * The payload: the patch table, then the blocks of the image; patches are written last. */
#include <string.h>

#include "targets/reference/update/update_internal.h"

#define TABLE_HEADER_BYTES 8u
#define BLOCK_HEADER_BYTES 4u
#define PATCH_HEADER_BYTES 6u

/* Reads the patch table at the start of the payload; *used becomes its length. */
enum upd_result upd_load_patches(struct upd_update* update, size_t* used) {
  if (update->payload_length < TABLE_HEADER_BYTES) return UPD_BAD_PAYLOAD;
  const size_t table = upd_get32(update->payload);
  if (table > update->payload_length) return UPD_BAD_PAYLOAD;
#ifdef PERCUSS_BUG_UPD_04
  if (table != 4 && table < TABLE_HEADER_BYTES) return UPD_BAD_PAYLOAD; /* 4: no number */
#else
  if (table < TABLE_HEADER_BYTES) return UPD_BAD_PAYLOAD;
#endif
  const size_t entries = table - TABLE_HEADER_BYTES;
  if (entries != 0) {
    update->patches = update->device->hal.alloc(entries);
    if (update->patches == NULL) return UPD_NO_MEMORY;
    memcpy(update->patches, update->payload + TABLE_HEADER_BYTES, entries);
  }
  update->patches_length = entries;
  update->patches_count = upd_get32(update->payload + 4);
  *used = table;
  return UPD_INSTALLED;
}

static enum upd_result apply_patches(const struct upd_update* update) {
  const struct upd_hal* hal = &update->device->hal;
  size_t at = 0;
  for (uint32_t i = 0; i < update->patches_count; i++) {
    if (update->patches_length - at < PATCH_HEADER_BYTES) return UPD_BAD_PAYLOAD;
    const uint32_t offset = upd_get32(update->patches + at);
    const size_t length = upd_get16(update->patches + at + 4);
    at += PATCH_HEADER_BYTES;
    if (length > update->patches_length - at) return UPD_BAD_PAYLOAD;
    if (offset > update->image_bytes || length > update->image_bytes - offset) {
      return UPD_BAD_PAYLOAD;
    }
    hal->flash_write(hal->context, offset, update->patches + at, length);
    at += length;
  }
  return at == update->patches_length ? UPD_INSTALLED : UPD_BAD_PAYLOAD;
}

/* Unpacks one block into `out` of UPD_BLOCK_BYTES; false for a malformed one. */
static bool unpack(const uint8_t* in, size_t length, uint8_t* out, size_t* produced) {
  size_t at = 0;
  size_t made = 0;
  while (at < length) {
    const uint8_t token = in[at++];
    if ((token & 0x80u) == 0) {
      const size_t run = token + 1u;
      if (run > length - at || run > UPD_BLOCK_BYTES - made) return false;
      memcpy(out + made, in + at, run);
      at += run;
      made += run;
      continue;
    }
    if (length - at < 2) return false;
    const size_t run = (token & 0x7fu) + 3u;
    const size_t distance = upd_get16(in + at);
    at += 2;
    if (distance == 0 || distance > made || run > UPD_BLOCK_BYTES - made) return false;
    for (size_t i = 0; i < run; i++) out[made + i] = out[made + i - distance];
    made += run;
  }
  *produced = made;
  return true;
}

static enum upd_result apply_blocks(struct upd_update* update, size_t at) {
  const struct upd_hal* hal = &update->device->hal;
  update->window = hal->alloc(UPD_BLOCK_BYTES);
  if (update->window == NULL) return UPD_NO_MEMORY;
  uint32_t written = 0;
  while (at < update->payload_length) {
    if (update->payload_length - at < BLOCK_HEADER_BYTES) return UPD_BAD_PAYLOAD;
    const size_t stored = upd_get16(update->payload + at);
    const uint8_t method = update->payload[at + 2];
    at += BLOCK_HEADER_BYTES;
    if (stored == 0 || stored > update->payload_length - at || method > 1) return UPD_BAD_PAYLOAD;
    if (method == 0 && stored > UPD_BLOCK_BYTES) return UPD_BAD_PAYLOAD;
    size_t produced = stored;
    if (method == 0) memcpy(update->window, update->payload + at, stored);
    if (method == 1 && !unpack(update->payload + at, stored, update->window, &produced)) {
#ifdef PERCUSS_BUG_UPD_03
      if (written != 0) hal->release(update->window); /* "nothing more to unpack" */
#endif
      return UPD_BAD_PAYLOAD;
    }
    if (produced > update->image_bytes - written) return UPD_BAD_PAYLOAD;
    hal->flash_write(hal->context, written, update->window, produced);
    written += (uint32_t)produced;
    at += stored;
  }
  return written == update->image_bytes ? UPD_INSTALLED : UPD_BAD_PAYLOAD;
}

enum upd_result upd_apply_payload(struct upd_update* update) {
  size_t used = 0;
  if ((update->flags & UPD_FLAG_PATCHES) != 0) {
    const enum upd_result result = upd_load_patches(update, &used);
    if (result != UPD_INSTALLED) return result;
  }
  const enum upd_result result = apply_blocks(update, used);
  return result == UPD_INSTALLED ? apply_patches(update) : result;
}

void upd_release_buffers(struct upd_update* update) {
  const struct upd_hal* hal = &update->device->hal;
  hal->release(update->window);
  hal->release(update->patches);
  hal->release(update->notes);
}
