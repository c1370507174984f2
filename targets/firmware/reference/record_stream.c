/* SPDX-License-Identifier: Apache-2.0 */
#include "targets/firmware/reference/record_stream.h"

#include <string.h>

void record_stream_open(struct record_stream* stream, const struct record_format* format) {
  memset(stream, 0, sizeof *stream);
  stream->format = format;
}

static void hand_over(struct record_stream* stream) {
  const struct record_format* format = stream->format;
  const size_t kept =
      stream->arrived < format->buffer_bytes ? stream->arrived : format->buffer_bytes;
  stream->header_bytes = 0;
  if (stream->records == format->records_max) return;
  stream->records++;
  format->take(stream->header, format->buffer, kept);
}

void record_stream_receive(struct record_stream* stream, uint8_t byte) {
  const struct record_format* format = stream->format;
  const bool in_header = stream->header_bytes < format->header_bytes;
  /* An empty record counts only if something follows it: now something has. */
  if (!in_header && stream->wanted == 0) hand_over(stream);
  if (stream->header_bytes < format->header_bytes) {
    stream->header[stream->header_bytes++] = byte;
    if (stream->header_bytes == format->header_bytes) {
      stream->wanted = format->length(stream->header);
      stream->arrived = 0;
    }
    return;
  }
  if (stream->arrived < format->buffer_bytes) format->buffer[stream->arrived] = byte;
  stream->arrived++;
  if (stream->arrived == stream->wanted) hand_over(stream);
}

void record_stream_close(struct record_stream* stream) {
  const bool whole_header = stream->header_bytes == stream->format->header_bytes;
  if (whole_header && stream->arrived != 0) hand_over(stream);
}
