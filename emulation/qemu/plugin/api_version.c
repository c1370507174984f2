/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "emulation/qemu/plugin/api_version.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>

QEMU_PLUGIN_EXPORT int qemu_plugin_version = 1;

static int of_emulator;

/* The first function of each version. Nothing that went with one of them is used. */
static const struct {
  const char* function;
  int version;
} known[] = {
    {"qemu_plugin_scoreboard_new", 2},
    {"qemu_plugin_read_memory_vaddr", QEMU_PLUGIN_VERSION_MEASURED},
};

__attribute__((constructor)) static void choose_version(void) {
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (dlsym(RTLD_DEFAULT, known[i].function) != NULL) qemu_plugin_version = known[i].version;
  }
}

bool api_version_take(const qemu_info_t* info) {
  of_emulator = info->version.cur;
  if (qemu_plugin_version >= info->version.min && qemu_plugin_version <= of_emulator) return true;
  fprintf(stderr,
          "percuss-board: error this build of QEMU takes plugins of versions %d to %d of its "
          "interface, and this one is of version %d\n",
          info->version.min, of_emulator, qemu_plugin_version);
  return false;
}

bool api_version_copies_insn_data(void) {
  return of_emulator >= QEMU_PLUGIN_VERSION_OF_INSN_DATA_COPY;
}

bool api_version_cuts_at_devices(void) { return of_emulator >= 2; }

bool api_version_is_measured(void) { return of_emulator <= QEMU_PLUGIN_VERSION_MEASURED; }
