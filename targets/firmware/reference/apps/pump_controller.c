/* SPDX-License-Identifier: Apache-2.0 */
#include "targets/firmware/reference/apps/pump_controller.h"

#include <string.h>

#include "targets/firmware/reference/boards/board.h"
#include "targets/firmware/reference/crypto/siphash.h"
#include "targets/firmware/reference/firmware.h"

#define MODE_RAW 1u
#define MODE_GENUINE 2u
#define MODE_NEXT_SEQUENCE 4u
#define MODE_RESEND 8u

#define FLAG 0x7eu
#define ESCAPE 0x7du
#define HEADER_BYTES 4u
#define SECRET_BYTES 8u

/* On a board with little RAM the controller remembers less: fewer frames to send again, fewer
 * orders to recognise. */
#if BOARD_RAM_KIB < 64
#define SENT_FRAMES 16u
#define SENT_BYTES 1024u
#define ORDERS 64u
#else
#define SENT_FRAMES 128u
#define SENT_BYTES (SENT_FRAMES * PUMP_FRAME_MAX)
#define ORDERS 2560u
#endif

const uint8_t pump_test_key[PUMP_KEY_BYTES] = {0x51, 0xe8, 0x0c, 0xb7, 0x92, 0x3f, 0xd4, 0x66,
                                               0x1a, 0xf3, 0x85, 0x2e, 0xc9, 0x70, 0xbb, 0x14};
const uint8_t pump_test_pin[8] = {0x37, 0xb1, 0x6c, 0xe4, 0x0f, 0x9a, 0xd3, 0x58};

/* Frames off the line, one way. */
struct line_reader {
  uint8_t bytes[PUMP_FRAME_MAX];
  size_t count;
  bool escaped, broken;
};

static struct {
  struct pump* device;
  struct line_reader to_pump, from_pump;
  bool challenged;
  uint8_t challenge[PUMP_MAC_BYTES];
  bool right_response;
  uint16_t sequence_on_line, next_sequence;
  uint8_t library_offset[2], library_crc[2];
  uint8_t input_tail[SECRET_BYTES];
  bool secret_in_input;
  uint16_t orders[ORDERS];
  size_t order_count;
  size_t sent_at[SENT_FRAMES + 1]; /* frame i lies from [i] to [i + 1] */
  size_t sent_count;
  uint8_t sent[SENT_BYTES];
} peer;

void controller_open(struct pump* device) {
  memset(&peer, 0, sizeof peer);
  peer.device = device;
  peer.next_sequence = 1;
}

static bool holds(const uint8_t* bytes, size_t count, const uint8_t* secret, size_t secret_count) {
  for (size_t at = 0; at + SECRET_BYTES <= count; at++) {
    for (size_t from = 0; from + SECRET_BYTES <= secret_count; from++) {
      if (memcmp(bytes + at, secret + from, SECRET_BYTES) == 0) return true;
    }
  }
  return false;
}

static bool holds_a_secret(const uint8_t* bytes, size_t count) {
  return holds(bytes, count, pump_test_pin, sizeof pump_test_pin) ||
         holds(bytes, count, pump_test_key, sizeof pump_test_key);
}

void controller_note_input(uint8_t byte) {
  memmove(peer.input_tail, peer.input_tail + 1, sizeof peer.input_tail - 1);
  peer.input_tail[sizeof peer.input_tail - 1] = byte;
  if (holds_a_secret(peer.input_tail, sizeof peer.input_tail)) peer.secret_in_input = true;
}

/* The length of the frame that ends with this byte, 0 when none does. Its bytes stay in `reader`
 * until the next byte. */
static size_t push(struct line_reader* reader, uint8_t byte) {
  if (byte == FLAG) {
    const size_t count = reader->count;
    bool whole = !reader->broken && !reader->escaped && count >= HEADER_BYTES + 2;
    reader->count = 0;
    reader->broken = reader->escaped = false;
    if (!whole) return 0;
    const uint16_t crc = pump_crc(reader->bytes, count - 2);
    whole = reader->bytes[count - 2] == (crc & 0xffu) && reader->bytes[count - 1] == crc >> 8;
    return whole ? count : 0;
  }
  if (byte == ESCAPE) {
    reader->escaped = true;
    return 0;
  }
  if (reader->count == PUMP_FRAME_MAX) {
    reader->broken = true;
  } else {
    reader->bytes[reader->count++] = (uint8_t)(reader->escaped ? byte ^ 0x20u : byte);
  }
  reader->escaped = false;
  return 0;
}

static void observe(uint8_t byte) {
  const size_t count = push(&peer.to_pump, byte);
  if (count == 0) return;
  const uint8_t* frame = peer.to_pump.bytes;
  peer.sequence_on_line = (uint16_t)(frame[1] | frame[2] << 8);
  if (frame[3] != PUMP_AUTH || !peer.challenged) return;
  uint8_t mac[PUMP_MAC_BYTES];
  siphash(pump_test_key, peer.challenge, sizeof peer.challenge, mac);
  peer.right_response =
      count == HEADER_BYTES + sizeof mac + 2 && memcmp(frame + HEADER_BYTES, mac, sizeof mac) == 0;
}

static void send_byte(uint8_t byte) {
  observe(byte);
  pump_receive(peer.device, byte);
}

static void send_stuffed(uint8_t byte) {
  const bool stuffed = byte == FLAG || byte == ESCAPE;
  if (stuffed) send_byte(ESCAPE);
  send_byte((uint8_t)(stuffed ? byte ^ 0x20u : byte));
}

/* `frame` without its CRC. */
static void send_frame(const uint8_t* frame, size_t count) {
  const uint16_t crc = pump_crc(frame, count);
  send_byte(FLAG);
  for (size_t i = 0; i < count; i++) send_stuffed(frame[i]);
  send_stuffed((uint8_t)crc);
  send_stuffed((uint8_t)(crc >> 8));
  send_byte(FLAG);
}

static size_t append_tag(uint8_t* frame, size_t count) {
  uint8_t message[PUMP_MAC_BYTES + 256];
  uint8_t mac[PUMP_MAC_BYTES];
  const size_t challenge_bytes = peer.challenged ? sizeof peer.challenge : 0;
  memcpy(message, peer.challenge, challenge_bytes);
  memcpy(message + challenge_bytes, frame + 1, count - 1);
  siphash(pump_test_key, message, challenge_bytes + count - 1, mac);
  memcpy(frame + count, mac, PUMP_TAG_BYTES);
  return count + PUMP_TAG_BYTES;
}

/* Does what a controller with the key would do; returns the frame's new length. */
static size_t fill_as_genuine(uint8_t* frame, size_t count) {
  switch (frame[3]) {
    case PUMP_AUTH:
      siphash(pump_test_key, peer.challenge, peer.challenged ? sizeof peer.challenge : 0,
              frame + HEADER_BYTES);
      return HEADER_BYTES + PUMP_MAC_BYTES;
    case PUMP_SET_RATE:
    case PUMP_BOLUS:
    case PUMP_STOP:
    case PUMP_SET_PROFILE:
    case PUMP_START_PROFILE:
      return append_tag(frame, count);
    case PUMP_LIBRARY_CHUNK:
      memmove(frame + HEADER_BYTES + 2, frame + HEADER_BYTES, count - HEADER_BYTES);
      memcpy(frame + HEADER_BYTES, peer.library_offset, 2);
      return count + 2;
    case PUMP_LIBRARY_COMMIT:
      memcpy(frame + HEADER_BYTES, peer.library_crc, 2);
      return HEADER_BYTES + 2;
    default:
      return count;
  }
}

static void remember(const uint8_t* frame, size_t count) {
  const size_t at = peer.sent_at[peer.sent_count];
  if (peer.sent_count == SENT_FRAMES || count > SENT_BYTES - at) return;
  memcpy(peer.sent + at, frame, count);
  peer.sent_count++;
  peer.sent_at[peer.sent_count] = at + count;
}

static void send_again(uint8_t number, uint8_t flags) {
  if (peer.sent_count == 0) return;
  const size_t index = number % peer.sent_count;
  uint8_t frame[PUMP_FRAME_MAX];
  const size_t count = peer.sent_at[index + 1] - peer.sent_at[index];
  memcpy(frame, peer.sent + peer.sent_at[index], count);
  frame[0] |= flags;
  send_frame(frame, count);
}

void controller_send_record(uint8_t mode, const uint8_t* bytes, size_t count) {
  if ((mode & MODE_RAW) != 0) {
    for (size_t i = 0; i < count; i++) send_byte(bytes[i]);
    return;
  }
  if ((mode & MODE_RESEND) != 0) {
    if (count >= 2) send_again(bytes[0], bytes[1]);
    return;
  }
  if (count < HEADER_BYTES) return;
  uint8_t frame[256 + PUMP_MAC_BYTES];
  memcpy(frame, bytes, count);
  if ((mode & MODE_NEXT_SEQUENCE) != 0) {
    frame[1] = (uint8_t)peer.next_sequence;
    frame[2] = (uint8_t)(peer.next_sequence >> 8);
    peer.next_sequence++;
  }
  if ((mode & MODE_GENUINE) != 0) count = fill_as_genuine(frame, count);
  if (count > PUMP_PAYLOAD_MAX + HEADER_BYTES) count = PUMP_PAYLOAD_MAX + HEADER_BYTES;
  remember(frame, count);
  send_frame(frame, count);
}

static void learn_from_reply(const uint8_t* frame, size_t count) {
  if (count < 7 || frame[4] != PUMP_OK) return;
  if (frame[3] == PUMP_HELLO) {
    peer.challenged = count == 5 + sizeof peer.challenge + 2;
    if (peer.challenged) memcpy(peer.challenge, frame + 5, sizeof peer.challenge);
    peer.right_response = false;
  }
  if (frame[3] == PUMP_LIBRARY_BEGIN) memset(peer.library_offset, 0, 2);
  if (frame[3] == PUMP_LIBRARY_CHUNK && count == 11) {
    memcpy(peer.library_offset, frame + 5, 2);
    memcpy(peer.library_crc, frame + 7, 2);
  }
}

void controller_reply(const uint8_t* bytes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const size_t frame_bytes = push(&peer.from_pump, bytes[i]);
    if (frame_bytes == 0) continue;
    if (!peer.secret_in_input && holds_a_secret(peer.from_pump.bytes, frame_bytes)) {
      firmware_property_broken("CWE-200:pump-secret-in-reply");
    }
    learn_from_reply(peer.from_pump.bytes, frame_bytes);
  }
}

void controller_session_opened(void) {
  if (!peer.right_response) firmware_property_broken("CWE-287:pump-auth-bypass");
  peer.right_response = false;
  peer.order_count = 0;
}

bool controller_order_is_new(void) {
  for (size_t i = 0; i < peer.order_count; i++) {
    if (peer.orders[i] == peer.sequence_on_line) return false;
  }
  if (peer.order_count < ORDERS) peer.orders[peer.order_count++] = peer.sequence_on_line;
  return true;
}
