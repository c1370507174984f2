/* SPDX-License-Identifier: Apache-2.0
 *
 * The monitor's HL7 link behind a serial gateway. The input is the byte stream of one connection;
 * acknowledgements go out on the line. */
#include <stdlib.h>
#include <string.h>

#include "targets/firmware/reference/firmware.h"
#include "targets/reference/hl7/hl7.h"

static const struct hl7_hal hal = {malloc, free};

static void CheckBlock(void* user, const uint8_t* bytes, size_t count) {
  (void)user;
  if (count < 3 || bytes[0] != 0x0b || bytes[count - 2] != 0x1c || bytes[count - 1] != 0x0d) {
    firmware_property_broken("HL7-ACK-FRAMED");
  }
  line_write(bytes, count);
}

static void CheckObservation(void* user, const struct hl7_observation* observation) {
  (void)user;
  if (memchr(observation->units, 0, sizeof observation->units) == NULL) {
    firmware_property_broken("HL7-UNITS-TERMINATED");
  }
}

static const struct hl7_callbacks callbacks = {NULL, CheckBlock, CheckObservation};

void app_open(void) { hl7_open(&hal, &callbacks); }

void app_receive(const uint8_t* bytes, size_t count) { hl7_receive(bytes, count); }

void app_close(void) { hl7_close(); }
