/* SPDX-License-Identifier: Apache-2.0
 *
 * Data sets in little endian, with implicit or explicit VR (PS3.5 chapter 7): elements, sequences
 * of defined and undefined length, encapsulated pixel data. */
#include <string.h>

#include "dicom_internal.h"

enum { kDeepest = 8 };

static const uint32_t kItem = 0xFFFEE000u;
static const uint32_t kItemEnd = 0xFFFEE00Du;
static const uint32_t kSequenceEnd = 0xFFFEE0DDu;
static const uint32_t kPixelData = 0x7FE00010u;

struct walk {
  bool explicit_vr;
  dicom_visitor visitor;
  void* user;
};

static bool long_form(const uint8_t* vr) {
#ifdef PERCUSS_BUG_DICOM_07
  static const char kLong[] = "OBOWOFODOLOVSQSVUTUNUV"; /* UC and UR are texts */
#else
  static const char kLong[] = "OBOWOFODOLOVSQSVUCURUTUNUV";
#endif
  for (size_t i = 0; i + 1 < sizeof kLong; i += 2) {
    if (memcmp(kLong + i, vr, 2) == 0) return true;
  }
  return false;
}

/* These three have no VR in any encoding (PS3.5 7.5); what else is of their group has one. */
static bool delimiter(uint32_t tag) {
  return tag == kItem || tag == kItemEnd || tag == kSequenceEnd;
}

bool dicom_next_element(struct dicom_view* view, bool explicit_vr, struct dicom_element* element) {
  struct dicom_view head;
  if (!dicom_take(view, 8, &head)) return false;
  element->tag = (uint32_t)dicom_u16le(head.at) << 16 | dicom_u16le(head.at + 2);
  if (!explicit_vr || delimiter(element->tag)) {
    element->length = dicom_u32le(head.at + 4);
  } else if (long_form(head.at + 4)) {
    struct dicom_view length;
    if (!dicom_take(view, 4, &length)) return false;
    element->length = dicom_u32le(length.at);
  } else {
    element->length = dicom_u16le(head.at + 6);
  }
  element->value = view->at;
  element->size = 0;
  if (element->length == DICOM_UNDEFINED_LENGTH) return true;
  struct dicom_view value;
  if (!dicom_take(view, element->length, &value)) return false;
  element->size = value.left;
  return true;
}

static bool walk_elements(const struct walk* walk, struct dicom_view* view, uint32_t depth,
                          bool until_item_end);

static bool known_sequence(uint32_t tag) {
  return tag == 0x00400100u || tag == 0x00041220u || tag == 0x00081140u || tag == 0x00081199u;
}

/* Items up to the sequence's end, or to the view's where the length was defined. */
static bool walk_items(const struct walk* walk, struct dicom_view* view, uint32_t depth,
                       bool fragments) {
  if (depth > kDeepest) return false;
  while (view->left != 0) {
    struct dicom_element item;
    if (!dicom_next_element(view, walk->explicit_vr, &item)) return false;
    if (item.tag == kSequenceEnd) return true;
    if (item.tag != kItem) return false;
    if (item.length == DICOM_UNDEFINED_LENGTH) {
      if (fragments || !walk_elements(walk, view, depth, true)) return false;
    } else if (!fragments) {
      struct dicom_view inner = {item.value, item.size};
      if (!walk_elements(walk, &inner, depth, false)) return false;
    }
  }
  return true;
}

static bool walk_elements(const struct walk* walk, struct dicom_view* view, uint32_t depth,
                          bool until_item_end) {
  while (view->left != 0) {
    struct dicom_element element;
    if (!dicom_next_element(view, walk->explicit_vr, &element)) return false;
    if (element.tag == kItemEnd) return until_item_end;
    walk->visitor(walk->user, depth, &element);
    if (element.length == DICOM_UNDEFINED_LENGTH) {
      if (!walk_items(walk, view, depth + 1, element.tag == kPixelData)) return false;
    } else if (known_sequence(element.tag)) {
      struct dicom_view inner = {element.value, element.size};
      if (!walk_items(walk, &inner, depth + 1, false)) return false;
    }
  }
  return !until_item_end;
}

bool dicom_walk(struct dicom_view data_set, bool explicit_vr, dicom_visitor visitor, void* user) {
  const struct walk walk = {explicit_vr, visitor, user};
  return walk_elements(&walk, &data_set, 0, false);
}
