/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emulation/qemu/plugin/debugger.h"

#include <stdio.h>
#include <stdlib.h>

#include "emulation/qemu/plugin/emulator.h"

#define MOST_INPUT_BYTES (1u << 20)
#define OUTCOMES (OUTCOME_CORRUPTION + 1)

static bool stopped_for[OUTCOMES];
static bool stopping; /* the processor has not left the callback yet */

bool debugger_wanted(void) { return getenv("PERCUSS_BOARD_DEBUG") != NULL; }

bool debugger_take_input(const char* path, const uint8_t** bytes, size_t* size) {
  FILE* file = path == NULL ? NULL : fopen(path, "rbe");
  uint8_t* input = malloc(MOST_INPUT_BYTES);
  if (file == NULL || input == NULL) return false;
  *size = fread(input, 1, MOST_INPUT_BYTES, file);
  *bytes = input;
  fclose(file);
  return true;
}

void debugger_stop(enum outcome outcome, const char* what) {
  if (stopped_for[outcome]) return;
  stopped_for[outcome] = true;
  stopping = true;
  fprintf(stderr, "percuss-board: stopped %s\n", what);
  fflush(stderr);
  emulator_stop();
}

void debugger_leave(const void* return_address) {
  if (!stopping) return;
  stopping = false;
  emulator_leave(return_address);
}
