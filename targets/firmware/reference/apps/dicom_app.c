/* SPDX-License-Identifier: Apache-2.0
 *
 * The monitor's DICOM server behind a serial gateway. The input is the byte stream of its peer;
 * PDUs go out on the line. */
#include <stdlib.h>

#include "targets/firmware/reference/firmware.h"
#include "targets/reference/dicom/dicom.h"

static const struct dicom_hal hal = {malloc, free};

static void CheckPdu(void* user, const uint8_t* bytes, size_t count) {
  (void)user;
  const size_t length = count < 6 ? 0
                                  : (size_t)bytes[2] << 24 | (size_t)bytes[3] << 16 |
                                        (size_t)bytes[4] << 8 | bytes[5];
  if (count < 6 || length != count - 6) firmware_property_broken("DICOM-PDU-LENGTH");
  line_write(bytes, count);
}

static void IgnorePreview(void* user, const struct dicom_preview* preview) {
  (void)user;
  (void)preview;
}

static const struct dicom_callbacks callbacks = {NULL, CheckPdu, IgnorePreview};

void app_open(void) { dicom_open(&hal, &callbacks); }

void app_receive(const uint8_t* bytes, size_t count) { dicom_receive(bytes, count); }

void app_close(void) { dicom_close(); }
