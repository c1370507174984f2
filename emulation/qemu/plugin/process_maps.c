/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "emulation/qemu/plugin/process_maps.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MOST_TEXT_BYTES (1u << 20)

static char text[MOST_TEXT_BYTES];

static bool read_text(void) {
  const int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  size_t size = 0;
  while (fd >= 0 && size < sizeof text - 1) {
    const ssize_t got = read(fd, text + size, sizeof text - 1 - size);
    if (got <= 0) break;
    size += (size_t)got;
  }
  text[size] = '\0';
  if (fd >= 0) close(fd);
  return fd >= 0 && size < sizeof text - 1;
}

/* One line: "begin-end rights offset device inode   name". */
static bool read_line(const char* line, struct process_mapping* mapping) {
  char* rest;
  mapping->begin = strtoull(line, &rest, 16);
  if (*rest != '-') return false;
  mapping->end = strtoull(rest + 1, &rest, 16);
  if (strlen(rest) < strlen(" rwxp ")) return false;
  mapping->rights = (rest[1] == 'r' ? PROT_READ : 0) | (rest[2] == 'w' ? PROT_WRITE : 0) |
                    (rest[3] == 'x' ? PROT_EXEC : 0);
  mapping->is_private = rest[4] == 'p';
  mapping->is_named = strpbrk(rest, "/[") != NULL;
  return true;
}

bool process_maps_each(bool (*take)(const struct process_mapping* mapping)) {
  char* rest = NULL;
  if (!read_text()) return false;
  for (char* line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
    struct process_mapping mapping;
    if (!read_line(line, &mapping) || !take(&mapping)) return false;
  }
  return true;
}
