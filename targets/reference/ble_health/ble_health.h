/* SPDX-License-Identifier: Apache-2.0
 *
 * The Bluetooth side of a bedside monitor: it collects the measurements of health sensors
 * (notifications) and hands its stored glucose records to a paired reader (writes to control
 * points).
 *
 *   sensor / reader --ATT, SMP PDUs--> ble_receive --> decoded measurements to hal.measurement
 *                   <---------------- hal.send
 *
 * Link states: idle -> pairing (SMP pairing request) ; glucose session: stopped <-> started
 * (control point 0x1A, 0x1B). Glucose records are decoded and kept only while a session runs; every
 * glucose record and every control point write ends with an E2E-CRC.
 *
 * Follows the Bluetooth SIG's public service specifications (HTS, BLS, PLXS, CGMS) in the layout of
 * characteristics; attribute handles are this device's own. One link per struct ble_link; not
 * reentrant; no heap; no OS. */
#ifndef TARGETS_REFERENCE_BLE_HEALTH_BLE_HEALTH_H_
#define TARGETS_REFERENCE_BLE_HEALTH_BLE_HEALTH_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BLE_CID_ATT 4u
#define BLE_CID_SMP 6u

#define BLE_HANDLE_DEVICE_NAME 0x0003u
#define BLE_HANDLE_TEMPERATURE 0x0010u
#define BLE_HANDLE_BLOOD_PRESSURE 0x0020u
#define BLE_HANDLE_PLX_SPOT_CHECK 0x0030u
#define BLE_HANDLE_PLX_CONTINUOUS 0x0031u
#define BLE_HANDLE_CGM_MEASUREMENT 0x0040u
#define BLE_HANDLE_CGM_STATUS 0x0041u
#define BLE_HANDLE_CGM_RACP 0x0044u
#define BLE_HANDLE_CGM_CONTROL 0x0045u

#define BLE_STORE_RECORDS 64u
#define BLE_KEY_BYTES 16u
#define BLE_MTU_DEFAULT 23u
#define BLE_MTU_MAX 247u
#define BLE_VALUE_NONE INT32_MIN /* a special SFLOAT or FLOAT: NaN, NRes, infinite, reserved */

enum ble_kind {
  BLE_TEMPERATURE,
  BLE_SYSTOLIC,
  BLE_DIASTOLIC,
  BLE_MEAN_PRESSURE,
  BLE_PULSE,
  BLE_SPO2,
  BLE_SPO2_FAST,
  BLE_SPO2_SLOW,
  BLE_PERFUSION,
  BLE_GLUCOSE,
  BLE_GLUCOSE_TREND,
};

struct ble_hal {
  void (*send)(void* context, uint16_t cid, const uint8_t* pdu, size_t length);
  void (*measurement)(void* context, enum ble_kind kind, int32_t value_milli);
  void (*random)(void* context, uint8_t* out, size_t length);
  void (*aes_encrypt)(void* context, const uint8_t key[BLE_KEY_BYTES], const uint8_t* in,
                      uint8_t* out);
  void* context;
};

struct ble_cgm_record {
  uint16_t time_offset_min;
  uint16_t glucose; /* SFLOAT, mg/dL */
  uint16_t trend;   /* SFLOAT, mg/dL/min */
  uint8_t status[3];
};

struct ble_link {
  struct ble_hal hal;
  uint8_t identity_key[BLE_KEY_BYTES];
  uint16_t mtu;
  bool pairing;
  bool session_started;
  uint8_t interval_min;
  uint16_t calibration_glucose;
  uint16_t high_alert, low_alert;
  struct ble_cgm_record store[BLE_STORE_RECORDS];
  size_t store_count;
  const struct ble_cgm_record* newest; /* NULL while the store is empty */
  uint16_t last_reported_min;
  uint32_t stored_ever;
  volatile uint32_t padding_seen; /* read by the service tool over SWD */
  uint8_t scratch[64]; /* values under construction, shared by attribute reads and pairing */
};

/* Starts a link as after a connection: default MTU, no session, empty store. Copies hal and key. */
void ble_init(struct ble_link* link, const struct ble_hal* hal, const uint8_t key[BLE_KEY_BYTES]);

/* Handles one PDU of a channel; malformed ones are answered with an ATT error or dropped. */
void ble_receive(struct ble_link* link, uint16_t cid, const uint8_t* pdu, size_t length);

/* CRC of the E2E-CRC fields: x^16+x^12+x^5+1, reflected, seed 0xFFFF. */
uint16_t ble_e2e_crc(const uint8_t* bytes, size_t length);

/* IEEE 11073-20601 numbers in thousandths, saturated; BLE_VALUE_NONE for the special values. */
int32_t ble_sfloat_to_milli(uint16_t raw);
int32_t ble_float_to_milli(uint32_t raw);

#ifdef __cplusplus
}
#endif

#endif /* TARGETS_REFERENCE_BLE_HEALTH_BLE_HEALTH_H_ */
