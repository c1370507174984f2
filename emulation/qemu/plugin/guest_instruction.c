/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "emulation/qemu/plugin/guest_instruction.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include "emulation/qemu/plugin/api_version.h"

static void* data;

void guest_instruction_start(void) { data = dlsym(RTLD_DEFAULT, "qemu_plugin_insn_data"); }

uint32_t guest_instruction_word(const struct qemu_plugin_insn* insn) {
  uint32_t word = 0;
  size_t size = qemu_plugin_insn_size(insn);
  if (size > sizeof word) size = sizeof word;
  if (data == NULL) return 0;
  if (api_version_copies_insn_data()) {
    size_t (*copy)(const struct qemu_plugin_insn*, void*, size_t);
    memcpy(&copy, &data, sizeof copy);
    copy(insn, &word, size);
  } else {
    const void* (*bytes)(const struct qemu_plugin_insn*);
    memcpy(&bytes, &data, sizeof bytes);
    memcpy(&word, bytes(insn), size);
  }
  return word;
}
