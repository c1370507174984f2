/* SPDX-License-Identifier: Apache-2.0
 *
 * Taking a message apart: segments, fields, repetitions, components, all as views of the frame. */
#include <string.h>

#include "hl7_internal.h"

/* Cuts the part before the next separator off `rest`; false when nothing is left. */
bool hl7_split(struct hl7_text* rest, char separator, struct hl7_text* part) {
  if (rest->at == NULL) return false;
  const char* end = rest->size != 0 ? memchr(rest->at, separator, rest->size) : NULL;
  part->at = rest->at;
  if (end == NULL) {
    part->size = rest->size;
    rest->at = NULL;
    rest->size = 0;
    return true;
  }
  part->size = (size_t)(end - rest->at);
  rest->size -= part->size + 1;
  rest->at = end + 1;
  return true;
}

struct hl7_text hl7_part(struct hl7_text whole, char separator, size_t index) {
  struct hl7_text part = {NULL, 0};
  for (size_t i = 0; i <= index; i++) {
    if (!hl7_split(&whole, separator, &part)) return (struct hl7_text){NULL, 0};
  }
  return part;
}

bool hl7_equals(struct hl7_text text, const char* word) {
  const size_t size = strlen(word);
  return text.size == size && (size == 0 || memcmp(text.at, word, size) == 0);
}

void hl7_copy(char* out, size_t room, struct hl7_text text) {
  const size_t size = text.size < room - 1 ? text.size : room - 1;
  if (size != 0) memcpy(out, text.at, size);
  out[size] = '\0';
}

/* A decimal number with up to nine digits before and three after the point; further decimals are
 * dropped. */
bool hl7_number_milli(struct hl7_text text, int64_t* milli) {
  size_t at = 0;
  bool negative = false;
  if (at < text.size && (text.at[at] == '-' || text.at[at] == '+')) negative = text.at[at++] == '-';
  int64_t value = 0;
  size_t digits = 0;
  for (; at < text.size && text.at[at] >= '0' && text.at[at] <= '9'; at++) {
    if (++digits > 9) return false;
    value = value * 10 + (text.at[at] - '0');
  }
  if (digits == 0) return false;
  value *= 1000;
  if (at < text.size && text.at[at] == '.') {
    int64_t weight = 100;
    for (at++; at < text.size && text.at[at] >= '0' && text.at[at] <= '9'; at++) {
      value += weight * (text.at[at] - '0');
      weight /= 10;
    }
  }
  while (at < text.size && text.at[at] == ' ') at++;
  if (at != text.size) return false;
  *milli = negative ? -value : value;
  return true;
}

/* Segments end with CR; many gateways send LF or both. Empty lines are skipped. */
bool hl7_next_segment(struct hl7_text* rest, struct hl7_text* segment) {
  while (rest->size != 0 && (rest->at[0] == '\r' || rest->at[0] == '\n')) {
    rest->at++;
    rest->size--;
  }
  if (rest->size == 0) return false;
  size_t size = 0;
  while (size < rest->size && rest->at[size] != '\r' && rest->at[size] != '\n') size++;
  segment->at = rest->at;
  segment->size = size;
  rest->at += size;
  rest->size -= size;
  return true;
}

/* Field 0 is the segment's name. In MSH field 1 is the separator itself, so that field 2 is the
 * first one split off. */
struct hl7_text hl7_field(const struct hl7_message* message, struct hl7_text segment,
                          size_t index) {
  if (segment.size >= 3 && memcmp(segment.at, "MSH", 3) == 0) index = index != 0 ? index - 1 : 0;
  return hl7_part(segment, message->delimiters.field, index);
}

/* Component of the first repetition, from 0. */
struct hl7_text hl7_component(const struct hl7_message* message, struct hl7_text field,
                              size_t index) {
  const struct hl7_text first = hl7_part(field, message->delimiters.repetition, 0);
  return hl7_part(first, message->delimiters.component, index);
}

static bool is_letter_or_digit(char value) {
  return (value >= '0' && value <= '9') || (value >= 'A' && value <= 'Z') ||
         (value >= 'a' && value <= 'z');
}

static bool usable_delimiter(char value) {
  return value > ' ' && value < 0x7F && !is_letter_or_digit(value);
}

/* Gateways that keep messages in source files send the escape character twice: it is one. */
static bool parse_delimiters(struct hl7_text header, struct hl7_delimiters* delimiters) {
  if (header.size < 9 || memcmp(header.at, "MSH", 3) != 0) return false;
  char at[5];
  memcpy(at, header.at + 3, sizeof at);
  if (at[4] == at[3]) at[4] = header.at[8];
  for (size_t i = 0; i < 5; i++) {
    if (!usable_delimiter(at[i])) return false;
    for (size_t j = 0; j < i; j++) {
      if (at[i] == at[j]) return false;
    }
  }
  delimiters->field = at[0];
  delimiters->component = at[1];
  delimiters->repetition = at[2];
  delimiters->escape = at[3];
  delimiters->subcomponent = at[4];
  return true;
}

/* A code of letters and digits: ours go back to the sender, whose delimiters may be others. */
static void copy_code(char* out, size_t room, struct hl7_text text) {
  hl7_copy(out, room, text);
  for (const char* at = out; *at != '\0'; at++) {
    if (is_letter_or_digit(*at)) continue;
    out[0] = '\0';
    return;
  }
}

bool hl7_parse_header(struct hl7_text bytes, struct hl7_message* message) {
  memset(message, 0, sizeof *message);
  message->segments = bytes;
  struct hl7_text rest = bytes;
  if (!hl7_next_segment(&rest, &message->header)) return false;
  if (!parse_delimiters(message->header, &message->delimiters)) return false;
  message->control_id = hl7_field(message, message->header, 10);
  const struct hl7_text type = hl7_field(message, message->header, 9);
  hl7_copy(message->type, sizeof message->type, hl7_component(message, type, 0));
  copy_code(message->trigger, sizeof message->trigger, hl7_component(message, type, 1));
  return message->type[0] != '\0';
}
