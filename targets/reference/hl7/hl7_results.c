/* SPDX-License-Identifier: Apache-2.0
 *
 * ORU^R01: observations of other devices. OBX-2 says the type: NM a number, SN a structured number,
 * NA a numeric array, ST and TX text, FT formatted text. OBX-4 names the channel as its last dotted
 * part. */
#include <string.h>

#include "hl7_internal.h"

struct trend_point {
  int64_t value_milli;
  uint32_t samples;
  char code[16];
};

static struct trend_point trend[HL7_CHANNELS];

void hl7_results_reset(void) { memset(trend, 0, sizeof trend); }

HL7_NOINLINE bool hl7_trend_store(const struct hl7_observation* observation) {
#ifdef PERCUSS_BUG_HL7_04
  if (observation->channel > HL7_CHANNELS) return false;
#else
  if (observation->channel >= HL7_CHANNELS) return false;
#endif
  struct trend_point* point = &trend[observation->channel];
  point->value_milli = observation->value_milli;
  point->samples++;
  memcpy(point->code, observation->code, sizeof point->code);
  return true;
}

HL7_NOINLINE int64_t hl7_mean_milli(const int64_t* values, size_t count) {
  uint64_t sum = 0; /* unsigned: values of a broken sender may wrap */
  for (size_t i = 0; i < count; i++) sum += (uint64_t)values[i];
  return count != 0 ? (int64_t)sum / (int64_t)count : 0;
}

/* Returns how many values there are; keeps the first `room`. */
static size_t parse_array(const struct hl7_message* message, struct hl7_text field, int64_t* values,
                          size_t room) {
  size_t count = 0;
  struct hl7_text part;
  while (hl7_split(&field, message->delimiters.component, &part)) {
    int64_t value;
    if (!hl7_number_milli(part, &value)) continue;
    if (count < room) values[count] = value;
    count++;
  }
  return count;
}

static void numeric_array(const struct hl7_message* message, struct hl7_text field,
                          struct hl7_observation* observation) {
  int64_t values[HL7_ARRAY_VALUES] = {0};
  size_t count = parse_array(message, field, values, HL7_ARRAY_VALUES);
#ifndef PERCUSS_BUG_HL7_02
  if (count > HL7_ARRAY_VALUES) count = HL7_ARRAY_VALUES;
#endif
  observation->value_milli = values[0];
  observation->mean_milli = hl7_mean_milli(values, count);
}

/* Lines that a text takes on a display of HL7_LINE_COLUMNS. */
HL7_NOINLINE uint32_t hl7_wrap_lines(const char* text, size_t size,
                                     const struct hl7_format* format) {
  uint32_t indent = format->indent;
#ifndef PERCUSS_BUG_HL7_06
  if (indent > HL7_LINE_COLUMNS / 2) indent = HL7_LINE_COLUMNS / 2;
#endif
  const size_t room = indent < HL7_LINE_COLUMNS ? HL7_LINE_COLUMNS - indent : 0;
  uint32_t lines = 0;
  size_t at = 0;
  while (at < size) {
    size_t taken = 0;
    while (taken < room && at + taken < size && text[at + taken] != '\n') taken++;
    at += taken;
    if (taken < room && at < size) at++; /* the line's end itself */
    lines++;
  }
  return lines;
}

static bool formatted_text(const struct hl7_message* message, struct hl7_text field,
                           struct hl7_observation* observation) {
  if (field.size == 0) return true;
  char* text = hl7_hal->alloc(field.size);
  if (text == NULL) return false;
  struct hl7_format format = {0};
  const size_t size = hl7_unescape(&message->delimiters, field, text, field.size, &format);
  observation->lines = hl7_wrap_lines(text, size, &format);
  hl7_hal->release(text);
  return true;
}

static uint32_t channel_of(struct hl7_text sub_id) {
  struct hl7_text part = {NULL, 0};
  struct hl7_text last = {NULL, 0};
  while (hl7_split(&sub_id, '.', &part)) last = part;
  int64_t milli = 0;
  if (!hl7_number_milli(last, &milli) || milli < 0) return 0;
  return (uint32_t)(milli / 1000);
}

static bool handle_obx(const struct hl7_message* message, struct hl7_text segment) {
  struct hl7_observation observation;
  memset(&observation, 0, sizeof observation);
  const struct hl7_text type = hl7_field(message, segment, 2);
  const struct hl7_text value = hl7_field(message, segment, 5);
  hl7_copy(observation.code, sizeof observation.code,
           hl7_component(message, hl7_field(message, segment, 3), 0));
  hl7_copy(observation.units, sizeof observation.units,
           hl7_component(message, hl7_field(message, segment, 6), 0));
  observation.channel = channel_of(hl7_field(message, segment, 4));
  bool stored = true;
  if (hl7_equals(type, "NM") || hl7_equals(type, "SN")) {
    const size_t index = hl7_equals(type, "SN") ? 1 : 0;
    if (!hl7_number_milli(hl7_component(message, value, index), &observation.value_milli)) {
      return false;
    }
    observation.mean_milli = observation.value_milli;
    stored = hl7_trend_store(&observation);
  } else if (hl7_equals(type, "NA")) {
    numeric_array(message, value, &observation);
  } else if (hl7_equals(type, "FT")) {
    stored = formatted_text(message, value, &observation);
  }
  if (stored) hl7_callbacks->observed(hl7_callbacks->user, &observation);
  return stored;
}

bool hl7_handle_oru(const struct hl7_message* message) {
  struct hl7_text rest = message->segments;
  struct hl7_text segment;
  bool patient_known = false;
  bool in_order = false;
  bool good = true;
  while (hl7_next_segment(&rest, &segment)) {
    const struct hl7_text id = hl7_field(message, segment, 0);
    if (hl7_equals(id, "PID")) {
      const struct hl7_text list = hl7_field(message, segment, 3);
      patient_known = hl7_bed_admit(hl7_component(message, list, 0),
                                    hl7_component(message, hl7_field(message, segment, 5), 0));
      in_order = false;
    } else if (hl7_equals(id, "OBR")) {
      in_order = true;
    } else if (hl7_equals(id, "OBX")) {
      if (!patient_known || !in_order) return false;
      good = handle_obx(message, segment) && good;
    }
  }
  return good && patient_known;
}
