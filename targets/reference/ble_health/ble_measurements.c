/* SPDX-License-Identifier: Apache-2.0
 *
 * Temperature, blood pressure and pulse oximeter measurements: flags first, then optional fields in
 * a fixed order. */
#include <string.h>

#include "targets/reference/ble_health/ble_internal.h"

static const int64_t ble_powers[11] = {1,       10,       100,       1000,       10000,      100000,
                                       1000000, 10000000, 100000000, 1000000000, 10000000000};

static int32_t saturate(int64_t value) {
  if (value > INT32_MAX) return INT32_MAX;
  if (value <= INT32_MIN) return INT32_MIN + 1;
  return (int32_t)value;
}

int32_t ble_sfloat_to_milli(uint16_t raw) {
  const uint16_t bits = raw & 0x0fffu;
  if (bits >= 0x07feu && bits <= 0x0802u) return BLE_VALUE_NONE;
  const int32_t mantissa = bits >= 0x0800u ? (int32_t)bits - 0x1000 : (int32_t)bits;
  const int32_t nibble = raw >> 12;
  const int32_t exponent = (nibble >= 8 ? nibble - 16 : nibble) + 3; /* -5 .. 10 */
  if (exponent >= 0) return saturate(mantissa * ble_powers[exponent]);
  return saturate(mantissa / ble_powers[-exponent]);
}

int32_t ble_float_to_milli(uint32_t raw) {
  const uint32_t bits = raw & 0x00ffffffu;
  if (bits >= 0x007ffffeu && bits <= 0x00800002u) return BLE_VALUE_NONE;
  const int32_t mantissa = bits >= 0x00800000u ? (int32_t)bits - 0x01000000 : (int32_t)bits;
  const int32_t octet = (int32_t)(raw >> 24);
  const int32_t exponent = octet >= 128 ? octet - 256 : octet;
  const int32_t shift = exponent + 3; /* thousandths */
  const int64_t* powers = ble_powers;
  if (mantissa == 0 || shift < -10) return 0;
#ifdef PERCUSS_BUG_BLE_01
  const int32_t most = mantissa < 0 ? 11 : 10;
#else
  const int32_t most = 10;
#endif
  if (shift > most) return mantissa > 0 ? INT32_MAX : INT32_MIN + 1;
  if (shift >= 0) return saturate(mantissa * powers[shift]);
  return saturate(mantissa / powers[-shift]);
}

static void report(struct ble_link* link, enum ble_kind kind, int32_t value_milli) {
  if (value_milli != BLE_VALUE_NONE) link->hal.measurement(link->hal.context, kind, value_milli);
}

/* Calendar of the date-time fields: year, month, day, hour, minute, second; zero means unknown. */
static bool plausible_time(const uint8_t* at) {
  const uint16_t year = ble_get16(at);
  return (year == 0 || (year >= 1582 && year <= 9999)) && at[2] <= 12 && at[3] <= 31 &&
         at[4] < 24 && at[5] < 60 && at[6] < 60;
}

void ble_temperature(struct ble_link* link, const uint8_t* value, size_t length) {
  if (length < 5) return;
  const uint8_t flags = value[0];
  const size_t needed = 5u + ((flags & 2u) != 0 ? 7u : 0u) + ((flags & 4u) != 0 ? 1u : 0u);
  if (length < needed) return;
  if ((flags & 2u) != 0 && !plausible_time(value + 5)) return;
  if ((flags & 4u) != 0 && (value[needed - 1] == 0 || value[needed - 1] > 9)) return;
  const uint32_t raw = ble_get16(value + 1) | ((uint32_t)ble_get16(value + 3) << 16);
  int32_t milli = ble_float_to_milli(raw);
  if (milli == BLE_VALUE_NONE) return;
  if ((flags & 1u) != 0) milli = saturate(((int64_t)milli - 32000) * 5 / 9); /* Fahrenheit */
  report(link, BLE_TEMPERATURE, milli);
}

/* kPa to mmHg: 7.50062 */
static int32_t pressure(uint16_t raw, bool kpa) {
  const int32_t milli = ble_sfloat_to_milli(raw);
  if (milli == BLE_VALUE_NONE || !kpa) return milli;
  return saturate((int64_t)milli * 750062 / 100000);
}

void ble_blood_pressure(struct ble_link* link, const uint8_t* value, size_t length) {
  if (length < 7) return;
  const uint8_t flags = value[0];
  size_t at = 7;
  if ((flags & 2u) != 0) {
    if (length - at < 7 || !plausible_time(value + at)) return;
    at += 7;
  }
  int32_t pulse = BLE_VALUE_NONE;
  if ((flags & 4u) != 0) {
    if (length - at < 2) return;
    pulse = ble_sfloat_to_milli(ble_get16(value + at));
    at += 2;
  }
  if ((flags & 8u) != 0) { /* user id: 255 is a guest, whose values are shown but not filed */
    if (length - at < 1) return;
    at += 1;
  }
  if ((flags & 16u) != 0) { /* measurement status: body movement makes the values unusable */
    if (length - at < 2) return;
    if ((value[at] & 1u) != 0) return;
  }
  const bool kpa = (flags & 1u) != 0;
  report(link, BLE_SYSTOLIC, pressure(ble_get16(value + 1), kpa));
  report(link, BLE_DIASTOLIC, pressure(ble_get16(value + 3), kpa));
  report(link, BLE_MEAN_PRESSURE, pressure(ble_get16(value + 5), kpa));
  report(link, BLE_PULSE, pulse);
}

static void report_plx(struct ble_link* link, const uint8_t* pair, enum ble_kind saturation) {
  const int32_t milli = ble_sfloat_to_milli(ble_get16(pair));
  if (milli == BLE_VALUE_NONE || milli < 0 || milli > 100000) return;
  report(link, saturation, milli);
  report(link, BLE_PULSE, ble_sfloat_to_milli(ble_get16(pair + 2)));
}

void ble_plx_spot_check(struct ble_link* link, const uint8_t* value, size_t length) {
  if (length < 5) return;
  const uint8_t flags = value[0];
  size_t at = 5;
  if ((flags & 1u) != 0) {
    if (length - at < 7 || !plausible_time(value + at)) return;
    at += 7;
  }
  if ((flags & 2u) != 0) { /* measurement status: still ongoing */
    if (length - at < 2) return;
    if ((value[at] & 0x20u) != 0) return;
    at += 2;
  }
  if ((flags & 4u) != 0) { /* device and sensor status: sensor disconnected */
    if (length - at < 3) return;
    if ((value[at + 1] & 0x10u) != 0) return;
    at += 3;
  }
  report_plx(link, value + 1, BLE_SPO2);
  if ((flags & 8u) != 0 && length - at >= 2) {
    report(link, BLE_PERFUSION, ble_sfloat_to_milli(ble_get16(value + at)));
  }
}

void ble_plx_continuous(struct ble_link* link, const uint8_t* value, size_t length) {
  if (length < 5) return;
  const uint8_t flags = value[0];
  report_plx(link, value + 1, BLE_SPO2);
  size_t at = 5;
  if ((flags & 1u) != 0) {
    if (length - at < 4) return;
    report_plx(link, value + at, BLE_SPO2_FAST);
    at += 4;
  }
  if ((flags & 2u) != 0) {
    if (length - at < 4) return;
    report_plx(link, value + at, BLE_SPO2_SLOW);
    at += 4;
  }
  at += ((flags & 4u) != 0 ? 2u : 0u) + ((flags & 8u) != 0 ? 3u : 0u);
  if ((flags & 16u) != 0 && length >= at + 2) {
    report(link, BLE_PERFUSION, ble_sfloat_to_milli(ble_get16(value + at)));
  }
}
