/* SPDX-License-Identifier: Apache-2.0
 *
 * The monitor's Bluetooth side, its radio on the serial line. The input is that of
 * harnesses/ble_health_harness.cc: a byte of flags (bit 0: correct every E2E-CRC), then PDUs as
 * length (1), channel (1; even ATT, odd SMP), bytes. Replies go out as length, channel, bytes. */
#include <stdlib.h>
#include <string.h>

#include "targets/firmware/reference/firmware.h"
#include "targets/firmware/reference/record_stream.h"
#include "targets/reference/ble_health/ble_health.h"

#define PDUS_MAX 128u
#define KEY_WINDOW 8u

static const uint8_t identity_key[BLE_KEY_BYTES] = {0x9d, 0x41, 0xc7, 0x0b, 0xe2, 0x58, 0x36, 0xfa,
                                                    0x83, 0x1c, 0xd5, 0x6e, 0x27, 0xb0, 0x74, 0xa9};

static struct ble_link link;
static struct record_stream pdus;
static uint8_t pdu_buffer[255];
static uint8_t input_tail[KEY_WINDOW];
static bool flags_known, correct_crc, key_in_input;
static uint32_t random_state;

static bool holds_key(const uint8_t* bytes, size_t count) {
  for (size_t at = 0; at + KEY_WINDOW <= count; at++) {
    for (size_t from = 0; from + KEY_WINDOW <= sizeof identity_key; from++) {
      if (memcmp(bytes + at, identity_key + from, KEY_WINDOW) == 0) return true;
    }
  }
  return false;
}

static void BleSend(void* context, uint16_t cid, const uint8_t* pdu, size_t length) {
  (void)context;
  if (!key_in_input && holds_key(pdu, length)) firmware_property_broken("CWE-200:ble-key-in-reply");
  const uint8_t header[2] = {(uint8_t)length, cid == BLE_CID_SMP};
  line_write(header, sizeof header);
  line_write(pdu, length);
}

static void BleMeasurement(void* context, enum ble_kind kind, int32_t value_milli) {
  (void)context;
  (void)kind;
  if (value_milli == BLE_VALUE_NONE) firmware_property_broken("CWE-20:ble-special-value-shown");
}

static void BleRandom(void* context, uint8_t* out, size_t length) {
  (void)context;
  for (size_t i = 0; i < length; i++) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    out[i] = (uint8_t)random_state;
  }
}

/* Stands for the radio's AES block: mixes, so that its output shows nothing of the key. */
static void BleAesEncrypt(void* context, const uint8_t* key, const uint8_t* in, uint8_t* out) {
  (void)context;
  uint64_t state = 0xcbf29ce484222325u;
  for (size_t round = 0; round < 4 * BLE_KEY_BYTES; round++) {
    const size_t i = round % BLE_KEY_BYTES;
    state = (state ^ key[i] ^ (uint64_t)in[i] << 8) * 0x100000001b3u;
    out[i] = (uint8_t)(state >> 29);
  }
}

static const struct ble_hal hal = {BleSend, BleMeasurement, BleRandom, BleAesEncrypt, NULL};

static void put_crc(uint8_t* bytes, size_t count) {
  const uint16_t crc = ble_e2e_crc(bytes, count - 2);
  bytes[count - 2] = (uint8_t)crc;
  bytes[count - 1] = (uint8_t)(crc >> 8);
}

static void correct_pdu(uint8_t* pdu, size_t count) {
  if (count < 6) return;
  const unsigned handle = pdu[1] | (unsigned)pdu[2] << 8;
  uint8_t* value = pdu + 3;
  const size_t size = count - 3;
  if (handle == BLE_HANDLE_CGM_CONTROL) put_crc(value, size);
  if (handle != BLE_HANDLE_CGM_MEASUREMENT) return;
  for (size_t at = 0; at < size;) {
    const size_t record = value[at];
    if (record < 3 || record > size - at) return;
    put_crc(value + at, record);
    at += record;
  }
}

static size_t pdu_length(const uint8_t* header) { return header[0]; }

/* The PDU gets a block of its exact size: what reads past its end leaves the block. */
static void take_pdu(const uint8_t* header, const uint8_t* bytes, size_t count) {
  uint8_t* pdu = malloc(count != 0 ? count : 1);
  if (pdu == NULL) return;
  memcpy(pdu, bytes, count);
  const uint16_t cid = (header[1] & 1u) != 0 ? BLE_CID_SMP : BLE_CID_ATT;
  if (correct_crc && cid == BLE_CID_ATT) correct_pdu(pdu, count);
  ble_receive(&link, cid, pdu, count);
  free(pdu);
}

static const struct record_format format = {2,        pdu_length, take_pdu,
                                            PDUS_MAX, pdu_buffer, sizeof pdu_buffer};

void app_open(void) {
  flags_known = key_in_input = false;
  memset(input_tail, 0, sizeof input_tail);
  random_state = 0x2545f491u;
  ble_init(&link, &hal, identity_key);
  record_stream_open(&pdus, &format);
}

void app_receive(const uint8_t* bytes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    memmove(input_tail, input_tail + 1, sizeof input_tail - 1);
    input_tail[sizeof input_tail - 1] = bytes[i];
    if (holds_key(input_tail, sizeof input_tail)) key_in_input = true;
    if (flags_known) {
      record_stream_receive(&pdus, bytes[i]);
    } else {
      flags_known = true;
      correct_crc = (bytes[i] & 1u) != 0;
    }
  }
}

void app_close(void) { record_stream_close(&pdus); }
