// SPDX-License-Identifier: Apache-2.0
//
// The monitor's DICOM server. The input is the byte stream of its peer: PDUs, one association after
// the other. It arrives in two pieces, since the device never sees more than its socket buffer at
// once.
#include <cstdlib>

#include "harnesses/sdk/percuss_harness.h"
#include "targets/reference/dicom/dicom.h"

namespace {

const dicom_hal kHal = {std::malloc, std::free};

// A PDU whose length field is wrong leaves the peer waiting, or reading the next one from its
// middle.
void CheckPdu(void*, const uint8_t* bytes, size_t count) {
  const size_t length = count < 6 ? 0
                                  : static_cast<size_t>(bytes[2]) << 24 |
                                        static_cast<size_t>(bytes[3]) << 16 |
                                        static_cast<size_t>(bytes[4]) << 8 | bytes[5];
  PERCUSS_PROPERTY(count >= 6 && length == count - 6, "DICOM-PDU-LENGTH",
                   "a PDU left the device whose length field is not its length");
}

void IgnorePreview(void*, const dicom_preview*) {}

const dicom_callbacks kCallbacks = {nullptr, CheckPdu, IgnorePreview};

}  // namespace

PERCUSS_HARNESS(dicom_ul, 1) {
  dicom_open(&kHal, &kCallbacks);
  const size_t first = size / 2;
  dicom_receive(data, first);
  dicom_receive(data + first, size - first);
  dicom_close();
  return 0;
}
