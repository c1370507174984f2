/* SPDX-License-Identifier: Apache-2.0
 *
 * Cuts a stream into records: a header of fixed size that says how many bytes follow, then those.
 * A record is handed over when it is whole, and the last one, cut short, when the stream ends; a
 * header at the stream's very end is none. */
#ifndef TARGETS_FIRMWARE_REFERENCE_RECORD_STREAM_H_
#define TARGETS_FIRMWARE_REFERENCE_RECORD_STREAM_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_HEADER_MAX 3u

struct record_format {
  size_t header_bytes;
  size_t (*length)(const uint8_t* header);
  void (*take)(const uint8_t* header, const uint8_t* bytes, size_t count);
  uint32_t records_max; /* what comes after so many is ignored */
  uint8_t* buffer;
  size_t buffer_bytes; /* of a longer record the rest is dropped */
};

struct record_stream {
  const struct record_format* format;
  uint8_t header[RECORD_HEADER_MAX];
  size_t header_bytes;
  size_t wanted, arrived;
  uint32_t records;
};

void record_stream_open(struct record_stream* stream, const struct record_format* format);
void record_stream_receive(struct record_stream* stream, uint8_t byte);
void record_stream_close(struct record_stream* stream);

#endif /* TARGETS_FIRMWARE_REFERENCE_RECORD_STREAM_H_ */
