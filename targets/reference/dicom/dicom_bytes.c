/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "dicom_internal.h"

uint16_t dicom_u16le(const uint8_t* at) { return (uint16_t)(at[0] | at[1] << 8); }

uint32_t dicom_u32le(const uint8_t* at) {
  return (uint32_t)dicom_u16le(at) | (uint32_t)dicom_u16le(at + 2) << 16;
}

uint16_t dicom_u16be(const uint8_t* at) { return (uint16_t)(at[0] << 8 | at[1]); }

uint32_t dicom_u32be(const uint8_t* at) {
  return (uint32_t)dicom_u16be(at) << 16 | dicom_u16be(at + 2);
}

bool dicom_take(struct dicom_view* view, size_t count, struct dicom_view* part) {
  if (view->left < count) return false;
  part->at = view->at;
  part->left = count;
  view->at += count;
  view->left -= count;
  return true;
}

/* UIDs are padded to even length with a zero byte, texts with spaces. */
struct dicom_view dicom_trim(struct dicom_view text) {
  while (text.left != 0 && (text.at[text.left - 1] == 0 || text.at[text.left - 1] == ' ')) {
    text.left--;
  }
  return text;
}

bool dicom_uid_is(struct dicom_view uid, const char* expected) {
  uid = dicom_trim(uid);
  return uid.left == strlen(expected) && memcmp(uid.at, expected, uid.left) == 0;
}

bool dicom_uid_starts(struct dicom_view uid, const char* expected) {
  const size_t size = strlen(expected);
  return uid.left >= size && memcmp(uid.at, expected, size) == 0;
}
