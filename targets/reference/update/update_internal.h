/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of the updater share; the application includes update.h only. */
#ifndef TARGETS_REFERENCE_UPDATE_UPDATE_INTERNAL_H_
#define TARGETS_REFERENCE_UPDATE_UPDATE_INTERNAL_H_

#include "targets/reference/update/update.h"

static inline uint16_t upd_get16(const uint8_t* at) { return (uint16_t)(at[0] | (at[1] << 8)); }

static inline uint32_t upd_get32(const uint8_t* at) {
  return upd_get16(at) | ((uint32_t)upd_get16(at + 2) << 16);
}

/* One update under way. The pointers into the container stay valid as long as upd_install runs. */
struct upd_update {
  struct upd_device* device;
  uint8_t kind;
  uint16_t flags;
  const uint8_t* signed_part; /* header and manifest */
  const uint8_t* manifest;
  size_t manifest_length;
  const uint8_t* signature;
  const uint8_t* payload;
  size_t payload_length;

  struct upd_version version;
  uint32_t counter;
  const uint8_t* hash;
  uint32_t image_bytes;
  uint32_t types_seen;

  char* notes;
  uint8_t* window;  /* the block being unpacked */
  uint8_t* patches; /* the entries of the patch table */
  size_t patches_length;
  uint32_t patches_count;
};

/* update_manifest.c */
enum upd_result upd_read_manifest(struct upd_update* update);
bool upd_version_accepted(const struct upd_device* device, const struct upd_update* update);

/* update_payload.c */
enum upd_result upd_apply_payload(struct upd_update* update);
void upd_release_buffers(struct upd_update* update);

#endif /* TARGETS_REFERENCE_UPDATE_UPDATE_INTERNAL_H_ */
