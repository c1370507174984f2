/* SPDX-License-Identifier: Apache-2.0
 *
 * Escape sequences of HL7 2.6 chapter 2.7: \F\ \S\ \T\ \R\ \E\ \Xhh..\, \H\ and \N\, and of
 * formatted text the commands .br, .sp<n> and .in<n>. */
#include <string.h>

#include "hl7_internal.h"

static size_t put(char* out, size_t room, size_t used, char value) {
  if (used < room) out[used++] = value;
  return used;
}

static int hex_digit(char value) {
  if (value >= '0' && value <= '9') return value - '0';
  if (value >= 'A' && value <= 'F') return value - 'A' + 10;
  if (value >= 'a' && value <= 'f') return value - 'a' + 10;
  return -1;
}

static size_t put_hex(struct hl7_text digits, char* out, size_t room, size_t used) {
  for (size_t i = 0; i + 1 < digits.size; i += 2) {
    const int high = hex_digit(digits.at[i]);
    const int low = hex_digit(digits.at[i + 1]);
    if (high < 0 || low < 0) break;
    used = put(out, room, used, (char)(high * 16 + low));
  }
  return used;
}

static uint32_t command_argument(struct hl7_text digits) {
  uint32_t value = 0;
  for (size_t i = 0; i < digits.size && i < 3; i++) {
    if (digits.at[i] < '0' || digits.at[i] > '9') break;
    value = value * 10 + (uint32_t)(digits.at[i] - '0');
  }
  return value;
}

/* .sp<n>: n empty lines. The one sequence whose result is longer than itself. */
HL7_NOINLINE size_t hl7_expand_spaces(uint32_t lines, char* out, size_t room, size_t used) {
#ifdef PERCUSS_BUG_HL7_01
  (void)room;
  for (uint32_t i = 0; i < lines; i++) out[used++] = '\n';
#else
  for (uint32_t i = 0; i < lines; i++) used = put(out, room, used, '\n');
#endif
  return used;
}

static size_t put_command(struct hl7_text command, char* out, size_t room, size_t used,
                          struct hl7_format* format) {
  if (command.size < 3) return used;
  const struct hl7_text argument = {command.at + 3, command.size - 3};
  if (memcmp(command.at, ".br", 3) == 0) return put(out, room, used, '\n');
  if (memcmp(command.at, ".sp", 3) == 0) {
    return hl7_expand_spaces(command_argument(argument), out, room, used);
  }
  if (memcmp(command.at, ".in", 3) == 0) format->indent = command_argument(argument);
  return used;
}

/* A sequence that stands for characters, as the standard has it. */
static bool is_character(struct hl7_text sequence) {
  if (sequence.size == 1) return memchr("FSTRE", sequence.at[0], 5) != NULL;
  if (sequence.size < 3 || sequence.size % 2 == 0 || sequence.at[0] != 'X') return false;
  for (size_t i = 1; i < sequence.size; i++) {
    if (hex_digit(sequence.at[i]) < 0) return false;
  }
  return true;
}

size_t hl7_unescape(const struct hl7_delimiters* delimiters, struct hl7_text in, char* out,
                    size_t room, struct hl7_format* format) {
  size_t used = 0;
  while (in.size != 0) {
    struct hl7_text rest = {in.at + 1, in.size - 1};
    struct hl7_text sequence = {NULL, 0};
    bool escaped = in.at[0] == delimiters->escape;
    if (escaped) {
      (void)hl7_split(&rest, delimiters->escape, &sequence);
      escaped = format != NULL || (rest.at != NULL && is_character(sequence));
    }
    if (!escaped) {
      used = put(out, room, used, in.at[0]);
      in.at++;
      in.size--;
      continue;
    }
    in = rest;
    if (sequence.size == 0) continue;
    switch (sequence.at[0]) {
      case 'F':
        used = put(out, room, used, delimiters->field);
        break;
      case 'S':
        used = put(out, room, used, delimiters->component);
        break;
      case 'T':
        used = put(out, room, used, delimiters->subcomponent);
        break;
      case 'R':
        used = put(out, room, used, delimiters->repetition);
        break;
      case 'E':
        used = put(out, room, used, delimiters->escape);
        break;
      case 'X':
        used = put_hex((struct hl7_text){sequence.at + 1, sequence.size - 1}, out, room, used);
        break;
      case '.':
        used = put_command(sequence, out, room, used, format);
        break;
      default:
        break; /* highlighting and character sets: the display has one of each */
    }
  }
  return used;
}

static char letter_of(const struct hl7_delimiters* delimiters, char value) {
  if (value == delimiters->field) return 'F';
  if (value == delimiters->component) return 'S';
  if (value == delimiters->subcomponent) return 'T';
  if (value == delimiters->repetition) return 'R';
  if (value == delimiters->escape) return 'E';
  return (unsigned char)value < ' ' ? 'X' : '\0';
}

size_t hl7_escape(const struct hl7_delimiters* delimiters, struct hl7_text in, char* out,
                  size_t room) {
  static const char kDigits[] = "0123456789ABCDEF";
  size_t used = 0;
  for (size_t i = 0; i < in.size && room - used >= HL7_ESCAPED_BYTES; i++) {
    const unsigned char value = (unsigned char)in.at[i];
    const char letter = letter_of(delimiters, in.at[i]);
    if (letter == '\0') {
      out[used++] = in.at[i];
      continue;
    }
    out[used++] = delimiters->escape;
    out[used++] = letter;
    if (letter == 'X') {
      out[used++] = kDigits[value >> 4];
      out[used++] = kDigits[value & 15];
    }
    out[used++] = delimiters->escape;
  }
  return used;
}
