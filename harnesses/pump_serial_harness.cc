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
// Properties, from a model that reads the line by itself: the constants of type percuss_property.
// The pump takes the line byte by byte, so that there are no other pieces to give it.
#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <vector>

#include "harnesses/sdk/oracles.h"
#include "harnesses/sdk/percuss_harness.h"
#include "harnesses/sdk/properties.h"
#include "targets/reference/pump/pump.h"

namespace {

using Bytes = std::vector<uint8_t>;

constexpr size_t kMaxRecords = 128;
constexpr std::array<uint8_t, PUMP_KEY_BYTES> kKey = {
    0x51, 0xe8, 0x0c, 0xb7, 0x92, 0x3f, 0xd4, 0x66, 0x1a, 0xf3, 0x85, 0x2e, 0xc9, 0x70, 0xbb, 0x14};
constexpr std::array<uint8_t, 8> kPin = {0x37, 0xb1, 0x6c, 0xe4, 0x0f, 0x9a, 0xd3, 0x58};
constexpr size_t kPinParameter = 24;

constexpr uint8_t kModeRaw = 1;
constexpr uint8_t kModeGenuine = 2;
constexpr uint8_t kModeNextSequence = 4;
constexpr uint8_t kModeResend = 8;

constexpr percuss_property kProof = {"CWE-287:pump-auth-bypass",
                                     "a session opened without the right response to the challenge",
                                     PERCUSS_SPOOFING, "T-16"};
constexpr percuss_property kEffect = {"CWE-306:pump-order-without-session",
                                      "a therapy command was carried out without a session",
                                      PERCUSS_SPOOFING, "T-16"};
constexpr percuss_property kLifetime = {
    "CWE-613:pump-session-outlives-key",
    "a therapy command was carried out eight hours after the challenge", PERCUSS_SPOOFING, "T-16"};
constexpr percuss_property kOnce = {
    "CWE-294:pump-replay", "a therapy command was carried out twice", PERCUSS_SPOOFING, "T-16"};
constexpr percuss_property kLockOut = {"CWE-307:pump-lock-out",
                                       "a response was looked at after three wrong ones",
                                       PERCUSS_SPOOFING, "T-16"};
constexpr percuss_property kRateLimit = {
    "CWE-1284:pump-rate-limit", "a rate above the limit was set", PERCUSS_TAMPERING, "T-10"};
constexpr percuss_property kRefusal = {"CWE-696:pump-refused-and-done",
                                       "a command that was refused changed the therapy",
                                       PERCUSS_TAMPERING, "T-10"};
constexpr percuss_property kAudit = {"CWE-778:pump-not-logged",
                                     "an act was answered that the event log does not tell of",
                                     PERCUSS_REPUDIATION, "T-15"};
constexpr percuss_property kSecrets = {"CWE-200:pump-secret-in-reply",
                                       "a reply holds the service PIN or the key",
                                       PERCUSS_INFORMATION_DISCLOSURE, "T-17"};
constexpr percuss_property kRole = {"CWE-862:pump-service-without-session",
                                    "a command that needs a session was carried out without one",
                                    PERCUSS_ELEVATION_OF_PRIVILEGE, "T-09"};
constexpr percuss_property kReadsBack = {"CWE-116:pump-reply-unreadable",
                                         "a reply is not one frame as a printer of frames makes it",
                                         PERCUSS_TAMPERING, "T-10"};
constexpr percuss_session_rules kSessionRules = {&kProof, &kEffect,  &kLifetime,
                                                 &kOnce,  &kLockOut, 3};

enum Act : unsigned { kSessionAct, kFailureAct, kTherapyAct };
enum Rank : unsigned { kAnybody, kController };

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
  LineReader() {
    frame.reserve(PUMP_FRAME_MAX);
    growing_.reserve(PUMP_FRAME_MAX);
  }

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
  const pump* device = nullptr;
  percuss_session session = {&kSessionRules};
  percuss_refusal refusal = {&kRefusal};
  percuss_audit audit = {&kAudit};
  percuss_secrets secrets = {&kSecrets};
  percuss_role role = {&kRole, kAnybody};
  unsigned sequence_on_line = 0;
  uint8_t command_on_line = 0;
  unsigned next_sequence = 1;
  std::array<uint8_t, 2> library_offset{}, library_crc{};
  std::vector<Bytes> sent;
  uint32_t now_ms = 0, challenged_ms = 0;
  uint32_t random_state = 0x1d872b41;
};

// What a refused command must leave as it is.
uint64_t Therapy(const pump& device) {
  return device.rate | static_cast<uint64_t>(device.bolus_running) << 16;
}

void Observe(Controller& controller, uint8_t byte) {
  if (!controller.to_pump.Push(byte)) return;
  const Bytes& frame = controller.to_pump.frame;
  controller.sequence_on_line = frame[1] | static_cast<unsigned>(frame[2]) << 8;
  controller.command_on_line = frame[3];
  if (controller.now_ms - controller.challenged_ms >= PUMP_SESSION_MAX_MS) {
    percuss_session_expired(&controller.session);
  }
  percuss_refusal_asked(&controller.refusal, Therapy(*controller.device));
  if (frame[3] != PUMP_AUTH) return;
  const Bytes response(frame.begin() + 4, frame.end() - 2);
  percuss_session_answered(&controller.session, response == Mac(controller.challenge));
}

void SendBytes(Controller& controller, pump& device, const Bytes& bytes) {
  for (const uint8_t byte : bytes) {
    Observe(controller, byte);
    pump_receive(&device, byte);
  }
}

// With its CRC.
Bytes OnLine(const Bytes& frame) {
  Bytes line;
  line.reserve(2 * frame.size() + 2);
  line.push_back(0x7e);
  for (const uint8_t byte : frame) {
    const bool stuffed = byte == 0x7e || byte == 0x7d;
    if (stuffed) line.push_back(0x7d);
    line.push_back(stuffed ? byte ^ 0x20 : byte);
  }
  line.push_back(0x7e);
  return line;
}

// `frame` without its CRC.
void SendFrame(Controller& controller, pump& device, Bytes frame) {
  const uint16_t crc = pump_crc(frame.data(), frame.size());
  frame.push_back(static_cast<uint8_t>(crc));
  frame.push_back(static_cast<uint8_t>(crc >> 8));
  SendBytes(controller, device, OnLine(frame));
}

// Whole frames; what is between them would be lost.
bool Reprint(void* /*context*/, const uint8_t* bytes, size_t size, percuss_text* text) {
  LineReader reader;
  bool whole = false;
  for (size_t i = 0; i < size; ++i) {
    whole = reader.Push(bytes[i]);
    if (!whole) continue;
    const Bytes line = OnLine(reader.frame);
    percuss_print(text, line.data(), line.size());
  }
  return whole;
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

// One function per property, so that their stacks differ.
void PumpRefused(Controller& controller) {
  PERCUSS_KEEP(percuss_refusal_refused(&controller.refusal, Therapy(*controller.device)));
}

void PumpAttempted(Controller& controller) {
  percuss_audit_act(&controller.audit, kFailureAct);
  PERCUSS_KEEP(percuss_session_attempted(&controller.session));
}

void PumpSettled(Controller& controller) { PERCUSS_KEEP(percuss_audit_settled(&controller.audit)); }

void PumpServed(Controller& controller, uint8_t command) {
  const bool for_all = command == PUMP_HELLO || command == PUMP_AUTH || command == PUMP_GET_STATUS;
  PERCUSS_KEEP(percuss_role_did(&controller.role, for_all ? kAnybody : kController));
  if (command != PUMP_HELLO && command != PUMP_LOGOUT) return;
  controller.role.now = kAnybody;
  percuss_session_closed(&controller.session);
}

void PumpReadsBack(const uint8_t* line, size_t length) {
  PERCUSS_KEEP(percuss_reads_back(&kReadsBack, Reprint, nullptr, line, length));
}

void PumpSend(void* context, const uint8_t* bytes, size_t length) {
  auto& controller = *static_cast<Controller*>(context);
  PumpReadsBack(bytes, length);
  for (size_t i = 0; i < length; ++i) {
    if (!controller.from_pump.Push(bytes[i])) continue;
    const Bytes& frame = controller.from_pump.frame;
    PERCUSS_KEEP(percuss_secrets_seen(&controller.secrets, frame.data(), frame.size()));
    if (frame.size() < 7) continue;
    const bool to_response = controller.command_on_line == PUMP_AUTH && frame[3] == PUMP_AUTH;
    if (to_response && frame[4] == PUMP_NOT_AUTHENTICATED) PumpAttempted(controller);
    PumpSettled(controller);
    if (frame[4] != PUMP_OK) {
      PumpRefused(controller);
      continue;
    }
    PumpServed(controller, frame[3]);
    if (frame[3] == PUMP_HELLO) {
      controller.challenge.assign(frame.begin() + 5, frame.end() - 2);
      controller.challenged_ms = controller.now_ms;
      percuss_session_challenged(&controller.session);
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
  PERCUSS_KEEP(percuss_session_opened(&controller.session));
  percuss_audit_act(&controller.audit, kSessionAct);
  controller.role.now = kController;
}

void PumpCarriedOut(Controller& controller) {
  PERCUSS_KEEP(percuss_session_effect(&controller.session, controller.sequence_on_line));
  percuss_audit_act(&controller.audit, kTherapyAct);
}

void PumpSetRate(void* context, uint16_t rate) {
  PERCUSS_HOLDS(rate <= PUMP_RATE_MAX, &kRateLimit);
  PumpCarriedOut(*static_cast<Controller*>(context));
}

void PumpGiveBolus(void* context, uint16_t /*volume*/, uint16_t rate) {
  PERCUSS_HOLDS(rate <= PUMP_RATE_MAX, &kRateLimit);
  PumpCarriedOut(*static_cast<Controller*>(context));
}

void PumpLogged(void* context, uint8_t code, uint16_t /*value*/) {
  auto& controller = *static_cast<Controller*>(context);
  if (code == 1) percuss_audit_entry(&controller.audit, kSessionAct);
  if (code == 2) percuss_audit_entry(&controller.audit, kFailureAct);
  if (code == 10 || code == 11 || code == 12 || code == 14) {
    percuss_audit_entry(&controller.audit, kTherapyAct);
  }
}

}  // extern "C"

PERCUSS_HARNESS(pump_serial, 1) {
  static pump device;
  Controller controller;
  controller.device = &device;
  percuss_secrets_plant(&controller.secrets, kPin.data(), kPin.size());
  percuss_secrets_plant(&controller.secrets, kKey.data(), kKey.size());
  percuss_secrets_told(&controller.secrets, data, size);
  // malloc and free themselves, so that the allocating function of the pump is what a report shows.
  const pump_hal hal = {malloc,      free,          PumpSend,   PumpDelayMs,
                        PumpTickMs,  PumpRandom,    PumpMac,    PumpSessionOpened,
                        PumpSetRate, PumpGiveBolus, PumpLogged, &controller};
  std::array<uint16_t, PUMP_PARAMETERS> parameters{};
  for (size_t i = 0; i < parameters.size(); ++i) parameters[i] = static_cast<uint16_t>(100 + i);
  for (size_t i = 0; i < kPin.size(); i += 2) {
    parameters[kPinParameter + i / 2] = static_cast<uint16_t>(kPin[i] | kPin[i + 1] << 8);
  }
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
