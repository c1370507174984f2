/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "emulation/qemu/plugin/input_line.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emulation/qemu/plugin/emulator.h"

/* Before any copy: they run one at a time, so one file with one position is enough. */
static bool make_stdin(void) {
  const int file = memfd_create("input", MFD_CLOEXEC);
  if (file < 0 || dup2(file, STDIN_FILENO) < 0) return false;
  close(file);
  return true;
}

static bool fill_stdin(const struct input_line* line) {
  return ftruncate(STDIN_FILENO, 0) == 0 && lseek(STDIN_FILENO, 0, SEEK_SET) == 0 &&
         pwrite(STDIN_FILENO, line->bytes, line->size, 0) == (ssize_t)line->size;
}

bool input_line_open(struct input_line* line) {
  if (line->for_stdin != 0 && !make_stdin()) return false;
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

static int room_of(const struct input_line* line) {
  const bool locked = emulator_lock();
  const int room = emulator_line_room(line->found);
  if (locked) emulator_unlock();
  return room;
}

/* In the front end: handed over, but not read by the firmware. */
static size_t waiting(const struct input_line* line) {
  const int fewer = line->most - room_of(line);
  const size_t count = fewer > 0 ? (size_t)fewer : 0;
  return count < line->sent ? count : line->sent;
}

size_t input_line_unread(const struct input_line* line) {
  if (line->found == NULL) return line->size - line->sent;
  const size_t taken = line->sent - waiting(line);
  const size_t read = line->for_stdin == 0 ? 0 : (size_t)lseek(STDIN_FILENO, 0, SEEK_CUR);
  return line->size - (read > taken ? read : taken);
}

bool input_line_begin(struct input_line* line, const uint8_t* bytes, size_t size) {
  line->bytes = bytes;
  line->size = size;
  line->sent = 0;
  line->cut = 0;
  if (line->found != NULL) {
    line->most = room_of(line);
    return line->for_stdin == 0 || fill_stdin(line);
  }
  if (line->size > line->room) {
    line->cut = line->size - line->room;
    line->size = line->room;
  }
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
