/* SPDX-License-Identifier: Apache-2.0
 *
 * In the place of the board: the line is standard output, and nobody waits. */
#include <stdio.h>
#include <stdlib.h>

#include "targets/firmware/batch/batch.h"
#include "targets/firmware/reference/firmware.h"

static FILE* inputs;

void batch_begin(void) {
  inputs = fopen("inputs", "rb");
  if (inputs == NULL) exit(1);
}

size_t batch_read(uint8_t* bytes, size_t room) { return fread(bytes, 1, room, inputs); }

void batch_end(void) { fclose(inputs); }

void line_write(const uint8_t* bytes, size_t count) { fwrite(bytes, 1, count, stdout); }

void ticks_delay_ms(uint32_t ms) { (void)ms; }

void firmware_property_broken(const char* what) {
  fprintf(stderr, "property broken: %s\n", what);
  exit(2);
}
