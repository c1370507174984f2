/* SPDX-License-Identifier: Apache-2.0
 *
 * What was said in sessions, for people: text that `percuss session --from-text` reads, the
 * server's replies as comments. */
#include <stdio.h>
#include <stdlib.h>

#include "harnesses/sdk/session/session.h"
#include "harnesses/sdk/session/session_client.h"
#include "harnesses/sdk/session/session_frames.h"

static FILE* file;

static void write_hex(const uint8_t* data, size_t size) {
  for (size_t i = 0; i < size; i++) fprintf(file, "%s%02x", i % 4 == 0 ? " " : "", data[i]);
  fputc('\n', file);
}

void percuss_transcript_begins(void) {
  static int asked;
  const char* path = asked ? NULL : getenv(PERCUSS_SESSION_TRANSCRIPT_ENV);
  asked = 1;
  if (path != NULL) {
    file = fopen(path, "w");
    if (file == NULL) {
      fprintf(stderr, "percuss: the session's transcript cannot be written to %s\n", path);
    }
  }
  if (file != NULL) fputs("# percuss session 1\n", file);
}

void percuss_transcript_tell(enum percuss_frame_kind kind, unsigned wait_ms,
                             const struct percuss_exchange* exchange) {
  if (file == NULL) return;
  if (kind == PERCUSS_FRAME_WAIT) fprintf(file, "wait %u ", wait_ms);
  if (kind == PERCUSS_FRAME_PIPELINED) fputs("pipelined ", file);
  if (kind == PERCUSS_FRAME_CLOSE) fputs("close ", file);
  if (kind == PERCUSS_FRAME_RESET) fputs("reset ", file);
  fputc('>', file);
  write_hex(exchange->request, exchange->request_bytes);
  if (exchange->reply_bytes != 0) {
    fputs("# <", file);
    write_hex(exchange->reply, exchange->reply_bytes);
  }
  fflush(file);
}
