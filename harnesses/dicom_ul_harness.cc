// SPDX-License-Identifier: Apache-2.0
//
// The monitor's DICOM server. The input is the byte stream of its peer: PDUs, one association after
// the other. It arrives twice, at a server that was opened anew: as a whole, and in pieces, since
// the device never sees more than its socket buffer at once.
//
// Property: how a network cuts the stream changes neither answers nor previews.
#include <cstdlib>

#include "harnesses/sdk/oracles.h"
#include "harnesses/sdk/percuss_harness.h"
#include "targets/reference/dicom/dicom.h"

namespace {

const dicom_hal kHal = {std::malloc, std::free};

constexpr percuss_property kPieces = {"CWE-372:dicom-pieces",
                                      "the same bytes in other pieces were understood otherwise",
                                      PERCUSS_TAMPERING, "T-20"};

// A PDU whose length field is wrong leaves the peer waiting, or reading the next one from its
// middle.
void CheckPdu(void* user, const uint8_t* bytes, size_t count) {
  const size_t length = count < 6 ? 0
                                  : static_cast<size_t>(bytes[2]) << 24 |
                                        static_cast<size_t>(bytes[3]) << 16 |
                                        static_cast<size_t>(bytes[4]) << 8 | bytes[5];
  PERCUSS_PROPERTY(count >= 6 && length == count - 6, "DICOM-PDU-LENGTH",
                   "a PDU left the device whose length field is not its length");
  percuss_account_step(static_cast<percuss_account*>(user), "PDU", bytes, count);
}

void NotePreview(void* user, const dicom_preview* preview) {
  auto* account = static_cast<percuss_account*>(user);
  percuss_account_number(account, "halvings", preview->halvings);
  percuss_account_number(account, "rows", preview->rows);
  percuss_account_step(account, "pixels", preview->pixels,
                       static_cast<size_t>(preview->rows) * preview->columns);
}

void Receive(void* /*context*/, const uint8_t* piece, size_t size) { dicom_receive(piece, size); }

percuss_account Connection(const uint8_t* data, size_t size, percuss_delivery how) {
  percuss_account account{};
  const dicom_callbacks callbacks = {&account, CheckPdu, NotePreview};
  dicom_open(&kHal, &callbacks);
  percuss_deliver(data, size, how, Receive, nullptr);
  dicom_close();
  return account;
}

}  // namespace

extern "C" void DicomSameInPieces(const percuss_account& whole, const percuss_account& pieces) {
  PERCUSS_KEEP(percuss_agree(&kPieces, &whole, &pieces));
}

PERCUSS_HARNESS(dicom_ul, 1) {
  const percuss_account whole = Connection(data, size, PERCUSS_WHOLE);
  DicomSameInPieces(whole, Connection(data, size, PERCUSS_PIECES));
  return 0;
}
