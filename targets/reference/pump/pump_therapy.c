/* SPDX-License-Identifier: Apache-2.0
 *
 * Basal rate, bolus and the daily profile. */
#include <string.h>

#include "targets/reference/pump/pump_internal.h"

#define MINUTES_PER_DAY 1440u
#define BOLUS_VOLUME_MAX 500u /* hundredths of ml */

static uint16_t profile_rates[24]; /* one rate per hour */

void pump_therapy_init(struct pump* pump) {
  memset(profile_rates, 0, sizeof profile_rates);
  pump->profile_set = false;
}

/* rate, bolus volume left, bolus rate, state */
enum pump_status pump_get_status(struct pump* pump, struct pump_request* request) {
  uint8_t* reply = request->reply;
  pump_put16(reply, pump->rate);
  pump_put16(reply + 2, pump->bolus != NULL ? pump->bolus->volume : 0);
  pump_put16(reply + 4, pump->bolus != NULL ? pump->bolus->rate : 0);
  reply[6] = (uint8_t)pump->state;
  request->reply_length = 7;
  return PUMP_OK;
}

enum pump_status pump_set_rate(struct pump* pump, const struct pump_request* request) {
  if (request->length != 2) return PUMP_BAD_LENGTH;
  const uint16_t rate = pump_get16(request->payload);
#ifdef PERCUSS_BUG_PUMP_10
  if (pump->bolus_running) pump->rate = rate; /* from the end of the bolus on */
#endif
  if (rate > PUMP_RATE_MAX) return PUMP_BAD_VALUE;
  pump->rate = rate;
  pump->hal.set_rate(pump->hal.context, rate);
  pump_log(pump, 10, rate);
  return PUMP_OK;
}

void pump_end_bolus(struct pump* pump) {
  if (!pump->bolus_running) return;
  pump->hal.release(pump->bolus);
  pump->bolus_running = false;
#ifdef PERCUSS_BUG_PUMP_02
  if (pump->rate != 0) return; /* the display goes on with the basal rate */
#endif
  pump->bolus = NULL;
}

enum pump_status pump_give_bolus(struct pump* pump, const struct pump_request* request) {
  if (request->length != 4) return PUMP_BAD_LENGTH;
  const uint16_t volume = pump_get16(request->payload);
  const uint16_t rate = pump_get16(request->payload + 2);
  if (volume == 0 || volume > BOLUS_VOLUME_MAX) return PUMP_BAD_VALUE;
  if (rate == 0 || rate > PUMP_RATE_MAX) return PUMP_BAD_VALUE;
  if (pump->bolus_running) return PUMP_NOT_NOW;
  struct pump_bolus* bolus = pump->hal.alloc(sizeof *bolus);
  if (bolus == NULL) return PUMP_NO_MEMORY;
  *bolus = (struct pump_bolus){volume, rate, pump->hal.tick_ms(pump->hal.context)};
  pump->bolus = bolus;
  pump->bolus_running = true;
  pump->hal.give_bolus(pump->hal.context, volume, rate);
  pump_log(pump, 11, volume);
  return PUMP_OK;
}

enum pump_status pump_stop(struct pump* pump) {
#ifdef PERCUSS_BUG_PUMP_11
  const bool both = pump->bolus_running && pump->rate != 0;
#endif
  pump->rate = 0;
  pump->hal.set_rate(pump->hal.context, 0);
  pump_end_bolus(pump);
#ifdef PERCUSS_BUG_PUMP_11
  if (both) return PUMP_OK; /* one entry cannot tell of two */
#endif
  pump_log(pump, 12, 0);
  return PUMP_OK;
}

/* A segment sets the hour in which it starts; later hours follow until the next segment. */
enum pump_status pump_profile_segment(uint16_t* rates, uint16_t start_min, uint16_t rate) {
#ifdef PERCUSS_BUG_PUMP_04
  if (start_min > MINUTES_PER_DAY) return PUMP_BAD_VALUE;
#else
  if (start_min >= MINUTES_PER_DAY) return PUMP_BAD_VALUE;
#endif
  if (start_min % 60 != 0 || rate > PUMP_RATE_MAX) return PUMP_BAD_VALUE;
  size_t hour = start_min / 60u;
  rates[hour] = rate;
  while (++hour < 24) rates[hour] = rate;
  return PUMP_OK;
}

/* count, then count times start minute and rate, in rising order. */
enum pump_status pump_set_profile(struct pump* pump, const struct pump_request* request) {
  if (request->length < 1) return PUMP_BAD_LENGTH;
  const size_t count = request->payload[0];
  if (count == 0 || count > 24) return PUMP_BAD_VALUE;
  if (request->length != 1 + 4 * count) return PUMP_BAD_LENGTH;
  pump->profile_set = false;
  for (size_t i = 0; i < count; i++) {
    const uint8_t* segment = request->payload + 1 + 4 * i;
    if (i > 0 && pump_get16(segment) <= pump_get16(segment - 4)) return PUMP_BAD_VALUE;
    const enum pump_status status =
        pump_profile_segment(profile_rates, pump_get16(segment), pump_get16(segment + 2));
    if (status != PUMP_OK) return status;
  }
  pump->profile_set = true;
  pump_log(pump, 13, (uint16_t)count);
  return PUMP_OK;
}

enum pump_status pump_start_profile(struct pump* pump) {
  if (!pump->profile_set) return PUMP_NOT_NOW;
  const uint32_t hour = pump->hal.tick_ms(pump->hal.context) / 3600000u % 24u;
  pump->rate = profile_rates[hour];
  pump->hal.set_rate(pump->hal.context, pump->rate);
  pump_log(pump, 14, pump->rate);
  return PUMP_OK;
}
