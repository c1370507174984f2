// SPDX-License-Identifier: Apache-2.0
//
// The monitor's HL7 link. The input is the byte stream of one connection: MLLP blocks, as a capture
// of the socket shows them. It arrives twice, at a link that was opened anew: as a whole, and in
// pieces, since the device never sees more than its socket buffer at once.
//
// Property: how a network cuts the stream changes neither answers nor what is shown.
#include <cstdlib>
#include <cstring>

#include "harnesses/sdk/oracles.h"
#include "harnesses/sdk/percuss_harness.h"
#include "targets/reference/hl7/hl7.h"

namespace {

const hl7_hal kHal = {std::malloc, std::free};

constexpr percuss_property kPieces = {"CWE-372:hl7-pieces",
                                      "the same bytes in other pieces were understood otherwise",
                                      PERCUSS_TAMPERING, "T-19"};

// A link that acknowledges must send whole MLLP blocks, or its peer never finds the next one.
void CheckBlock(void* user, const uint8_t* bytes, size_t count) {
  PERCUSS_PROPERTY(
      count >= 3 && bytes[0] == 0x0B && bytes[count - 2] == 0x1C && bytes[count - 1] == 0x0D,
      "HL7-ACK-FRAMED", "an acknowledgement left the device without its MLLP frame");
  percuss_account_step(static_cast<percuss_account*>(user), "acknowledgement", bytes, count);
}

void CheckObservation(void* user, const hl7_observation* observation) {
  PERCUSS_PROPERTY(std::memchr(observation->units, 0, sizeof observation->units) != nullptr,
                   "HL7-UNITS-TERMINATED", "a unit text reached the display without its end");
  auto* account = static_cast<percuss_account*>(user);
  percuss_account_step(account, "code", observation->code, sizeof observation->code);
  percuss_account_step(account, "units", observation->units, sizeof observation->units);
  percuss_account_number(account, "channel", observation->channel);
  percuss_account_number(account, "value", static_cast<uint64_t>(observation->value_milli));
  percuss_account_number(account, "mean", static_cast<uint64_t>(observation->mean_milli));
  percuss_account_number(account, "lines", observation->lines);
}

void Receive(void* /*context*/, const uint8_t* piece, size_t size) { hl7_receive(piece, size); }

percuss_account Connection(const uint8_t* data, size_t size, percuss_delivery how) {
  percuss_account account{};
  const hl7_callbacks callbacks = {&account, CheckBlock, CheckObservation};
  hl7_open(&kHal, &callbacks);
  percuss_deliver(data, size, how, Receive, nullptr);
  hl7_close();
  return account;
}

}  // namespace

extern "C" void Hl7SameInPieces(const percuss_account& whole, const percuss_account& pieces) {
  PERCUSS_KEEP(percuss_agree(&kPieces, &whole, &pieces));
}

PERCUSS_HARNESS(hl7_mllp, 1) {
  const percuss_account whole = Connection(data, size, PERCUSS_WHOLE);
  Hl7SameInPieces(whole, Connection(data, size, PERCUSS_PIECES));
  return 0;
}
