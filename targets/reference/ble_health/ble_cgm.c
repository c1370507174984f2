/* SPDX-License-Identifier: Apache-2.0
 *
 * Continuous glucose: measurement records, the record store with its access control point, the
 * session's control point. */
#include <string.h>

#include "targets/reference/ble_health/ble_internal.h"

#define RECORD_FIXED_BYTES 6u /* size, flags, glucose, time offset */
#define CRC_BYTES 2u
#define TREND_RECORDS 3u /* how many records back the trend looks */

uint16_t ble_e2e_crc(const uint8_t* bytes, size_t length) {
  uint16_t crc = 0xffffu;
  for (size_t i = 0; i < length; i++) {
    crc = (uint16_t)(crc ^ bytes[i]);
    for (int bit = 0; bit < 8; bit++) {
      crc = (uint16_t)((crc & 1u) != 0 ? (crc >> 1) ^ 0x8408u : crc >> 1);
    }
  }
  return crc;
}

static bool crc_genuine(const uint8_t* bytes, size_t length) {
  return ble_get16(bytes + length - CRC_BYTES) == ble_e2e_crc(bytes, length - CRC_BYTES);
}

/* Change in thousandths of mg/dL per minute since the record before, for sensors that send no
 * trend. */
int32_t ble_cgm_slope(const struct ble_cgm_record* before, const struct ble_cgm_record* now) {
  const int32_t from = ble_sfloat_to_milli(before->glucose);
  const int32_t to = ble_sfloat_to_milli(now->glucose);
  if (from == BLE_VALUE_NONE || to == BLE_VALUE_NONE) return 0;
  const int64_t minutes = (int64_t)now->time_offset_min - before->time_offset_min;
#ifndef PERCUSS_BUG_BLE_02
  if (minutes == 0) return 0;
#endif
  const int64_t slope = ((int64_t)to - from) / minutes;
  return slope > INT32_MAX ? INT32_MAX : slope < -INT32_MAX ? -INT32_MAX : (int32_t)slope;
}

static void find_newest(struct ble_link* link) {
  link->newest = link->store_count == 0 ? NULL : &link->store[link->store_count - 1];
}

static void store_record(struct ble_link* link, const struct ble_cgm_record* record) {
  if (link->store_count == BLE_STORE_RECORDS) {
    memmove(link->store, link->store + 1, sizeof link->store - sizeof link->store[0]);
    link->store_count--;
  }
  link->store[link->store_count++] = *record;
  link->stored_ever++;
  find_newest(link);
}

/* One record of `size` bytes, CRC included. */
static void cgm_record(struct ble_link* link, const uint8_t* bytes, size_t size) {
  if (!crc_genuine(bytes, size)) return;
  const size_t end = size - CRC_BYTES;
  const uint8_t flags = bytes[1];
  struct ble_cgm_record record = {
      .glucose = ble_get16(bytes + 2), .time_offset_min = ble_get16(bytes + 4), .trend = 0x07ffu};
  size_t at = RECORD_FIXED_BYTES;
  for (size_t octet = 0; octet < 3; octet++) {
    if ((flags & (0x80u >> octet)) == 0) continue;
    if (at >= end) return;
    record.status[octet] = bytes[at++];
  }
  const bool has_trend = (flags & 1u) != 0;
  if (has_trend) {
    if (end - at < 2) return;
    record.trend = ble_get16(bytes + at);
    at += 2;
  }
  if ((flags & 2u) != 0 && end - at < 2) return;
  const int32_t glucose = ble_sfloat_to_milli(record.glucose);
  if (glucose == BLE_VALUE_NONE) return;
  link->hal.measurement(link->hal.context, BLE_GLUCOSE, glucose);
  int32_t trend = ble_sfloat_to_milli(record.trend);
  if (!has_trend && link->store_count >= TREND_RECORDS) {
    trend = ble_cgm_slope(&link->store[link->store_count - TREND_RECORDS], &record);
  }
  if (trend != BLE_VALUE_NONE) link->hal.measurement(link->hal.context, BLE_GLUCOSE_TREND, trend);
  store_record(link, &record);
}

/* A notification may carry several records; each starts with its size. */
void ble_cgm_notification(struct ble_link* link, const uint8_t* value, size_t length) {
  if (!link->session_started) return;
  size_t at = 0;
  while (at < length) {
    const size_t size = value[at];
#ifdef PERCUSS_BUG_BLE_05
    if (size == 0 && link->interval_min == 0) { /* fast mode: sensors pad between records */
      link->padding_seen++;
      at += size;
      continue;
    }
#endif
    if (size < RECORD_FIXED_BYTES + CRC_BYTES || size > length - at) return;
    cgm_record(link, value + at, size);
    at += size;
  }
}

static void send_record(struct ble_link* link, const struct ble_cgm_record* record) {
  uint8_t value[13] = {sizeof value, 0xe1};
  ble_put16(value + 2, record->glucose);
  ble_put16(value + 4, record->time_offset_min);
  memcpy(value + 6, record->status, sizeof record->status);
  ble_put16(value + 9, record->trend);
  ble_put16(value + 11, ble_e2e_crc(value, sizeof value - CRC_BYTES));
  ble_send_value(link, 0x1b, BLE_HANDLE_CGM_MEASUREMENT, value, sizeof value);
}

/* Record access control point: opcode, operator, operand. */
enum { RACP_REPORT = 1, RACP_DELETE = 2, RACP_ABORT = 3, RACP_NUMBER = 4 };
enum { RACP_ALL = 1, RACP_UP_TO = 2, RACP_FROM = 3, RACP_RANGE = 4, RACP_FIRST = 5, RACP_LAST = 6 };
enum { RACP_SUCCESS = 1, RACP_NOT_SUPPORTED = 2, RACP_INVALID_OPERAND = 5, RACP_NO_RECORDS = 6 };

struct racp_filter {
  uint16_t from_min, to_min;
};

static bool racp_filter(const uint8_t* value, size_t length, struct racp_filter* out) {
  *out = (struct racp_filter){0, UINT16_MAX};
  const uint8_t op = value[1];
  if (op == RACP_ALL) return length == 2;
  if (length < 5 || value[2] != 1) return false; /* filter by time offset is the only type */
  const uint16_t first = ble_get16(value + 3);
  if (op == RACP_UP_TO) out->to_min = first;
  if (op == RACP_FROM) out->from_min = first;
  if (op == RACP_RANGE) {
    if (length < 7) return false;
    out->from_min = first;
    out->to_min = ble_get16(value + 5);
  }
  return op >= RACP_UP_TO && op <= RACP_RANGE && out->from_min <= out->to_min;
}

static bool racp_matches(const struct racp_filter* filter, const struct ble_cgm_record* record) {
  return record->time_offset_min >= filter->from_min && record->time_offset_min <= filter->to_min;
}

uint8_t ble_racp_report_last(struct ble_link* link) {
#ifdef PERCUSS_BUG_BLE_04
  if (link->stored_ever == 0) return RACP_NO_RECORDS;
#else
  if (link->newest == NULL) return RACP_NO_RECORDS;
#endif
  const struct ble_cgm_record* newest = link->newest;
  link->last_reported_min = newest->time_offset_min;
  send_record(link, newest);
  return RACP_SUCCESS;
}

static uint8_t racp_report(struct ble_link* link, const uint8_t* value, size_t length) {
  if (value[1] == RACP_LAST) return ble_racp_report_last(link);
  if (value[1] == RACP_FIRST) {
    if (link->store_count == 0) return RACP_NO_RECORDS;
    send_record(link, &link->store[0]);
    return RACP_SUCCESS;
  }
  struct racp_filter filter;
  if (!racp_filter(value, length, &filter)) return RACP_INVALID_OPERAND;
  uint8_t result = RACP_NO_RECORDS;
  for (size_t i = 0; i < link->store_count; i++) {
    if (!racp_matches(&filter, &link->store[i])) continue;
    send_record(link, &link->store[i]);
    result = RACP_SUCCESS;
  }
  return result;
}

static uint8_t racp_delete(struct ble_link* link, const uint8_t* value, size_t length) {
  struct racp_filter filter;
  if (!racp_filter(value, length, &filter)) return RACP_INVALID_OPERAND;
  size_t kept = 0;
  for (size_t i = 0; i < link->store_count; i++) {
    if (!racp_matches(&filter, &link->store[i])) link->store[kept++] = link->store[i];
  }
  const uint8_t result = kept == link->store_count ? RACP_NO_RECORDS : RACP_SUCCESS;
  link->store_count = kept;
  find_newest(link);
  return result;
}

enum ble_status ble_racp_write(struct ble_link* link, const uint8_t* value, size_t length) {
  if (length < 2) return BLE_INVALID_LENGTH;
  uint8_t reply[4] = {6, 0, value[0], RACP_NOT_SUPPORTED};
  struct racp_filter filter;
  switch (value[0]) {
    case RACP_REPORT:
      reply[3] = racp_report(link, value, length);
      break;
    case RACP_DELETE:
      reply[3] = racp_delete(link, value, length);
      break;
    case RACP_ABORT:
      reply[3] = RACP_SUCCESS;
      break;
    case RACP_NUMBER:
      if (!racp_filter(value, length, &filter)) {
        reply[3] = RACP_INVALID_OPERAND;
        break;
      }
      uint16_t count = 0;
      for (size_t i = 0; i < link->store_count; i++) {
        if (racp_matches(&filter, &link->store[i])) count++;
      }
      reply[0] = 5;
      ble_put16(reply + 2, count);
      break;
    default:
      break;
  }
  ble_send_value(link, 0x1d, BLE_HANDLE_CGM_RACP, reply, sizeof reply);
  return BLE_OK;
}

/* Control point of the session: opcode, operand, CRC. */
enum {
  CONTROL_SET_INTERVAL = 0x01,
  CONTROL_GET_INTERVAL = 0x02,
  CONTROL_SET_CALIBRATION = 0x04,
  CONTROL_SET_HIGH_ALERT = 0x07,
  CONTROL_GET_HIGH_ALERT = 0x08,
  CONTROL_SET_LOW_ALERT = 0x0a,
  CONTROL_START_SESSION = 0x1a,
  CONTROL_STOP_SESSION = 0x1b,
  CONTROL_RESPONSE = 0x1c,
};
enum { CONTROL_SUCCESS = 1, CONTROL_NOT_SUPPORTED = 2, CONTROL_INVALID = 3, CONTROL_NOT_NOW = 4 };

static void send_control(struct ble_link* link, const uint8_t* bytes, size_t length) {
  uint8_t value[8];
  memcpy(value, bytes, length);
  ble_put16(value + length, ble_e2e_crc(value, length));
  ble_send_value(link, 0x1d, BLE_HANDLE_CGM_CONTROL, value, length + CRC_BYTES);
}

/* Calibration record: glucose, time, type and site, next calibration, record number, status. */
uint8_t ble_cgm_set_calibration(struct ble_link* link, const uint8_t* operand, size_t length) {
  uint8_t record[10];
#ifdef PERCUSS_BUG_BLE_03
  if (length < sizeof record) return CONTROL_INVALID;
#else
  if (length != sizeof record) return CONTROL_INVALID;
#endif
  if (!link->session_started) return CONTROL_NOT_NOW;
  memcpy(record, operand, length);
  if (ble_sfloat_to_milli(ble_get16(record)) <= 0 || record[9] != 0) return CONTROL_INVALID;
  link->calibration_glucose = ble_get16(record);
  return CONTROL_SUCCESS;
}

static uint8_t control_set(struct ble_link* link, uint8_t opcode, const uint8_t* operand,
                           size_t length) {
  switch (opcode) {
    case CONTROL_SET_INTERVAL:
      if (length != 1) return CONTROL_INVALID;
      link->interval_min = operand[0];
      return CONTROL_SUCCESS;
    case CONTROL_SET_CALIBRATION:
      return ble_cgm_set_calibration(link, operand, length);
    case CONTROL_SET_HIGH_ALERT:
    case CONTROL_SET_LOW_ALERT:
      if (length != 2 || ble_sfloat_to_milli(ble_get16(operand)) <= 0) return CONTROL_INVALID;
      *(opcode == CONTROL_SET_HIGH_ALERT ? &link->high_alert : &link->low_alert) =
          ble_get16(operand);
      return CONTROL_SUCCESS;
    case CONTROL_START_SESSION:
      if (link->session_started) return CONTROL_NOT_NOW;
      link->session_started = true;
      link->store_count = 0;
      find_newest(link);
      return CONTROL_SUCCESS;
    case CONTROL_STOP_SESSION:
      link->session_started = false;
      return CONTROL_SUCCESS;
    default:
      return CONTROL_NOT_SUPPORTED;
  }
}

enum ble_status ble_cgm_control(struct ble_link* link, const uint8_t* value, size_t length) {
  if (length < 1 + CRC_BYTES) return BLE_INVALID_LENGTH;
  if (!crc_genuine(value, length)) return BLE_CRC_MISSING_OR_WRONG;
  const uint8_t opcode = value[0];
  if (opcode == CONTROL_GET_INTERVAL) {
    const uint8_t reply[2] = {0x03, link->interval_min};
    send_control(link, reply, sizeof reply);
    return BLE_OK;
  }
  if (opcode == CONTROL_GET_HIGH_ALERT) {
    uint8_t reply[3] = {0x09};
    ble_put16(reply + 1, link->high_alert);
    send_control(link, reply, sizeof reply);
    return BLE_OK;
  }
  const uint8_t result = control_set(link, opcode, value + 1, length - 1 - CRC_BYTES);
  const uint8_t reply[3] = {CONTROL_RESPONSE, opcode, result};
  send_control(link, reply, sizeof reply);
  return BLE_OK;
}
