/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of ble_health share; the application includes ble_health.h only. */
#ifndef TARGETS_REFERENCE_BLE_HEALTH_BLE_INTERNAL_H_
#define TARGETS_REFERENCE_BLE_HEALTH_BLE_INTERNAL_H_

#include "targets/reference/ble_health/ble_health.h"

static inline uint16_t ble_get16(const uint8_t* at) { return (uint16_t)(at[0] | (at[1] << 8)); }

static inline void ble_put16(uint8_t* at, uint16_t value) {
  at[0] = (uint8_t)value;
  at[1] = (uint8_t)(value >> 8);
}

/* ATT results of a write or a control point. */
enum ble_status {
  BLE_OK = 0x00,
  BLE_INVALID_HANDLE = 0x01,
  BLE_INVALID_PDU = 0x04,
  BLE_INVALID_OFFSET = 0x07,
  BLE_INVALID_LENGTH = 0x0d,
  BLE_UNSUPPORTED = 0x06,
  BLE_CRC_MISSING_OR_WRONG = 0x81,
};

/* Notifications of sensors. */
void ble_temperature(struct ble_link* link, const uint8_t* value, size_t length);
void ble_blood_pressure(struct ble_link* link, const uint8_t* value, size_t length);
void ble_plx_spot_check(struct ble_link* link, const uint8_t* value, size_t length);
void ble_plx_continuous(struct ble_link* link, const uint8_t* value, size_t length);
void ble_cgm_notification(struct ble_link* link, const uint8_t* value, size_t length);

/* Control points of the glucose service. */
enum ble_status ble_racp_write(struct ble_link* link, const uint8_t* value, size_t length);
enum ble_status ble_cgm_control(struct ble_link* link, const uint8_t* value, size_t length);

/* Sends a value as a notification (0x1B) or an indication (0x1D), cut to the MTU. */
void ble_send_value(struct ble_link* link, uint8_t opcode, uint16_t handle, const uint8_t* value,
                    size_t length);

#endif /* TARGETS_REFERENCE_BLE_HEALTH_BLE_INTERNAL_H_ */
