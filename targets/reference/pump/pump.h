/* SPDX-License-Identifier: Apache-2.0
 *
 * The service and control port of an infusion pump: a serial line with framing, sessions and
 * commands.
 *
 *   frame     7E, stuffed(flags, sequence (2), command, payload (0..240), CRC (2)), 7E
 *   stuffing  7D, byte xor 20 for 7E and 7D; all integers little-endian
 *   CRC       CCITT polynomial 1021, seed FFFF, over everything between the flags but itself
 *
 * Session: closed --HELLO--> challenged --AUTH(MAC of the challenge)--> open --LOGOUT--> closed.
 * No command is carried out eight hours after the challenge of its session or later.
 * Three wrong responses lock the port until power-off. What opens a session, fails to, or changes
 * the therapy is in the event log before it is answered; what is refused leaves rate and bolus as
 * they are. Without a session only HELLO, AUTH and GET_STATUS are answered. In an open session
 * every frame's sequence number is larger than the one before; a repeated last number with
 * PUMP_FLAG_RETRANSMIT gets the same reply again and does nothing. Commands that change the therapy
 * end with a tag: the first four bytes of the MAC over challenge, sequence number, command and
 * payload.
 *
 * One pump per struct pump, not reentrant. Heap through hal.alloc: the bolus in delivery and the
 * drug library; pump_close returns both. */
#ifndef TARGETS_REFERENCE_PUMP_PUMP_H_
#define TARGETS_REFERENCE_PUMP_PUMP_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PUMP_FRAME_MAX 246u /* unstuffed: flags, sequence, command, payload, CRC */
#define PUMP_PAYLOAD_MAX 240u
#define PUMP_MAC_BYTES 8u
#define PUMP_TAG_BYTES 4u
#define PUMP_KEY_BYTES 16u
#define PUMP_PARAMETERS 32u
#define PUMP_RATE_MAX 9999u /* tenths of ml/h */
#define PUMP_SESSION_MAX_MS 28800000u

#define PUMP_FLAG_RETRANSMIT 0x01u
#define PUMP_FLAG_REPLY 0x80u

enum pump_command {
  PUMP_HELLO = 0x01,
  PUMP_AUTH = 0x02,
  PUMP_LOGOUT = 0x03,
  PUMP_GET_STATUS = 0x10,
  PUMP_SET_RATE = 0x11,
  PUMP_BOLUS = 0x12,
  PUMP_STOP = 0x13,
  PUMP_SET_PROFILE = 0x20,
  PUMP_START_PROFILE = 0x21,
  PUMP_READ_LOG = 0x30,
  PUMP_READ_PARAMETERS = 0x31,
  PUMP_LIBRARY_BEGIN = 0x40,
  PUMP_LIBRARY_CHUNK = 0x41,
  PUMP_LIBRARY_COMMIT = 0x42,
  PUMP_LIBRARY_READ = 0x43,
  PUMP_LINE_SETTLE = 0x50,
};

enum pump_status {
  PUMP_OK = 0,
  PUMP_BAD_LENGTH = 1,
  PUMP_BAD_VALUE = 2,
  PUMP_NOT_AUTHENTICATED = 3,
  PUMP_BAD_SEQUENCE = 4,
  PUMP_BAD_TAG = 5,
  PUMP_LOCKED = 6,
  PUMP_NO_MEMORY = 7,
  PUMP_NOT_NOW = 8,
  PUMP_UNKNOWN_COMMAND = 9,
};

struct pump_hal {
  void* (*alloc)(size_t size);
  void (*release)(void* block);
  void (*send)(void* context, const uint8_t* bytes, size_t length); /* stuffed, with both 7E */
  void (*delay_ms)(void* context, uint32_t ms);
  uint32_t (*tick_ms)(void* context);
  void (*random)(void* context, uint8_t* out, size_t length);
  void (*mac)(void* context, const uint8_t key[PUMP_KEY_BYTES], const uint8_t* in, size_t length,
              uint8_t out[PUMP_MAC_BYTES]);
  void (*session_opened)(void* context); /* the display shows "remote control" */
  void (*set_rate)(void* context, uint16_t rate);
  void (*give_bolus)(void* context, uint16_t volume, uint16_t rate);
  void (*logged)(void* context, uint8_t code, uint16_t value); /* the log has a new entry */
  void* context;
};

enum pump_session_state { PUMP_CLOSED, PUMP_CHALLENGED, PUMP_OPEN, PUMP_PORT_LOCKED };

struct pump_bolus {
  uint16_t volume;
  uint16_t rate;
  uint32_t started_ms;
};

struct pump_library {
  uint32_t entry_size;
  uint32_t entry_count;
  uint32_t reserved[2];
  uint8_t data[];
};

struct pump {
  struct pump_hal hal;
  uint8_t key[PUMP_KEY_BYTES];
  uint16_t parameters[PUMP_PARAMETERS];

  uint8_t frame[PUMP_FRAME_MAX];
  size_t frame_length;
  bool escaped, overrun;

  enum pump_session_state state;
  uint8_t challenge[PUMP_MAC_BYTES];
  uint32_t challenged_ms;
  uint8_t failures;
  bool line_dropped; /* the last session ended without LOGOUT; shown in the service menu */
  uint16_t last_sequence;
  uint8_t last_reply[PUMP_FRAME_MAX];
  size_t last_reply_length;

  uint16_t rate;
  struct pump_bolus* bolus;
  bool bolus_running;
  bool profile_set;

  struct pump_library* library;
  uint32_t library_bytes, library_received;
  bool library_committed;
};

/* Powers the pump on: empty log and profile, no session. Copies hal, key and parameters. */
void pump_init(struct pump* pump, const struct pump_hal* hal, const uint8_t key[PUMP_KEY_BYTES],
               const uint16_t parameters[PUMP_PARAMETERS]);

/* Takes the next byte from the line; a complete frame is handled and answered before it returns. */
void pump_receive(struct pump* pump, uint8_t byte);

/* Powers the pump off: returns all memory. */
void pump_close(struct pump* pump);

uint16_t pump_crc(const uint8_t* bytes, size_t length);

#ifdef __cplusplus
}
#endif

#endif /* TARGETS_REFERENCE_PUMP_PUMP_H_ */
