/* SPDX-License-Identifier: Apache-2.0
 *
 * The agent's objects: built from its configuration report (20601 chapter 8.8.3) or from a standard
 * configuration. */
#include <string.h>

#include "mdc_internal.h"

static struct mdc_object* objects;
static const struct mdc_object* last_found; /* agents report the same few objects over and over */

static struct mdc_object* add_object(uint16_t class_id, uint16_t handle) {
  struct mdc_object* object = mdc_hal->alloc(sizeof *object);
  if (object == NULL) return NULL;
  memset(object, 0, sizeof *object);
  object->class_id = class_id;
  object->handle = handle;
  object->next = objects;
  objects = object;
  return object;
}

void mdc_config_reset(void) {
  objects = NULL;
  last_found = NULL;
}

/* Forgets the configuration; `orderly` when the association was released, not aborted. */
void mdc_config_drop(bool orderly) {
  if (objects == NULL) return;
  while (objects != NULL) {
    struct mdc_object* object = objects;
    objects = object->next;
    mdc_hal->release(object);
  }
#ifdef PERCUSS_BUG_IEEE11073_04
  if (orderly) last_found = NULL;
#else
  last_found = NULL;
#endif
  (void)orderly;
}

MDC_NOINLINE const struct mdc_object* mdc_find_object(uint16_t handle) {
  if (last_found != NULL && last_found->handle == handle) return last_found;
  for (const struct mdc_object* object = objects; object != NULL; object = object->next) {
    if (object->handle == handle) {
      last_found = object;
      return object;
    }
  }
  return NULL;
}

static bool parse_value_map(struct mdc_view value, struct mdc_object* object) {
  uint16_t count;
  struct mdc_view entries;
  if (!mdc_list(&value, &count, &entries) || count > MDC_MAP_ENTRIES) return false;
  for (size_t i = 0; i < count; i++) {
    struct mdc_map_entry* entry = &object->map[i];
    if (!mdc_u16(&entries, &entry->attribute) || !mdc_u16(&entries, &entry->bytes)) return false;
  }
  object->map_count = count;
  return true;
}

static bool parse_scanner_map(struct mdc_view value, struct mdc_object* object) {
  uint16_t count;
  struct mdc_view entries;
  object->group_count = 0;
  if (!mdc_list(&value, &count, &entries)) return false;
  for (size_t i = 0; i < count; i++) {
    uint16_t handle;
    uint16_t values;
    struct mdc_view map;
    if (!mdc_u16(&entries, &handle) || !mdc_list(&entries, &values, &map)) return false;
    for (size_t j = 0; j < values; j++) {
      if (object->group_count == MDC_GROUP_ENTRIES) return false;
      struct mdc_group_entry* entry = &object->group[object->group_count++];
      entry->handle = handle;
      if (!mdc_u16(&map, &entry->value.attribute) || !mdc_u16(&map, &entry->value.bytes)) {
        return false;
      }
    }
  }
  return true;
}

static bool parse_scale(struct mdc_view value, struct mdc_scale* scale) {
  if (!mdc_float(&value, &scale->lower) || !mdc_float(&value, &scale->upper) ||
      !mdc_u16(&value, &scale->lower_scaled) || !mdc_u16(&value, &scale->upper_scaled)) {
    return false;
  }
  if (scale->lower.special != kMdcNumber || scale->upper.special != kMdcNumber) return false;
  if (scale->lower.exponent != scale->upper.exponent) return false;
  const int64_t range = (int64_t)scale->upper.mantissa - scale->lower.mantissa;
  const int64_t scaled_range = (int64_t)scale->upper_scaled - scale->lower_scaled;
#ifndef PERCUSS_BUG_IEEE11073_03
  if (range <= 0 || scaled_range < range) return false; /* less than one step to a unit */
#else
  if (range < 0 || scaled_range < 0) return false;
#endif
  scale->present = true;
  return true;
}

/* Attributes that the monitor has no use for are skipped. */
static bool apply_attribute(struct mdc_object* object, const struct mdc_attribute* attribute) {
  struct mdc_view value = attribute->value;
  switch (attribute->id) {
    case kAttrType:
      return mdc_u32(&value, &object->type);
    case kAttrUnit:
      return mdc_u16(&value, &object->unit);
    case kAttrReportPeriod:
      return mdc_u32(&value, &object->period);
    case kAttrValueMap:
      return parse_value_map(value, object);
    case kAttrScannerMap:
      return parse_scanner_map(value, object);
    case kAttrScaleSpec16:
      return parse_scale(value, &object->scale);
    default:
      return true;
  }
}

bool mdc_config_load(struct mdc_view entries, uint16_t count) {
  mdc_config_drop(true);
  if (count > MDC_OBJECTS) return false;
  for (size_t i = 0; i < count; i++) {
    uint16_t class_id;
    uint16_t handle;
    uint16_t attribute_count;
    struct mdc_view attributes;
    if (!mdc_u16(&entries, &class_id) || !mdc_u16(&entries, &handle) ||
        !mdc_list(&entries, &attribute_count, &attributes)) {
      return false;
    }
    struct mdc_object* object = add_object(class_id, handle);
    if (object == NULL) return false;
    for (size_t j = 0; j < attribute_count; j++) {
      struct mdc_attribute attribute;
      if (!mdc_next_attribute(&attributes, &attribute) || !apply_attribute(object, &attribute)) {
        return false;
      }
    }
  }
  return true;
}

/* 0190h: oxygen saturation and pulse rate, each a basic value with its time. */
bool mdc_config_load_standard(uint16_t config_id) {
  static const struct {
    uint16_t handle;
    uint32_t type;
    uint16_t unit;
  } kOximeter[] = {{1, 0x00024BB8, 0x0220}, {10, 0x0002481A, 0x0AA0}};
  if (config_id != 0x0190) return false;
  mdc_config_drop(true);
  for (size_t i = 0; i < sizeof kOximeter / sizeof kOximeter[0]; i++) {
    struct mdc_object* object = add_object(kClassNumeric, kOximeter[i].handle);
    if (object == NULL) return false;
    object->type = kOximeter[i].type;
    object->unit = kOximeter[i].unit;
    object->map_count = 2;
    object->map[0] = (struct mdc_map_entry){kAttrBasicValue, 2};
    object->map[1] = (struct mdc_map_entry){kAttrAbsoluteTime, 8};
  }
  return true;
}
