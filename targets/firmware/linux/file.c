/* SPDX-License-Identifier: Apache-2.0
 *
 * The reference device's protocols as a Linux program: one input, from standard input or from the
 * file that is its argument, in pieces as a socket would hand it over. Replies go to standard
 * output. */
#include <stdio.h>
#include <stdlib.h>

#include "targets/firmware/reference/firmware.h"

#define PIECE_BYTES 512u

void line_write(const uint8_t* bytes, size_t count) { fwrite(bytes, 1, count, stdout); }

int main(int count, char** arguments) {
  FILE* input = count > 1 ? fopen(arguments[1], "rb") : stdin;
  if (input == NULL) {
    perror(arguments[1]);
    return EXIT_FAILURE;
  }
  uint8_t piece[PIECE_BYTES];
  app_open();
  for (size_t got; (got = fread(piece, 1, sizeof piece, input)) != 0;) app_receive(piece, got);
  app_close();
  return EXIT_SUCCESS;
}
