/* SPDX-License-Identifier: Apache-2.0
 *
 * Scan reports (20601 annex A.11.5): fixed, variable and grouped format, each for one or for
 * several persons (MP), from the medical device system itself or from its scanners. */
#include <string.h>

#include "mdc_internal.h"

enum report_format { kFixed, kVariable, kGrouped };

enum { kMdsFirst = 0x0D1D, kScannerFirst = 0x0D22, kScannerLast = 0x0D2D, kMostPaceMs = 20 };

/* What the observations of one report have in common. */
struct report {
  enum report_format format;
  bool persons;
  uint16_t source; /* handle of the scanner */
};

/* Compound values: count, length, that many SFLOATs. Returns how many were read. */
MDC_NOINLINE size_t mdc_read_compound(struct mdc_view value, struct mdc_number* parts,
                                      size_t room) {
  uint16_t count;
  struct mdc_view entries;
  size_t read = 0;
  if (!mdc_list(&value, &count, &entries)) return 0;
#ifdef PERCUSS_BUG_IEEE11073_01
  room = count;
#endif
  while (read < count && read < room) {
    struct mdc_number number;
    if (!mdc_sfloat(&entries, &number)) break;
    parts[read++] = number;
  }
  return read;
}

static bool apply_compound(struct mdc_view value, struct mdc_observation* observation) {
  struct mdc_number parts[MDC_COMPOUND_VALUES];
  memset(parts, 0, sizeof parts);
  const size_t count = mdc_read_compound(value, parts, MDC_COMPOUND_VALUES);
  if (count == 0 || count > MDC_COMPOUND_VALUES) return false;
  memcpy(observation->values, parts, count * sizeof parts[0]);
  observation->value_count = (uint16_t)count;
  return true;
}

/* A waveform's samples: the display shows the first ones. */
static bool apply_samples(struct mdc_view value, const struct mdc_object* object,
                          struct mdc_observation* observation) {
  struct mdc_view samples;
  if (!mdc_octets(&value, &samples)) return false;
  uint16_t sample;
  observation->value_count = 0;
  while (observation->value_count < MDC_COMPOUND_VALUES && mdc_u16(&samples, &sample)) {
    observation->values[observation->value_count++] = mdc_scale_sample(&object->scale, sample);
  }
  return true;
}

static bool apply_value(const struct mdc_object* object, const struct mdc_attribute* attribute,
                        struct mdc_observation* observation) {
  struct mdc_view value = attribute->value;
  switch (attribute->id) {
    case kAttrBasicValue:
      observation->value_count = 1;
      return mdc_sfloat(&value, &observation->values[0]);
    case kAttrSimpleValue:
      observation->value_count = 1;
      return mdc_float(&value, &observation->values[0]);
    case kAttrCompoundBasicValue:
      return apply_compound(value, observation);
    case kAttrSimpleSamples:
      return apply_samples(value, object, observation);
    case kAttrUnit:
      return mdc_u16(&value, &observation->unit);
    case kAttrAbsoluteTime:
      if (value.left != sizeof observation->time) return false;
      memcpy(observation->time, value.at, sizeof observation->time);
      observation->has_time = 1;
      return true;
    default:
      return true;
  }
}

static bool is_bcd(uint8_t byte) { return byte >> 4 <= 9 && (byte & 0x0F) <= 9; }

/* Shows an observation; one with an impossible time is shown without. */
MDC_NOINLINE void mdc_deliver_observation(struct mdc_observation* observation) {
  if (observation->has_time != 0) {
    const uint8_t* time = observation->time;
    for (size_t i = 0; i < sizeof observation->time; i++) {
      if (!is_bcd(time[i])) observation->has_time = 0;
    }
    if (time[2] > 0x12 || time[3] > 0x31 || time[4] > 0x23) observation->has_time = 0;
  }
  mdc_callbacks->observed(mdc_callbacks->user, observation);
}

static void start_observation(struct mdc_observation* observation, const struct mdc_object* object,
                              uint16_t person) {
#ifdef PERCUSS_BUG_IEEE11073_02
  memset(observation->values, 0, sizeof observation->values);
#else
  memset(observation, 0, sizeof *observation);
#endif
  observation->handle = object->handle;
  observation->person = person;
  observation->unit = object->unit;
  observation->value_count = 0;
}

/* Values of fixed format: the object's map says which attributes follow one another, and how long
 * each is. */
static bool fixed_values(struct mdc_view data, uint16_t handle, uint16_t person) {
  const struct mdc_object* object = mdc_find_object(handle);
  struct mdc_observation observation;
  if (object == NULL) return false;
  start_observation(&observation, object, person);
  for (size_t i = 0; i < object->map_count; i++) {
    struct mdc_attribute attribute = {object->map[i].attribute, {NULL, 0}};
    if (!mdc_take(&data, object->map[i].bytes, &attribute.value) ||
        !apply_value(object, &attribute, &observation)) {
      return false;
    }
  }
  mdc_deliver_observation(&observation);
  return true;
}

static bool fixed_list(struct mdc_view* view, uint16_t person) {
  uint16_t count;
  struct mdc_view entries;
  if (!mdc_list(view, &count, &entries)) return false;
  for (size_t i = 0; i < count; i++) {
    uint16_t handle;
    struct mdc_view data;
    if (!mdc_u16(&entries, &handle) || !mdc_octets(&entries, &data) ||
        !fixed_values(data, handle, person)) {
      return false;
    }
  }
  return true;
}

static bool variable_entry(struct mdc_view* entries, uint16_t person,
                           struct mdc_observation* observation) {
  uint16_t handle;
  uint16_t count;
  struct mdc_view attributes;
  if (!mdc_u16(entries, &handle) || !mdc_list(entries, &count, &attributes)) return false;
  const struct mdc_object* object = mdc_find_object(handle);
  if (object == NULL) return false;
  start_observation(observation, object, person);
  for (size_t i = 0; i < count; i++) {
    struct mdc_attribute attribute;
    if (!mdc_next_attribute(&attributes, &attribute) ||
        !apply_value(object, &attribute, observation)) {
      return false;
    }
  }
  return true;
}

static bool variable_list(struct mdc_view* view, uint16_t person) {
  uint16_t count;
  struct mdc_view entries;
  if (!mdc_list(view, &count, &entries)) return false;
  for (size_t i = 0; i < count; i++) {
    struct mdc_observation observation;
    if (!variable_entry(&entries, person, &observation)) return false;
    mdc_deliver_observation(&observation);
  }
  return true;
}

/* One person's observations are shown together or not at all, so they are collected first. */
MDC_NOINLINE bool mdc_stage_person(struct mdc_view* view, uint16_t person) {
  uint16_t count;
  struct mdc_view entries;
  if (!mdc_list(view, &count, &entries) || count == 0 || count > MDC_OBJECTS) return false;
  struct mdc_observation* staged = mdc_hal->alloc(count * sizeof *staged);
  if (staged == NULL) return false;
  bool good = true;
  for (size_t i = 0; i < count && good; i++) {
    good = variable_entry(&entries, person, &staged[i]);
#ifdef PERCUSS_BUG_IEEE11073_05
    if (!good && i != 0) return false;
#endif
  }
  for (size_t i = 0; i < count && good; i++) mdc_deliver_observation(&staged[i]);
  mdc_hal->release(staged);
  return good;
}

static bool grouped_values(struct mdc_view data, uint16_t source, uint16_t person) {
  const struct mdc_object* scanner = mdc_find_object(source);
  if (scanner == NULL) return false;
  size_t i = 0;
  while (i < scanner->group_count) {
    const uint16_t handle = scanner->group[i].handle;
    const struct mdc_object* object = mdc_find_object(handle);
    struct mdc_observation observation;
    if (object == NULL) return false;
    start_observation(&observation, object, person);
    for (; i < scanner->group_count && scanner->group[i].handle == handle; i++) {
      struct mdc_attribute attribute = {scanner->group[i].value.attribute, {NULL, 0}};
      if (!mdc_take(&data, scanner->group[i].value.bytes, &attribute.value) ||
          !apply_value(object, &attribute, &observation)) {
        return false;
      }
    }
    mdc_deliver_observation(&observation);
  }
  return true;
}

static bool person_values(const struct report* report, struct mdc_view* view, uint16_t person) {
  struct mdc_view data;
  switch (report->format) {
    case kFixed:
      return fixed_list(view, person);
    case kVariable:
      return report->persons ? mdc_stage_person(view, person) : variable_list(view, person);
    case kGrouped:
      return mdc_octets(view, &data) && grouped_values(data, report->source, person);
  }
  return false;
}

static bool report_persons(const struct report* report, struct mdc_view view) {
  uint16_t count;
  struct mdc_view entries;
  if (!mdc_list(&view, &count, &entries)) return false;
  for (size_t i = 0; i < count; i++) {
    uint16_t person;
    if (!mdc_u16(&entries, &person) || !person_values(report, &entries, person)) return false;
  }
  return true;
}

static bool report_grouped(const struct report* report, struct mdc_view view) {
  uint16_t count;
  struct mdc_view entries;
  if (!mdc_list(&view, &count, &entries)) return false;
  for (size_t i = 0; i < count; i++) {
    if (!person_values(report, &entries, 0)) return false;
  }
  return true;
}

/* The event types come in blocks: MDS fixed, var, MP fixed, MP var; then for scanners (var, fixed,
 * grouped, and the three for MP) unbuffered and buffered. */
static bool classify(uint16_t event_type, struct report* report) {
  static const enum report_format kScannerFormats[] = {kVariable, kFixed, kGrouped};
  if (event_type >= kMdsFirst && event_type < kMdsFirst + 4) {
    const uint32_t index = (uint32_t)(event_type - kMdsFirst);
    report->format = index % 2 == 0 ? kFixed : kVariable;
    report->persons = index >= 2;
    return true;
  }
  if (event_type >= kScannerFirst && event_type <= kScannerLast) {
    const uint32_t index = (uint32_t)(event_type - kScannerFirst);
    report->format = kScannerFormats[index % 3];
    report->persons = index % 6 >= 3;
    return true;
  }
  return false;
}

bool mdc_report(uint16_t event_type, uint16_t source, struct mdc_view info) {
  struct report report = {kFixed, false, source};
  uint16_t request_id;
  uint16_t report_number;
  if (!classify(event_type, &report)) return false;
  if (!mdc_u16(&info, &request_id) || !mdc_u16(&info, &report_number)) return false;
  if (report.persons) return report_persons(&report, info);
  if (report.format == kGrouped) return report_grouped(&report, info);
  return person_values(&report, &info, 0);
}

/* A periodic scanner's next report is not due before its period is over; the radio rests as long,
 * up to a limit. */
MDC_NOINLINE void mdc_pace_scanner(uint16_t handle) {
  const struct mdc_object* scanner = mdc_find_object(handle);
  if (scanner == NULL || scanner->class_id != kClassPeriodicScanner) return;
  uint32_t rest_ms = scanner->period / 8;
#ifndef PERCUSS_BUG_IEEE11073_06
  if (rest_ms > kMostPaceMs) rest_ms = kMostPaceMs;
#endif
  if (rest_ms != 0) mdc_hal->delay_ms(rest_ms);
}
