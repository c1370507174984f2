// SPDX-License-Identifier: Apache-2.0
//
// A conversation on one Bluetooth link: the input is what the peer sends.
//
//   byte 0        bit 0: correct every E2E-CRC before delivery, so that mutated records get past
//   the check then PDUs     length (1), channel (1; even ATT, odd SMP), bytes
//
// Property: no reply holds eight neighbouring bytes of the identity key.
#include <algorithm>
#include <array>
#include <vector>

#include "harnesses/sdk/percuss_harness.h"
#include "harnesses/sdk/properties.h"
#include "targets/reference/ble_health/ble_health.h"

namespace {

constexpr size_t kMaxPdus = 128;
constexpr std::array<uint8_t, BLE_KEY_BYTES> kIdentityKey = {
    0x9d, 0x41, 0xc7, 0x0b, 0xe2, 0x58, 0x36, 0xfa, 0x83, 0x1c, 0xd5, 0x6e, 0x27, 0xb0, 0x74, 0xa9};

constexpr percuss_property kSecrets = {"CWE-200:ble-key-in-reply",
                                       "a reply holds bytes of the identity key",
                                       PERCUSS_INFORMATION_DISCLOSURE, "T-18"};
constexpr percuss_property kSpecialValue = {"CWE-20:ble-special-value-shown",
                                            "a special value was shown as a measurement",
                                            PERCUSS_TAMPERING, "T-07"};

struct Peer {
  uint32_t random_state = 0x2545f491;
  uint64_t measurements = 0;
  percuss_secrets secrets = {&kSecrets};
};

void CorrectCrc(uint8_t* bytes, size_t size) {
  const uint16_t crc = ble_e2e_crc(bytes, size - 2);
  bytes[size - 2] = static_cast<uint8_t>(crc);
  bytes[size - 1] = static_cast<uint8_t>(crc >> 8);
}

void CorrectPdu(std::vector<uint8_t>& pdu) {
  if (pdu.size() < 6) return;
  const unsigned handle = pdu[1] | (pdu[2] << 8);
  uint8_t* value = pdu.data() + 3;
  const size_t size = pdu.size() - 3;
  if (handle == BLE_HANDLE_CGM_CONTROL) CorrectCrc(value, size);
  if (handle != BLE_HANDLE_CGM_MEASUREMENT) return;
  for (size_t at = 0; at < size;) {
    const size_t record = value[at];
    if (record < 3 || record > size - at) return;
    CorrectCrc(value + at, record);
    at += record;
  }
}

}  // namespace

extern "C" {

void BleSend(void* context, uint16_t /*cid*/, const uint8_t* pdu, size_t length) {
  const auto* peer = static_cast<Peer*>(context);
  PERCUSS_KEEP(percuss_secrets_seen(&peer->secrets, pdu, length));
}

void BleMeasurement(void* context, enum ble_kind /*kind*/, int32_t value_milli) {
  auto* peer = static_cast<Peer*>(context);
  peer->measurements++;
  PERCUSS_HOLDS(value_milli != BLE_VALUE_NONE, &kSpecialValue);
}

void BleRandom(void* context, uint8_t* out, size_t length) {
  auto* peer = static_cast<Peer*>(context);
  for (size_t i = 0; i < length; ++i) {
    peer->random_state ^= peer->random_state << 13;
    peer->random_state ^= peer->random_state >> 17;
    peer->random_state ^= peer->random_state << 5;
    out[i] = static_cast<uint8_t>(peer->random_state);
  }
}

// Stands for the radio's AES block: mixes, so that its output shows nothing of the key.
void BleAesEncrypt(void* /*context*/, const uint8_t* key, const uint8_t* in, uint8_t* out) {
  uint64_t state = 0xcbf29ce484222325u;
  for (size_t round = 0; round < 4 * BLE_KEY_BYTES; ++round) {
    const size_t i = round % BLE_KEY_BYTES;
    state = (state ^ key[i] ^ static_cast<uint64_t>(in[i]) << 8) * 0x100000001b3u;
    out[i] = static_cast<uint8_t>(state >> 29);
  }
}

}  // extern "C"

PERCUSS_HARNESS(ble_health, 1) {
  if (size < 1) return -1;
  Peer peer;
  percuss_secrets_plant(&peer.secrets, kIdentityKey.data(), kIdentityKey.size());
  percuss_secrets_told(&peer.secrets, data, size);
  const ble_hal hal = {BleSend, BleMeasurement, BleRandom, BleAesEncrypt, &peer};
  static ble_link link;
  ble_init(&link, &hal, kIdentityKey.data());
  const bool correct = (data[0] & 1) != 0;
  size_t at = 1;
  for (size_t pdus = 0; pdus < kMaxPdus && size - at > 2; ++pdus) {
    const size_t length = std::min<size_t>(data[at], size - at - 2);
    const uint16_t cid = (data[at + 1] & 1) != 0 ? BLE_CID_SMP : BLE_CID_ATT;
    // A buffer of the exact size, so that a read past the end is seen.
    std::vector<uint8_t> pdu(data + at + 2, data + at + 2 + length);
    if (correct && cid == BLE_CID_ATT) CorrectPdu(pdu);
    ble_receive(&link, cid, pdu.data(), pdu.size());
    at += 2 + length;
  }
  return 0;
}
