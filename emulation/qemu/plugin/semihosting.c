/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emulation/qemu/plugin/semihosting.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "emulation/qemu/plugin/emulator.h"

enum operation {
  SYS_OPEN = 0x01,
  SYS_READ = 0x06,
  SYS_REMOVE = 0x0E,
  SYS_RENAME = 0x0F,
  SYS_SYSTEM = 0x12,
  SYS_EXIT = 0x18,
  SYS_EXIT_EXTENDED = 0x20,
};
#define STOPPED_APPLICATION_EXIT 0x20026u

/* BKPT 0xAB of Thumb; SVC and HLT of Thumb and of A32. */
bool semihosting_is_asked_by(uint32_t word, uint64_t size) {
  if (size == 2) return word == 0xBEABu || word == 0xDFABu || word == 0xBABCu;
  return word == 0xEF123456u || word == 0xE10F0070u;
}

static uint32_t register_in(const char* dump, const char* name) {
  const char* at = strstr(dump, name);
  return at == NULL ? 0 : (uint32_t)strtoull(at + strlen(name), NULL, 16);
}

static uint32_t word_at(uint32_t address) {
  uint32_t word = 0;
  emulator_read(address, &word, sizeof word);
  return word;
}

static bool names_console(uint32_t arguments) {
  static const char* const harmless[] = {":tt", ":semihosting-features"};
  char name[32] = "";
  const uint32_t length = word_at(arguments + 8);
  if (length >= sizeof name || !emulator_read(word_at(arguments), name, length)) return false;
  for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++) {
    if (strcmp(name, harmless[i]) == 0) return true;
  }
  return false;
}

static enum semihosting_wish exit_with(uint32_t reason, uint32_t status, const char** words) {
  const bool failed = reason != STOPPED_APPLICATION_EXIT || status != 0;
  *words = failed ? "the firmware told its host that it failed" : "the firmware ended itself";
  return failed ? SEMIHOSTING_FAILED : SEMIHOSTING_EXIT;
}

enum semihosting_wish semihosting_wish(const char** words) {
  char dump[4096];
  emulator_registers(dump, sizeof dump);
  const uint32_t argument = register_in(dump, "R01=");
  switch (register_in(dump, "R00=")) {
    case SYS_READ:
      return SEMIHOSTING_READ;
    case SYS_EXIT:
      return exit_with(argument, 0, words);
    case SYS_EXIT_EXTENDED:
      return exit_with(word_at(argument), word_at(argument + 4), words);
    case SYS_OPEN:
      *words = "host-access: the firmware asked to open a file of the host";
      return names_console(argument) ? SEMIHOSTING_OTHER : SEMIHOSTING_REFUSED;
    case SYS_REMOVE:
    case SYS_RENAME:
      *words = "host-access: the firmware asked to change files of the host";
      return SEMIHOSTING_REFUSED;
    case SYS_SYSTEM:
      *words = "host-access: the firmware asked to run a command on the host";
      return SEMIHOSTING_REFUSED;
    default:
      return SEMIHOSTING_OTHER;
  }
}
