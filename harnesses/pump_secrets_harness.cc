// SPDX-License-Identifier: Apache-2.0
//
// What the pump's work and the length of its answers tell of key and PIN. The input says what a
// peer sends, and chance; the harness runs it on pumps that differ in the secret alone.
//
//   byte 0    modulo 3: 0 a response to the challenge is looked at, 1 a therapy command's tag,
//             2 a command in a session
//   chance    (8) of challenges and guesses
//   1 and 2   command (1; of 1: which of the therapy's), payload
//
// In 0 and 1 the guess is wrong in its first byte or in its last: the key gives a MAC that is so.
// In 2 the pumps have different PINs, of different lengths. What the peer sends is the same byte
// for byte, and measured is what the pump does at the frame's last byte, from where all is there.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "harnesses/sdk/leak.h"
#include "harnesses/sdk/percuss_harness.h"
#include "targets/reference/pump/pump.h"

namespace {

using Bytes = std::vector<uint8_t>;

constexpr percuss_property kWork = {"CWE-208:pump-secret-by-work",
                                    "how long the pump works depends on a secret",
                                    PERCUSS_INFORMATION_DISCLOSURE, "T-17"};
constexpr percuss_property kLength = {"CWE-204:pump-secret-by-length",
                                      "how long an answer is depends on a secret",
                                      PERCUSS_INFORMATION_DISCLOSURE, "T-17"};

constexpr unsigned kPairs = 8;
constexpr size_t kPinParameter = 24;
constexpr size_t kPinBytes = 8;
constexpr std::array<uint8_t, 5> kTherapy = {PUMP_SET_RATE, PUMP_BOLUS, PUMP_STOP, PUMP_SET_PROFILE,
                                             PUMP_START_PROFILE};

enum class Looked { kResponse, kTag, kCommand };

struct Bench {
  Looked looked = Looked::kResponse;
  uint8_t command = PUMP_AUTH;
  Bytes payload;
  pump device{};
  uint64_t random_state = 0;
  std::array<uint8_t, PUMP_MAC_BYTES> mac{};  // of whatever is asked next
  size_t sent = 0;
};

uint64_t Draw(uint64_t& state) {
  state += 0x9e3779b97f4a7c15u;
  uint64_t value = state;
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
  value = (value ^ value >> 27) * 0x94d049bb133111ebu;
  return value ^ value >> 31;
}

void Send(void* context, const uint8_t* /*line*/, size_t length) {
  static_cast<Bench*>(context)->sent += length;
}

void DelayMs(void* /*context*/, uint32_t /*ms*/) {}
uint32_t TickMs(void* /*context*/) { return 600000; }

void Random(void* context, uint8_t* out, size_t length) {
  auto& state = static_cast<Bench*>(context)->random_state;
  for (size_t i = 0; i < length; ++i) out[i] = static_cast<uint8_t>(Draw(state));
}

void Mac(void* context, const uint8_t* /*key*/, const uint8_t* /*in*/, size_t /*length*/,
         uint8_t* out) {
  const auto& mac = static_cast<Bench*>(context)->mac;
  std::copy(mac.begin(), mac.end(), out);
}

void SessionOpened(void* /*context*/) {}
void SetRate(void* /*context*/, uint16_t /*rate*/) {}
void GiveBolus(void* /*context*/, uint16_t /*volume*/, uint16_t /*rate*/) {}
void Logged(void* /*context*/, uint8_t /*code*/, uint16_t /*value*/) {}

// All of the frame but the flag that ends it.
void SendFrame(pump& device, unsigned sequence, uint8_t command, const Bytes& payload) {
  Bytes frame = {0, static_cast<uint8_t>(sequence), 0, command};
  frame.insert(frame.end(), payload.begin(), payload.end());
  const uint16_t crc = pump_crc(frame.data(), frame.size());
  frame.push_back(static_cast<uint8_t>(crc));
  frame.push_back(static_cast<uint8_t>(crc >> 8));
  pump_receive(&device, 0x7e);
  for (const uint8_t byte : frame) {
    const bool stuffed = byte == 0x7e || byte == 0x7d;
    if (stuffed) pump_receive(&device, 0x7d);
    pump_receive(&device, stuffed ? byte ^ 0x20 : byte);
  }
}

// A PIN of one to eight bytes, and zeroes behind it.
void SetPin(std::array<uint16_t, PUMP_PARAMETERS>& parameters, uint64_t chance) {
  const size_t length = 1 + Draw(chance) % kPinBytes;
  for (size_t i = 0; i < kPinBytes; ++i) {
    const auto byte = static_cast<uint16_t>(i < length ? 1 + Draw(chance) % 255 : 0);
    auto& parameter = parameters[kPinParameter + i / 2];
    parameter = static_cast<uint16_t>(i % 2 == 0 ? byte : parameter | byte << 8);
  }
}

void PowerOn(Bench& bench, uint64_t pin_chance) {
  std::array<uint16_t, PUMP_PARAMETERS> parameters{};
  for (size_t i = 0; i < parameters.size(); ++i) parameters[i] = static_cast<uint16_t>(100 + i);
  SetPin(parameters, pin_chance);
  const std::array<uint8_t, PUMP_KEY_BYTES> key{};
  const pump_hal hal = {malloc, free,          Send,    DelayMs,   TickMs, Random,
                        Mac,    SessionOpened, SetRate, GiveBolus, Logged, &bench};
  pump_init(&bench.device, &hal, key.data(), parameters.data());
}

void Prepare(void* context, unsigned secret_class, uint64_t draw) {
  auto& bench = *static_cast<Bench*>(context);
  pump_close(&bench.device);
  bench.random_state = draw;
  Random(&bench, bench.mac.data(), bench.mac.size());
  PowerOn(bench, bench.looked == Looked::kCommand ? draw + secret_class : draw);
  const Bytes guess(bench.mac.begin(), bench.mac.end());
  SendFrame(bench.device, 1, PUMP_HELLO, {});
  pump_receive(&bench.device, 0x7e);
  Bytes payload = guess;
  if (bench.looked != Looked::kResponse) {
    SendFrame(bench.device, 2, PUMP_AUTH, guess);
    pump_receive(&bench.device, 0x7e);
    payload = bench.payload;
    const auto tag_end = guess.begin() + PUMP_TAG_BYTES;
    if (std::count(kTherapy.begin(), kTherapy.end(), bench.command) != 0) {
      payload.insert(payload.end(), guess.begin(), tag_end);
    }
  }
  if (bench.looked != Looked::kCommand) {
    const size_t last = bench.looked == Looked::kTag ? PUMP_TAG_BYTES - 1 : PUMP_MAC_BYTES - 1;
    bench.mac[secret_class == 0 ? 0 : last] ^= static_cast<uint8_t>(1 + draw % 255);
  }
  SendFrame(bench.device, 3, bench.command, payload);
  bench.sent = 0;
}

size_t Operate(void* context) {
  auto& bench = *static_cast<Bench*>(context);
  pump_receive(&bench.device, 0x7e);
  return bench.sent;
}

}  // namespace

extern "C" {

// One function per property, so that their stacks differ.
void PumpToldByWork(const percuss_property* broken) { PERCUSS_HOLDS(broken != &kWork, &kWork); }

void PumpToldByLength(const percuss_property* broken) {
  PERCUSS_HOLDS(broken != &kLength, &kLength);
}

}  // extern "C"

PERCUSS_HARNESS(pump_secrets, 1) {
  constexpr size_t kHead = 9;
  if (size < kHead) return -1;
  Bench bench;
  bench.looked = static_cast<Looked>(data[0] % 3);
  uint64_t seed = 0;
  for (size_t i = 1; i < kHead; ++i) seed = seed << 8 | data[i];
  if (bench.looked != Looked::kResponse) {
    if (size == kHead) return -1;
    bench.command =
        bench.looked == Looked::kTag ? kTherapy[data[kHead] % kTherapy.size()] : data[kHead];
    const size_t room = PUMP_PAYLOAD_MAX - PUMP_TAG_BYTES;
    bench.payload.assign(data + kHead + 1, data + kHead + 1 + std::min(size - kHead - 1, room));
  }
  PowerOn(bench, seed);
  const percuss_leak leak = {&kWork, &kLength, Prepare, Operate, &bench, kPairs, false};
  const percuss_property* broken = percuss_leak_measure(&leak, seed);
  pump_close(&bench.device);
  PumpToldByLength(broken);
  PumpToldByWork(broken);
  return 0;
}
