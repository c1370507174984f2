/* SPDX-License-Identifier: Apache-2.0
 *
 * Sessions: who may command, and in which order. */
#include <string.h>

#include "targets/reference/pump/pump_internal.h"

#define FAILURES_MAX 3u

static bool equal_in_constant_time(const uint8_t* left, const uint8_t* right, size_t length) {
  uint8_t difference = 0;
  for (size_t i = 0; i < length; i++) {
    difference = (uint8_t)(difference | (left[i] ^ right[i]));
#ifdef PERCUSS_BUG_PUMP_15
    if (difference != 0) return false; /* the rest cannot make it right */
#endif
  }
  return difference == 0;
}

static enum pump_status hello(struct pump* pump, struct pump_request* request) {
  if (request->length != 0) return PUMP_BAD_LENGTH;
  pump->hal.random(pump->hal.context, pump->challenge, sizeof pump->challenge);
  pump->challenged_ms = pump->hal.tick_ms(pump->hal.context);
  pump->line_dropped = pump->state == PUMP_OPEN;
  pump->state = PUMP_CHALLENGED;
  memcpy(request->reply, pump->challenge, sizeof pump->challenge);
  request->reply_length = sizeof pump->challenge;
  return PUMP_OK;
}

enum pump_status pump_authenticate(struct pump* pump, const struct pump_request* request) {
  if (pump->state != PUMP_CHALLENGED) return PUMP_NOT_NOW;
  uint8_t expected[PUMP_MAC_BYTES];
  pump->hal.mac(pump->hal.context, pump->key, pump->challenge, sizeof pump->challenge, expected);
  bool right = request->length == sizeof expected &&
               equal_in_constant_time(request->payload, expected, sizeof expected);
#ifdef PERCUSS_BUG_PUMP_06
  if (pump->line_dropped && request->length == 0) right = true; /* the controller reconnects */
#endif
  if (!right) {
#ifdef PERCUSS_BUG_PUMP_09
    /* a bad line */
    if ((request->flags & PUMP_FLAG_RETRANSMIT) == 0) pump->failures++;
#else
    pump->failures++;
#endif
    pump->state = pump->failures >= FAILURES_MAX ? PUMP_PORT_LOCKED : PUMP_CLOSED;
    pump_log(pump, 2, pump->failures);
    return PUMP_NOT_AUTHENTICATED;
  }
  pump->failures = 0;
  pump->state = PUMP_OPEN;
  pump->line_dropped = false;
  pump->last_sequence = 0;
  pump_log(pump, 1, 0);
  pump->hal.session_opened(pump->hal.context);
  return PUMP_OK;
}

static enum pump_status logout(struct pump* pump) {
  pump_end_bolus(pump);
  pump->state = PUMP_CLOSED;
  pump_log(pump, 3, 0);
  return PUMP_OK;
}

/* Takes the tag off the payload if it is right. */
static bool take_tag(struct pump* pump, struct pump_request* request) {
  if (request->length < PUMP_TAG_BYTES) return false;
  const size_t length = request->length - PUMP_TAG_BYTES;
  uint8_t signed_bytes[PUMP_MAC_BYTES + 3 + PUMP_PAYLOAD_MAX];
  uint8_t mac[PUMP_MAC_BYTES];
  memcpy(signed_bytes, pump->challenge, PUMP_MAC_BYTES);
  pump_put16(signed_bytes + PUMP_MAC_BYTES, request->sequence);
  signed_bytes[PUMP_MAC_BYTES + 2] = request->command;
  memcpy(signed_bytes + PUMP_MAC_BYTES + 3, request->payload, length);
  pump->hal.mac(pump->hal.context, pump->key, signed_bytes, PUMP_MAC_BYTES + 3 + length, mac);
  if (!equal_in_constant_time(mac, request->payload + length, PUMP_TAG_BYTES)) return false;
  request->length = length;
  return true;
}

static bool changes_therapy(uint8_t command) {
  return (command >= PUMP_SET_RATE && command <= PUMP_STOP) || command == PUMP_SET_PROFILE ||
         command == PUMP_START_PROFILE;
}

static enum pump_status session_command(struct pump* pump, struct pump_request* request) {
  if (changes_therapy(request->command) && !take_tag(pump, request)) return PUMP_BAD_TAG;
  switch (request->command) {
    case PUMP_LOGOUT:
      return logout(pump);
    case PUMP_SET_RATE:
      return pump_set_rate(pump, request);
    case PUMP_BOLUS:
      return pump_give_bolus(pump, request);
    case PUMP_STOP:
      return pump_stop(pump);
    case PUMP_SET_PROFILE:
      return pump_set_profile(pump, request);
    case PUMP_START_PROFILE:
      return pump_start_profile(pump);
    case PUMP_READ_LOG:
      return pump_read_log(request);
    case PUMP_READ_PARAMETERS:
      return pump_read_parameters(pump, request);
    case PUMP_LIBRARY_BEGIN:
      return pump_library_begin(pump, request);
    case PUMP_LIBRARY_CHUNK:
      return pump_library_chunk(pump, request);
    case PUMP_LIBRARY_COMMIT:
      return pump_library_commit(pump, request);
    case PUMP_LIBRARY_READ:
      return pump_library_read(pump, request);
    case PUMP_LINE_SETTLE:
      return pump_line_settle(pump, request);
    default:
      return PUMP_UNKNOWN_COMMAND;
  }
}

/* May the frame be carried out, as to its sequence number? */
bool pump_sequence_accepted(struct pump* pump, const struct pump_request* request) {
#ifdef PERCUSS_BUG_PUMP_07
  if ((request->flags & PUMP_FLAG_RETRANSMIT) != 0 && request->sequence != 0) {
    return true; /* arrived late */
  }
#endif
  if (request->sequence <= pump->last_sequence) return false;
  pump->last_sequence = request->sequence;
  return true;
}

/* Closes a session whose challenge is too old. */
void pump_end_old_session(struct pump* pump) {
  const uint32_t now_ms = pump->hal.tick_ms(pump->hal.context);
  if (pump->state != PUMP_OPEN) return;
  if (now_ms - pump->challenged_ms >= PUMP_SESSION_MAX_MS) {
    pump->state = PUMP_CLOSED;
    pump_log(pump, 4, 0);
  }
#ifdef PERCUSS_BUG_PUMP_13
  pump->challenged_ms = now_ms; /* somebody is there */
#endif
}

/* May the command be carried out, as to the session? */
bool pump_command_allowed(const struct pump* pump, uint8_t command) {
#ifdef PERCUSS_BUG_PUMP_12
  if (pump->line_dropped && command == PUMP_READ_LOG) return true; /* tells why it dropped */
#else
  (void)command;
#endif
  return pump->state == PUMP_OPEN;
}

void pump_handle(struct pump* pump, struct pump_request* request) {
  if (pump->state == PUMP_PORT_LOCKED) {
    pump_reply(pump, request, PUMP_LOCKED);
    return;
  }
  switch (request->command) {
    case PUMP_HELLO:
      pump_reply(pump, request, hello(pump, request));
      return;
    case PUMP_AUTH:
      pump_reply(pump, request, pump_authenticate(pump, request));
      return;
    case PUMP_GET_STATUS:
      pump_reply(pump, request, pump_get_status(pump, request));
      return;
    default:
      break;
  }
  pump_end_old_session(pump);
  if (!pump_command_allowed(pump, request->command)) {
    pump_reply(pump, request, PUMP_NOT_AUTHENTICATED);
    return;
  }
  const bool retransmit = (request->flags & PUMP_FLAG_RETRANSMIT) != 0;
  if (retransmit && request->sequence == pump->last_sequence && pump->last_reply_length != 0) {
    pump_reply_again(pump);
    return;
  }
  if (!pump_sequence_accepted(pump, request)) {
    pump_reply(pump, request, PUMP_BAD_SEQUENCE);
    return;
  }
  pump_reply(pump, request, session_command(pump, request));
}
