/* SPDX-License-Identifier: Apache-2.0
 *
 * A ward's gateway on the line of infusion pumps: it takes over a pump's drug library, which a
 * controller announces and then sends in chunks (frames of targets/reference/pump/pump.h). The
 * input is what comes in on the line, byte for byte; nobody puts anything right.
 *
 * Planted bug: FIRMWARE_BUG_GATEWAY_01, behind framing, CRC, sequence numbers and a state. A
 * library that there is no room for is taken as announced, so that its first chunk is written to
 * address 0 and on. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "targets/firmware/reference/firmware.h"

#define FLAG 0x7eu
#define ESCAPE 0x7du
#define FLIPPED 0x20u
#define FRAME_MAX 246u
#define HEADER_BYTES 4u /* flags, sequence, command */
#define CRC_BYTES 2u
#define IS_REPLY 0x80u
#define LIBRARY_BEGIN 0x40u
#define LIBRARY_CHUNK 0x41u

static struct {
  uint8_t frame[FRAME_MAX];
  size_t length;
  bool escaped, overrun;
  uint32_t next_sequence;
  uint8_t* library;
  uint32_t library_bytes;
  bool announced;
} gateway;

static uint32_t get16(const uint8_t* bytes) { return bytes[0] | (uint32_t)bytes[1] << 8; }

static uint32_t crc_of(const uint8_t* bytes, size_t length) {
  uint32_t crc = 0xffffu;
  for (size_t i = 0; i < length; i++) {
    crc ^= (uint32_t)bytes[i] << 8;
    for (int bit = 0; bit < 8; bit++) {
      crc = ((crc & 0x8000u) != 0 ? crc << 1 ^ 0x1021u : crc << 1) & 0xffffu;
    }
  }
  return crc;
}

static void forget_library(void) {
  free(gateway.library);
  gateway.library = NULL;
  gateway.announced = false;
}

/* number of entries, size of one */
static bool gateway_library_begin(const uint8_t* payload, size_t length) {
  if (length != 4) return false;
  forget_library();
  gateway.library_bytes = get16(payload) * get16(payload + 2);
  if (gateway.library_bytes == 0) return false;
  gateway.library = malloc(gateway.library_bytes);
#ifdef FIRMWARE_BUG_GATEWAY_01
  gateway.announced = true;
#else
  gateway.announced = gateway.library != NULL;
#endif
  return gateway.announced;
}

/* offset, bytes */
static bool gateway_library_chunk(const uint8_t* payload, size_t length) {
  if (!gateway.announced || length <= 2) return false;
  const uint32_t offset = get16(payload);
  const size_t count = length - 2;
  if (offset > gateway.library_bytes || count > gateway.library_bytes - offset) return false;
  for (size_t i = 0; i < count; i++) gateway.library[offset + i] = payload[2 + i];
  return true;
}

static void take_frame(void) {
  const uint8_t* frame = gateway.frame;
  const size_t length = gateway.length - CRC_BYTES;
  if (get16(frame + length) != crc_of(frame, length) || (frame[0] & IS_REPLY) != 0) return;
  const uint32_t sequence = get16(frame + 1);
  if (sequence < gateway.next_sequence) return;
  gateway.next_sequence = sequence + 1;
  const uint8_t* payload = frame + HEADER_BYTES;
  bool taken = false;
  if (frame[3] == LIBRARY_BEGIN) taken = gateway_library_begin(payload, length - HEADER_BYTES);
  if (frame[3] == LIBRARY_CHUNK) taken = gateway_library_chunk(payload, length - HEADER_BYTES);
  const uint8_t answer = taken ? 'A' : 'N';
  line_write(&answer, 1);
}

static void take_byte(uint8_t byte) {
  if (byte == FLAG) {
    const bool whole = !gateway.overrun && !gateway.escaped;
    if (whole && gateway.length >= HEADER_BYTES + CRC_BYTES) take_frame();
    gateway.length = 0;
    gateway.escaped = gateway.overrun = false;
    return;
  }
  if (byte == ESCAPE) {
    gateway.escaped = true;
    return;
  }
  if (gateway.escaped) byte ^= FLIPPED;
  gateway.escaped = false;
  if (gateway.length == sizeof gateway.frame) {
    gateway.overrun = true;
  } else {
    gateway.frame[gateway.length++] = byte;
  }
}

void app_open(void) { memset(&gateway, 0, sizeof gateway); }

void app_receive(const uint8_t* bytes, size_t count) {
  for (size_t i = 0; i < count; i++) take_byte(bytes[i]);
}

void app_close(void) { forget_library(); }
