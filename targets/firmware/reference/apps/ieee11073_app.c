/* SPDX-License-Identifier: Apache-2.0
 *
 * The monitor's manager for IEEE 11073-20601 agents on a serial transport. The input is the byte
 * stream of one agent; APDUs go out on the line. */
#include <stdlib.h>

#include "targets/firmware/reference/firmware.h"
#include "targets/reference/ieee11073/mdc.h"

/* As in harnesses/ieee11073_apdu_harness.cc: the device's own pacing is skipped, or few inputs
 * would run. */
#define NOTICEABLE_MS 500u

static void DelayMs(uint32_t delay_ms) {
  if (delay_ms >= NOTICEABLE_MS) ticks_delay_ms(delay_ms);
}

static const struct mdc_hal hal = {malloc, free, DelayMs};

static void CheckApdu(void* user, const uint8_t* bytes, size_t count) {
  (void)user;
  if (count < 4 || (size_t)(bytes[2] << 8 | bytes[3]) != count - 4) {
    firmware_property_broken("IEEE11073-APDU-LENGTH");
  }
  line_write(bytes, count);
}

static void CheckObservation(void* user, const struct mdc_observation* observation) {
  (void)user;
  if (observation->value_count > MDC_COMPOUND_VALUES) {
    firmware_property_broken("IEEE11073-VALUE-COUNT");
  }
}

static const struct mdc_callbacks callbacks = {NULL, CheckApdu, CheckObservation};

void app_open(void) { mdc_open(&hal, &callbacks); }

void app_receive(const uint8_t* bytes, size_t count) { mdc_receive(bytes, count); }

void app_close(void) { mdc_close(); }
