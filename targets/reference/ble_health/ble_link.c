/* SPDX-License-Identifier: Apache-2.0
 *
 * The link: ATT and SMP PDUs in, replies out. */
#include <string.h>

#include "targets/reference/ble_health/ble_internal.h"

static const char device_name[] = "Bedside Monitor M3";

void ble_init(struct ble_link* link, const struct ble_hal* hal, const uint8_t key[BLE_KEY_BYTES]) {
  memset(link, 0, sizeof *link);
  link->hal = *hal;
  memcpy(link->identity_key, key, BLE_KEY_BYTES);
  link->mtu = BLE_MTU_DEFAULT;
  link->interval_min = 5;
}

static void send_error(struct ble_link* link, uint8_t opcode, uint16_t handle,
                       enum ble_status status) {
  uint8_t pdu[5] = {0x01, opcode, 0, 0, (uint8_t)status};
  ble_put16(pdu + 2, handle);
  link->hal.send(link->hal.context, BLE_CID_ATT, pdu, sizeof pdu);
}

void ble_send_value(struct ble_link* link, uint8_t opcode, uint16_t handle, const uint8_t* value,
                    size_t length) {
  uint8_t pdu[BLE_MTU_MAX];
  const size_t most = link->mtu - 3u;
  const size_t sent = length < most ? length : most;
  pdu[0] = opcode;
  ble_put16(pdu + 1, handle);
  memcpy(pdu + 3, value, sent);
  link->hal.send(link->hal.context, BLE_CID_ATT, pdu, sent + 3);
}

/* Builds the value of a readable attribute in the scratch buffer; returns its length, or 0 for no
 * such attribute. */
static size_t attribute_value(struct ble_link* link, uint16_t handle) {
  if (handle == BLE_HANDLE_DEVICE_NAME) {
    memcpy(link->scratch, device_name, sizeof device_name - 1);
    return sizeof device_name - 1;
  }
  if (handle == BLE_HANDLE_CGM_STATUS) {
    memset(link->scratch, 0, 7);
    if (link->newest != NULL) ble_put16(link->scratch, link->newest->time_offset_min);
    link->scratch[2] = link->session_started ? 0 : 1;
    ble_put16(link->scratch + 5, link->last_reported_min);
    return 7;
  }
  return 0;
}

/* Read (offset 0) and Read Blob: the part of the value from offset on that fits the MTU. */
void ble_read_attribute(struct ble_link* link, uint8_t opcode, uint16_t handle, size_t offset) {
  const size_t length = attribute_value(link, handle);
  if (length == 0) {
    send_error(link, opcode, handle, BLE_INVALID_HANDLE);
    return;
  }
#ifdef PERCUSS_BUG_BLE_06
  const size_t end = opcode == 0x0c ? sizeof link->scratch : length;
#else
  const size_t end = length;
#endif
  if (offset > end) {
    send_error(link, opcode, handle, BLE_INVALID_OFFSET);
    return;
  }
  uint8_t pdu[BLE_MTU_MAX] = {(uint8_t)(opcode + 1)};
  const size_t most = link->mtu - 1u;
  const size_t sent = end - offset < most ? end - offset : most;
  memcpy(pdu + 1, link->scratch + offset, sent);
  link->hal.send(link->hal.context, BLE_CID_ATT, pdu, sent + 1);
}

static void exchange_mtu(struct ble_link* link, uint16_t proposed) {
  const uint16_t lower = proposed < BLE_MTU_MAX ? proposed : (uint16_t)BLE_MTU_MAX;
  link->mtu = lower > BLE_MTU_DEFAULT ? lower : (uint16_t)BLE_MTU_DEFAULT;
  uint8_t pdu[3] = {0x03};
  ble_put16(pdu + 1, BLE_MTU_MAX);
  link->hal.send(link->hal.context, BLE_CID_ATT, pdu, sizeof pdu);
}

static void notification(struct ble_link* link, uint16_t handle, const uint8_t* value,
                         size_t length) {
  switch (handle) {
    case BLE_HANDLE_TEMPERATURE:
      ble_temperature(link, value, length);
      break;
    case BLE_HANDLE_BLOOD_PRESSURE:
      ble_blood_pressure(link, value, length);
      break;
    case BLE_HANDLE_PLX_SPOT_CHECK:
      ble_plx_spot_check(link, value, length);
      break;
    case BLE_HANDLE_PLX_CONTINUOUS:
      ble_plx_continuous(link, value, length);
      break;
    case BLE_HANDLE_CGM_MEASUREMENT:
      ble_cgm_notification(link, value, length);
      break;
    default:
      break;
  }
}

static void write_request(struct ble_link* link, uint16_t handle, const uint8_t* value,
                          size_t length) {
  enum ble_status status = BLE_INVALID_HANDLE;
  if (handle == BLE_HANDLE_CGM_RACP) status = ble_racp_write(link, value, length);
  if (handle == BLE_HANDLE_CGM_CONTROL) status = ble_cgm_control(link, value, length);
  if (status != BLE_OK) {
    send_error(link, 0x12, handle, status);
    return;
  }
  const uint8_t pdu[1] = {0x13};
  link->hal.send(link->hal.context, BLE_CID_ATT, pdu, sizeof pdu);
}

static void receive_att(struct ble_link* link, const uint8_t* pdu, size_t length) {
  if (length < 3) {
    send_error(link, pdu[0], 0, BLE_INVALID_PDU);
    return;
  }
  const uint16_t handle = ble_get16(pdu + 1);
  const uint8_t confirmation[1] = {0x1e};
  switch (pdu[0]) {
    case 0x02:
      exchange_mtu(link, handle);
      break;
    case 0x0a:
      ble_read_attribute(link, pdu[0], handle, 0);
      break;
    case 0x0c:
      if (length != 5) {
        send_error(link, pdu[0], handle, BLE_INVALID_PDU);
        break;
      }
      ble_read_attribute(link, pdu[0], handle, ble_get16(pdu + 3));
      break;
    case 0x12:
      write_request(link, handle, pdu + 3, length - 3);
      break;
    case 0x1b:
      notification(link, handle, pdu + 3, length - 3);
      break;
    case 0x1d:
      notification(link, handle, pdu + 3, length - 3);
      link->hal.send(link->hal.context, BLE_CID_ATT, confirmation, sizeof confirmation);
      break;
    default:
      send_error(link, pdu[0], handle, BLE_UNSUPPORTED);
      break;
  }
}

/* Pairing request, then pairing confirm: the peer's 16 bytes are answered with our nonce under the
 * identity key. */
static void receive_smp(struct ble_link* link, const uint8_t* pdu, size_t length) {
  if (pdu[0] == 0x01 && length == 7) {
    link->pairing = pdu[4] >= 7 && pdu[4] <= BLE_KEY_BYTES; /* maximum key size */
    const uint8_t reply[7] = {0x02, 0x03, 0x00, 0x05, BLE_KEY_BYTES, 0x02, 0x02};
    if (link->pairing) link->hal.send(link->hal.context, BLE_CID_SMP, reply, sizeof reply);
    return;
  }
  if (pdu[0] != 0x03 || length != 17 || !link->pairing) return;
  uint8_t* nonce = link->scratch;
  uint8_t* key = link->scratch + 32;
  uint8_t reply[17] = {0x03};
  link->hal.random(link->hal.context, nonce, BLE_KEY_BYTES);
  memcpy(key, link->identity_key, BLE_KEY_BYTES);
  for (size_t i = 0; i < BLE_KEY_BYTES; i++) nonce[i] ^= pdu[1 + i];
  link->hal.aes_encrypt(link->hal.context, key, nonce, reply + 1);
  link->hal.send(link->hal.context, BLE_CID_SMP, reply, sizeof reply);
  link->pairing = false;
}

void ble_receive(struct ble_link* link, uint16_t cid, const uint8_t* pdu, size_t length) {
  if (length == 0 || length > link->mtu) return;
  if (cid == BLE_CID_ATT) receive_att(link, pdu, length);
  if (cid == BLE_CID_SMP) receive_smp(link, pdu, length);
}
