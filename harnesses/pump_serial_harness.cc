// SPDX-License-Identifier: Apache-2.0
//
// A controller on the pump's serial line: the input says what it sends.
//
//   records   mode (1), length (1), bytes
//     mode bit 0   the bytes go on the line as they are
//     mode bit 3   sends an earlier frame again: its number (1), flags to add (1)
//     otherwise    the bytes are flags, sequence (2), command, payload; the harness adds CRC and
//     framing mode bit 1   does what a controller with the key would do: response, tag, chunk
//     offset, library CRC mode bit 2   uses the next sequence number
//
// Properties, from a model that reads the line by itself: a session opens only after the right
// response to the challenge; no therapy command is carried out twice; no rate above the limit; no
// reply holds the service PIN or the key.
#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <set>
#include <vector>

#include "harnesses/sdk/percuss_harness.h"
#include "targets/reference/pump/pump.h"

namespace {

using Bytes = std::vector<uint8_t>;

constexpr size_t kMaxRecords = 128;
constexpr size_t kSecretBytes = 8;
constexpr std::array<uint8_t, PUMP_KEY_BYTES> kKey = {
    0x51, 0xe8, 0x0c, 0xb7, 0x92, 0x3f, 0xd4, 0x66, 0x1a, 0xf3, 0x85, 0x2e, 0xc9, 0x70, 0xbb, 0x14};
constexpr std::array<uint8_t, kSecretBytes> kPin = {0x37, 0xb1, 0x6c, 0xe4, 0x0f, 0x9a, 0xd3, 0x58};
constexpr size_t kPinParameter = 24;

constexpr uint8_t kModeRaw = 1;
constexpr uint8_t kModeGenuine = 2;
constexpr uint8_t kModeNextSequence = 4;
constexpr uint8_t kModeResend = 8;

Bytes Mac(const Bytes& message) {
  static_assert(crypto_shorthash_KEYBYTES == PUMP_KEY_BYTES &&
                crypto_shorthash_BYTES == PUMP_MAC_BYTES);
  Bytes mac(PUMP_MAC_BYTES);
  crypto_shorthash(mac.data(), message.data(), message.size(), kKey.data());
  return mac;
}

// Reads frames off the line, one way. Push returns true when `frame` holds a whole one.
class LineReader {
 public:
  bool Push(uint8_t byte) {
    if (byte == 0x7e) {
      frame.swap(growing_);
      growing_.clear();
      const bool whole = !broken_ && !escaped_ && frame.size() >= 6 && CrcIsRight();
      broken_ = escaped_ = false;
      return whole;
    }
    if (byte == 0x7d) {
      escaped_ = true;
      return false;
    }
    if (growing_.size() == PUMP_FRAME_MAX) {
      broken_ = true;
    } else {
      growing_.push_back(escaped_ ? byte ^ 0x20 : byte);
    }
    escaped_ = false;
    return false;
  }

  Bytes frame;

 private:
  bool CrcIsRight() const {
    const uint16_t crc = pump_crc(frame.data(), frame.size() - 2);
    return frame[frame.size() - 2] == (crc & 0xff) && frame[frame.size() - 1] == crc >> 8;
  }

  Bytes growing_;
  bool escaped_ = false, broken_ = false;
};

struct Controller {
  LineReader to_pump, from_pump;
  Bytes challenge;
  bool right_response = false;
  std::set<unsigned> carried_out;
  unsigned sequence_on_line = 0;
  unsigned next_sequence = 1;
  std::array<uint8_t, 2> library_offset{}, library_crc{};
  std::vector<Bytes> sent;
  uint32_t now_ms = 0;
  uint32_t random_state = 0x1d872b41;
  bool secret_in_input = false;
};

// Without memcmp: an engine that watches it would learn the secret and write it into inputs.
template <size_t kSize>
bool HoldsSecret(const uint8_t* bytes, size_t size, const std::array<uint8_t, kSize>& secret) {
  for (size_t at = 0; at + kSecretBytes <= size; ++at) {
    for (size_t from = 0; from + kSecretBytes <= kSize; ++from) {
      size_t same = 0;
      while (same < kSecretBytes && bytes[at + same] == secret[from + same]) ++same;
      if (same == kSecretBytes) return true;
    }
  }
  return false;
}

bool HoldsAnySecret(const uint8_t* bytes, size_t size) {
  return HoldsSecret(bytes, size, kPin) || HoldsSecret(bytes, size, kKey);
}

void Observe(Controller& controller, uint8_t byte) {
  if (!controller.to_pump.Push(byte)) return;
  const Bytes& frame = controller.to_pump.frame;
  controller.sequence_on_line = frame[1] | static_cast<unsigned>(frame[2]) << 8;
  if (frame[3] != PUMP_AUTH || controller.challenge.empty()) return;
  const Bytes response(frame.begin() + 4, frame.end() - 2);
  controller.right_response = response == Mac(controller.challenge);
}

void SendBytes(Controller& controller, pump& device, const Bytes& bytes) {
  for (const uint8_t byte : bytes) {
    Observe(controller, byte);
    pump_receive(&device, byte);
  }
}

// `frame` without its CRC.
void SendFrame(Controller& controller, pump& device, Bytes frame) {
  const uint16_t crc = pump_crc(frame.data(), frame.size());
  frame.push_back(static_cast<uint8_t>(crc));
  frame.push_back(static_cast<uint8_t>(crc >> 8));
  Bytes line = {0x7e};
  for (const uint8_t byte : frame) {
    const bool stuffed = byte == 0x7e || byte == 0x7d;
    if (stuffed) line.push_back(0x7d);
    line.push_back(stuffed ? byte ^ 0x20 : byte);
  }
  line.push_back(0x7e);
  SendBytes(controller, device, line);
}

void FillAsGenuine(const Controller& controller, Bytes& frame) {
  switch (frame[3]) {
    case PUMP_AUTH: {
      const Bytes response = Mac(controller.challenge);
      frame.resize(4);
      frame.insert(frame.end(), response.begin(), response.end());
      break;
    }
    case PUMP_SET_RATE:
    case PUMP_BOLUS:
    case PUMP_STOP:
    case PUMP_SET_PROFILE:
    case PUMP_START_PROFILE: {
      Bytes message = controller.challenge;
      message.insert(message.end(), frame.begin() + 1, frame.end());
      const Bytes mac = Mac(message);
      frame.insert(frame.end(), mac.begin(), mac.begin() + PUMP_TAG_BYTES);
      break;
    }
    case PUMP_LIBRARY_CHUNK:
      frame.insert(frame.begin() + 4, controller.library_offset.begin(),
                   controller.library_offset.end());
      break;
    case PUMP_LIBRARY_COMMIT:
      frame.resize(4);
      frame.insert(frame.end(), controller.library_crc.begin(), controller.library_crc.end());
      break;
    default:
      break;
  }
}

void SendRecord(Controller& controller, pump& device, uint8_t mode, Bytes bytes) {
  if ((mode & kModeRaw) != 0) {
    SendBytes(controller, device, bytes);
    return;
  }
  if ((mode & kModeResend) != 0) {
    if (controller.sent.empty() || bytes.size() < 2) return;
    Bytes again = controller.sent[bytes[0] % controller.sent.size()];
    again[0] |= bytes[1];
    SendFrame(controller, device, again);
    return;
  }
  if (bytes.size() < 4) return;
  if ((mode & kModeNextSequence) != 0) {
    bytes[1] = static_cast<uint8_t>(controller.next_sequence);
    bytes[2] = static_cast<uint8_t>(controller.next_sequence >> 8);
    controller.next_sequence++;
  }
  if ((mode & kModeGenuine) != 0) FillAsGenuine(controller, bytes);
  if (bytes.size() > PUMP_PAYLOAD_MAX + 4) bytes.resize(PUMP_PAYLOAD_MAX + 4);
  controller.sent.push_back(bytes);
  SendFrame(controller, device, bytes);
}

}  // namespace

extern "C" {

void PumpSend(void* context, const uint8_t* bytes, size_t length) {
  auto& controller = *static_cast<Controller*>(context);
  for (size_t i = 0; i < length; ++i) {
    if (!controller.from_pump.Push(bytes[i])) continue;
    const Bytes& frame = controller.from_pump.frame;
    PERCUSS_PROPERTY(controller.secret_in_input || !HoldsAnySecret(frame.data(), frame.size()),
                     "CWE-200:pump-secret-in-reply", "a reply holds the service PIN or the key");
    if (frame.size() < 7 || frame[4] != PUMP_OK) continue;
    if (frame[3] == PUMP_HELLO) {
      controller.challenge.assign(frame.begin() + 5, frame.end() - 2);
      controller.right_response = false;
    }
    if (frame[3] == PUMP_LIBRARY_BEGIN) controller.library_offset = {};
    if (frame[3] == PUMP_LIBRARY_CHUNK && frame.size() == 11) {
      controller.library_offset = {frame[5], frame[6]};
      controller.library_crc = {frame[7], frame[8]};
    }
  }
}

void PumpDelayMs(void* /*context*/, uint32_t ms) {
  timespec left = {static_cast<time_t>(ms / 1000), static_cast<long>(ms % 1000) * 1000000};
  while (nanosleep(&left, &left) != 0) {
  }
}

uint32_t PumpTickMs(void* context) { return static_cast<Controller*>(context)->now_ms; }

void PumpRandom(void* context, uint8_t* out, size_t length) {
  auto& state = static_cast<Controller*>(context)->random_state;
  for (size_t i = 0; i < length; ++i) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    out[i] = static_cast<uint8_t>(state);
  }
}

void PumpMac(void* /*context*/, const uint8_t* key, const uint8_t* in, size_t length,
             uint8_t* out) {
  crypto_shorthash(out, in, length, key);
}

void PumpSessionOpened(void* context) {
  auto& controller = *static_cast<Controller*>(context);
  PERCUSS_PROPERTY(controller.right_response, "CWE-287:pump-auth-bypass",
                   "a session opened without the right response to the challenge");
  controller.right_response = false;
  controller.carried_out.clear();
}

void PumpCarriedOut(Controller& controller) {
  const bool first = controller.carried_out.insert(controller.sequence_on_line).second;
  PERCUSS_PROPERTY(first, "CWE-294:pump-replay", "a therapy command was carried out twice");
}

void PumpSetRate(void* context, uint16_t rate) {
  PERCUSS_PROPERTY(rate <= PUMP_RATE_MAX, "CWE-1284:pump-rate-limit",
                   "a rate above the limit was set");
  PumpCarriedOut(*static_cast<Controller*>(context));
}

void PumpGiveBolus(void* context, uint16_t /*volume*/, uint16_t rate) {
  PERCUSS_PROPERTY(rate <= PUMP_RATE_MAX, "CWE-1284:pump-rate-limit",
                   "a rate above the limit was set");
  PumpCarriedOut(*static_cast<Controller*>(context));
}

}  // extern "C"

PERCUSS_HARNESS(pump_serial, 1) {
  Controller controller;
  controller.secret_in_input = HoldsAnySecret(data, size);
  // malloc and free themselves, so that the allocating function of the pump is what a report shows.
  const pump_hal hal = {malloc,      free,          PumpSend,   PumpDelayMs,
                        PumpTickMs,  PumpRandom,    PumpMac,    PumpSessionOpened,
                        PumpSetRate, PumpGiveBolus, &controller};
  std::array<uint16_t, PUMP_PARAMETERS> parameters{};
  for (size_t i = 0; i < parameters.size(); ++i) parameters[i] = static_cast<uint16_t>(100 + i);
  for (size_t i = 0; i < kPin.size(); i += 2) {
    parameters[kPinParameter + i / 2] = static_cast<uint16_t>(kPin[i] | kPin[i + 1] << 8);
  }
  static pump device;
  pump_init(&device, &hal, kKey.data(), parameters.data());
  size_t at = 0;
  for (size_t records = 0; records < kMaxRecords && size - at > 2; ++records) {
    const size_t length = std::min<size_t>(data[at + 1], size - at - 2);
    controller.now_ms += 600000;
    SendRecord(controller, device, data[at], Bytes(data + at + 2, data + at + 2 + length));
    at += 2 + length;
  }
  pump_close(&device);
  return 0;
}
