/* SPDX-License-Identifier: Apache-2.0
 *
 * Framing: byte stuffing and CRC, in and out. */
#include <string.h>

#include "targets/reference/pump/pump_internal.h"

#define FLAG 0x7eu
#define ESCAPE 0x7du
#define HEADER_BYTES 4u
#define CRC_BYTES 2u

uint16_t pump_crc(const uint8_t* bytes, size_t length) {
  uint16_t crc = 0xffffu;
  for (size_t i = 0; i < length; i++) {
    crc = (uint16_t)(crc ^ (bytes[i] << 8));
    for (int bit = 0; bit < 8; bit++) {
      crc = (uint16_t)((crc & 0x8000u) != 0 ? ((uint32_t)crc << 1) ^ 0x1021u : (uint32_t)crc << 1);
    }
  }
  return crc;
}

void pump_init(struct pump* pump, const struct pump_hal* hal, const uint8_t key[PUMP_KEY_BYTES],
               const uint16_t parameters[PUMP_PARAMETERS]) {
  memset(pump, 0, sizeof *pump);
  pump->hal = *hal;
  memcpy(pump->key, key, PUMP_KEY_BYTES);
  memcpy(pump->parameters, parameters, sizeof pump->parameters);
  pump_therapy_init(pump);
  pump_log_clear();
}

void pump_close(struct pump* pump) {
  pump_end_bolus(pump);
  pump_library_drop(pump);
}

static void end_of_frame(struct pump* pump) {
  const size_t length = pump->frame_length;
  const bool whole = !pump->overrun && !pump->escaped && length >= HEADER_BYTES + CRC_BYTES;
  pump->frame_length = 0;
  pump->overrun = false;
  pump->escaped = false;
  if (!whole) return;
  const uint8_t* frame = pump->frame;
  if (pump_get16(frame + length - CRC_BYTES) != pump_crc(frame, length - CRC_BYTES)) return;
  struct pump_request request = {.flags = frame[0],
                                 .sequence = pump_get16(frame + 1),
                                 .command = frame[3],
                                 .payload = frame + HEADER_BYTES,
                                 .length = length - HEADER_BYTES - CRC_BYTES};
  if ((request.flags & PUMP_FLAG_REPLY) == 0) pump_handle(pump, &request);
}

void pump_receive(struct pump* pump, uint8_t byte) {
  if (byte == FLAG) {
    end_of_frame(pump);
    return;
  }
  if (byte == ESCAPE) {
    pump->escaped = true;
    return;
  }
  if (pump->escaped) byte ^= 0x20u;
  pump->escaped = false;
  if (pump->frame_length == sizeof pump->frame) {
    pump->overrun = true;
    return;
  }
  pump->frame[pump->frame_length++] = byte;
}

/* The kept reply, of which bytes from `plain` on go out as they are. */
static void put_on_line(struct pump* pump, size_t plain) {
  uint8_t line[2 * PUMP_FRAME_MAX + 2];
  size_t at = 0;
  line[at++] = FLAG;
  for (size_t i = 0; i < pump->last_reply_length; i++) {
    const uint8_t byte = pump->last_reply[i];
    if (i < plain && (byte == FLAG || byte == ESCAPE)) {
      line[at++] = ESCAPE;
      line[at++] = byte ^ 0x20u;
    } else {
      line[at++] = byte;
    }
  }
  line[at++] = FLAG;
  pump->hal.send(pump->hal.context, line, at);
}

void pump_reply_again(struct pump* pump) {
#ifdef PERCUSS_BUG_PUMP_14
  put_on_line(pump, pump->last_reply_length - CRC_BYTES); /* the CRC is ready for the line */
#else
  put_on_line(pump, pump->last_reply_length);
#endif
}

/* The payload of a reply is the status and then the command's own bytes. */
void pump_reply(struct pump* pump, const struct pump_request* request, enum pump_status status) {
  uint8_t* frame = pump->last_reply;
  const size_t most = PUMP_PAYLOAD_MAX - 1;
  const size_t length = request->reply_length < most ? request->reply_length : most;
  frame[0] = PUMP_FLAG_REPLY;
  pump_put16(frame + 1, request->sequence);
  frame[3] = request->command;
  frame[4] = (uint8_t)status;
  memcpy(frame + 5, request->reply, length);
  pump_put16(frame + 5 + length, pump_crc(frame, 5 + length));
  pump->last_reply_length = 5 + length + CRC_BYTES;
  put_on_line(pump, pump->last_reply_length);
}
