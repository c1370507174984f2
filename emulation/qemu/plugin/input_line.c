/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emulation/qemu/plugin/input_line.h"

#include <string.h>

#include "emulation/qemu/plugin/emulator.h"

bool input_line_open(struct input_line* line) {
  if (line->device[0] != '\0') line->found = emulator_line(line->device);
  return line->device[0] == '\0' || line->found != NULL;
}

/* QEMU says nothing of a write to where no memory is: only reading it again tells. */
static bool store(uint64_t address, const uint8_t* bytes, size_t count) {
  uint8_t seen[256];
  if (!emulator_write(address, bytes, count)) return false;
  for (size_t at = 0; at < count; at += sizeof seen) {
    const size_t some = count - at < sizeof seen ? count - at : sizeof seen;
    if (!emulator_read(address + at, seen, some) || memcmp(seen, bytes + at, some) != 0) {
      return false;
    }
  }
  return true;
}

static bool fill_buffer(struct input_line* line) {
  const bool locked = emulator_lock();
  bool written = line->size == 0 || store(line->buffer, line->bytes, line->size);
  if (written && line->length != 0) {
    uint8_t length[4];
    for (int i = 0; i < 4; i++) length[i] = (uint8_t)(line->size >> (8 * i));
    written = store(line->length, length, sizeof length);
  }
  if (locked) emulator_unlock();
  line->sent = line->size;
  return written;
}

bool input_line_begin(struct input_line* line, const uint8_t* bytes, size_t size) {
  line->bytes = bytes;
  line->size = size;
  line->sent = 0;
  if (line->found != NULL) return true;
  if (line->size > line->room) line->size = line->room;
  return fill_buffer(line);
}

size_t input_line_push(struct input_line* line) {
  if (line->found == NULL || input_line_empty(line)) return 0;
  const bool locked = emulator_lock();
  const int room = emulator_line_room(line->found);
  size_t count = room > 0 ? (size_t)room : 0;
  if (count > line->size - line->sent) count = line->size - line->sent;
  if (count != 0) emulator_line_write(line->found, line->bytes + line->sent, (int)count);
  line->sent += count;
  if (locked) emulator_unlock();
  return count;
}
