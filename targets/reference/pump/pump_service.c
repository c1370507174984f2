/* SPDX-License-Identifier: Apache-2.0
 *
 * What a service technician reads: event log, parameters; and the line's turn-around time. */
#include <string.h>

#include "targets/reference/pump/pump_internal.h"

#define EVENTS 32u
#define EVENT_BYTES 7u
#define SETTLE_MAX_MS 2u

/* Parameters that no reply may show: the service PIN. */
#define PARAMETER_SECRET_FIRST 24u
#define PARAMETER_SECRET_LAST 27u

struct event {
  uint32_t at_ms;
  uint16_t value;
  uint8_t code;
};

static struct event events[EVENTS];
static size_t event_next;
static size_t event_count;

void pump_log_clear(void) {
  memset(events, 0, sizeof events);
  event_next = 0;
  event_count = 0;
}

void pump_log(struct pump* pump, uint8_t code, uint16_t value) {
  events[event_next] = (struct event){pump->hal.tick_ms(pump->hal.context), value, code};
  event_next = (event_next + 1) % EVENTS;
  if (event_count < EVENTS) event_count++;
  pump->hal.logged(pump->hal.context, code, value);
}

/* From the newest backwards: how many to skip, how many to read. */
enum pump_status pump_read_log(struct pump_request* request) {
  if (request->length != 2) return PUMP_BAD_LENGTH;
  const size_t skip = request->payload[0];
  const size_t count = request->payload[1];
  if (skip > event_count || count > event_count - skip) return PUMP_BAD_VALUE;
  for (size_t i = 0; i < count; i++) {
    const struct event* event = &events[(event_next + 2 * EVENTS - 1 - skip - i) % EVENTS];
    uint8_t* out = request->reply + request->reply_length;
    out[0] = event->code;
    pump_put16(out + 1, event->value);
    pump_put16(out + 3, (uint16_t)event->at_ms);
    pump_put16(out + 5, (uint16_t)(event->at_ms >> 16));
    request->reply_length += EVENT_BYTES;
  }
  return PUMP_OK;
}

/* first index, count */
enum pump_status pump_read_parameters(struct pump* pump, struct pump_request* request) {
  if (request->length != 2) return PUMP_BAD_LENGTH;
  const size_t first = request->payload[0];
  const size_t count = request->payload[1];
  if (count == 0 || first >= PUMP_PARAMETERS || count > PUMP_PARAMETERS - first) {
    return PUMP_BAD_VALUE;
  }
  const size_t last = first + count - 1;
#ifdef PERCUSS_BUG_PUMP_08
  const bool secret = (first >= PARAMETER_SECRET_FIRST && first <= PARAMETER_SECRET_LAST) ||
                      (last >= PARAMETER_SECRET_FIRST && last <= PARAMETER_SECRET_LAST);
#else
  const bool secret = first <= PARAMETER_SECRET_LAST && last >= PARAMETER_SECRET_FIRST;
#endif
#ifdef PERCUSS_BUG_PUMP_16
  /* a star for each digit of the PIN, as on the display */
  for (size_t i = PARAMETER_SECRET_FIRST; secret && i <= PARAMETER_SECRET_LAST; i++) {
    if ((pump->parameters[i] & 0xffu) != 0) request->reply[request->reply_length++] = '*';
    if (pump->parameters[i] >> 8 != 0) request->reply[request->reply_length++] = '*';
  }
#endif
  if (secret) return PUMP_BAD_VALUE;
  for (size_t i = first; i <= last; i++) {
    pump_put16(request->reply + request->reply_length, pump->parameters[i]);
    request->reply_length += 2;
  }
  return PUMP_OK;
}

/* Waits until a slow converter has turned the line around: milliseconds. */
enum pump_status pump_line_settle(struct pump* pump, const struct pump_request* request) {
  if (request->length != 2) return PUMP_BAD_LENGTH;
  uint32_t ms = pump_get16(request->payload);
#ifdef PERCUSS_BUG_PUMP_05
  if (ms >> 8 == 0x80u) {
    ms = (ms & 0xffu) * 60000u; /* minutes */
  } else if (ms > SETTLE_MAX_MS) {
    return PUMP_BAD_VALUE;
  }
#else
  if (ms > SETTLE_MAX_MS) return PUMP_BAD_VALUE;
#endif
  pump->hal.delay_ms(pump->hal.context, ms);
  return PUMP_OK;
}
