/* SPDX-License-Identifier: Apache-2.0
 *
 * The infusion pump's control port. The input is that of harnesses/pump_serial_harness.cc; what the
 * pump sends goes out on the line. Functions that targets/reference/pump/EXPECT.json knows have the
 * names that it gives. */
#include <stdlib.h>
#include <string.h>

#include "targets/firmware/reference/apps/pump_controller.h"
#include "targets/firmware/reference/crypto/siphash.h"
#include "targets/firmware/reference/firmware.h"
#include "targets/firmware/reference/record_stream.h"

#define MINUTES_PER_RECORD 10u
#define PIN_PARAMETER 24u
#define RECORDS_MAX 128u

static struct pump device;
static struct record_stream records;
static uint8_t record[255];
static uint32_t now_ms;
static uint32_t random_state;

static void PumpSend(void* context, const uint8_t* bytes, size_t length) {
  (void)context;
  line_write(bytes, length);
  controller_reply(bytes, length);
}

static void PumpDelayMs(void* context, uint32_t ms) {
  (void)context;
  ticks_delay_ms(ms);
}

static uint32_t PumpTickMs(void* context) {
  (void)context;
  return now_ms;
}

/* The same challenges after every power-on, as in the harness: captures stay valid. */
static void PumpRandom(void* context, uint8_t* out, size_t length) {
  (void)context;
  for (size_t i = 0; i < length; i++) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    out[i] = (uint8_t)random_state;
  }
}

static void PumpMac(void* context, const uint8_t* key, const uint8_t* in, size_t length,
                    uint8_t* out) {
  (void)context;
  siphash(key, in, length, out);
}

static void PumpSessionOpened(void* context) {
  (void)context;
  controller_session_opened();
}

static __attribute__((noinline)) void PumpCarriedOut(void) {
  if (!controller_order_is_new()) firmware_property_broken("CWE-294:pump-replay");
}

static void PumpSetRate(void* context, uint16_t rate) {
  (void)context;
  if (rate > PUMP_RATE_MAX) firmware_property_broken("CWE-1284:pump-rate-limit");
  PumpCarriedOut();
}

static void PumpGiveBolus(void* context, uint16_t volume, uint16_t rate) {
  (void)volume;
  PumpSetRate(context, rate);
}

/* The board has no second log. */
static void PumpLogged(void* context, uint8_t code, uint16_t value) {
  (void)context;
  (void)code;
  (void)value;
}

static const struct pump_hal hal = {malloc,      free,          PumpSend,   PumpDelayMs,
                                    PumpTickMs,  PumpRandom,    PumpMac,    PumpSessionOpened,
                                    PumpSetRate, PumpGiveBolus, PumpLogged, NULL};

static size_t record_length(const uint8_t* header) { return header[1]; }

static void take_record(const uint8_t* header, const uint8_t* bytes, size_t count) {
  now_ms += MINUTES_PER_RECORD * 60000u;
  controller_send_record(header[0], bytes, count);
}

static const struct record_format format = {2,           record_length, take_record,
                                            RECORDS_MAX, record,        sizeof record};

void app_open(void) {
  uint16_t parameters[PUMP_PARAMETERS];
  for (size_t i = 0; i < PUMP_PARAMETERS; i++) parameters[i] = (uint16_t)(100 + i);
  memcpy(parameters + PIN_PARAMETER, pump_test_pin, sizeof pump_test_pin);
  now_ms = 0;
  random_state = 0x1d872b41u;
  pump_init(&device, &hal, pump_test_key, parameters);
  controller_open(&device);
  record_stream_open(&records, &format);
}

void app_receive(const uint8_t* bytes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    controller_note_input(bytes[i]);
    record_stream_receive(&records, bytes[i]);
  }
}

void app_close(void) {
  record_stream_close(&records);
  pump_close(&device);
}
