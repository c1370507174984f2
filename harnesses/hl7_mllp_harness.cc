// SPDX-License-Identifier: Apache-2.0
//
// The monitor's HL7 link. The input is the byte stream of one connection: MLLP blocks, as a capture
// of the socket shows them. It arrives twice, at a link that was opened anew: as a whole, and in
// pieces, since the device never sees more than its socket buffer at once.
//
// Properties: how a network cuts the stream changes neither answers nor what is shown. What the
// monitor acknowledges it reads back: an acknowledgement of its acknowledgements says the same.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "harnesses/sdk/oracles.h"
#include "harnesses/sdk/percuss_harness.h"
#include "targets/reference/hl7/hl7.h"

namespace {

const hl7_hal kHal = {std::malloc, std::free};

constexpr std::string_view kCodeFollows = "\rMSA|";
constexpr size_t kCodeBytes = 2;

struct Connection {
  percuss_account account{};
  percuss_text acknowledgements{};
};

constexpr percuss_property kPieces = {"CWE-372:hl7-pieces",
                                      "the same bytes in other pieces were understood otherwise",
                                      PERCUSS_TAMPERING, "T-19"};

constexpr percuss_property kReadsBack = {
    "CWE-116:hl7-acknowledgement",
    "an acknowledgement is read as one of another message than it was written for",
    PERCUSS_TAMPERING, "T-21"};

// Whatever was thought of the message: an acknowledgement of an acknowledgement is always AE.
void KeepAcknowledgement(std::string_view block, percuss_text& text) {
  const size_t code = block.find(kCodeFollows);
  if (code != block.npos) {
    percuss_print(&text, block.data(), code + kCodeFollows.size());
    percuss_print(&text, "AA", kCodeBytes);
    block.remove_prefix(std::min(block.size(), code + kCodeFollows.size() + kCodeBytes));
  }
  percuss_print(&text, block.data(), block.size());
}

// A link that acknowledges must send whole MLLP blocks, or its peer never finds the next one.
void CheckBlock(void* user, const uint8_t* bytes, size_t count) {
  PERCUSS_PROPERTY(
      count >= 3 && bytes[0] == 0x0B && bytes[count - 2] == 0x1C && bytes[count - 1] == 0x0D,
      "HL7-ACK-FRAMED", "an acknowledgement left the device without its MLLP frame");
  auto& connection = *static_cast<Connection*>(user);
  percuss_account_step(&connection.account, "acknowledgement", bytes, count);
  KeepAcknowledgement({reinterpret_cast<const char*>(bytes), count}, connection.acknowledgements);
}

void CheckObservation(void* user, const hl7_observation* observation) {
  PERCUSS_PROPERTY(std::memchr(observation->units, 0, sizeof observation->units) != nullptr,
                   "HL7-UNITS-TERMINATED", "a unit text reached the display without its end");
  auto* account = &static_cast<Connection*>(user)->account;
  percuss_account_step(account, "code", observation->code, sizeof observation->code);
  percuss_account_step(account, "units", observation->units, sizeof observation->units);
  percuss_account_number(account, "channel", observation->channel);
  percuss_account_number(account, "value", static_cast<uint64_t>(observation->value_milli));
  percuss_account_number(account, "mean", static_cast<uint64_t>(observation->mean_milli));
  percuss_account_number(account, "lines", observation->lines);
}

void Receive(void* /*context*/, const uint8_t* piece, size_t size) { hl7_receive(piece, size); }

Connection Connect(const uint8_t* data, size_t size, percuss_delivery how) {
  Connection connection;
  const hl7_callbacks callbacks = {&connection, CheckBlock, CheckObservation};
  hl7_open(&kHal, &callbacks);
  percuss_deliver(data, size, how, Receive, nullptr);
  hl7_close();
  return connection;
}

bool Reprint(void* /*context*/, const uint8_t* bytes, size_t size, percuss_text* text) {
  *text = Connect(bytes, size, PERCUSS_WHOLE).acknowledgements;
  return text->size != 0;
}

}  // namespace

extern "C" {

void Hl7SameInPieces(const percuss_account& whole, const percuss_account& pieces) {
  PERCUSS_KEEP(percuss_agree(&kPieces, &whole, &pieces));
}

void Hl7ReadsBack(const percuss_text& acknowledgements) {
  PERCUSS_KEEP(percuss_reads_back(&kReadsBack, Reprint, nullptr, acknowledgements.bytes,
                                  acknowledgements.size));
}

}  // extern "C"

PERCUSS_HARNESS(hl7_mllp, 1) {
  Connection whole = Connect(data, size, PERCUSS_WHOLE);
  Connection pieces = Connect(data, size, PERCUSS_PIECES);
  Hl7SameInPieces(whole.account, pieces.account);
  percuss_text_drop(&pieces.acknowledgements);
  if (whole.acknowledgements.size != 0) Hl7ReadsBack(whole.acknowledgements);
  percuss_text_drop(&whole.acknowledgements);
  return 0;
}
