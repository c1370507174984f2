// SPDX-License-Identifier: Apache-2.0
//
// The monitor's HL7 link. The input is the byte stream of one connection: MLLP blocks, as a capture
// of the socket shows them. It arrives in two pieces, since the device never sees more than its
// socket buffer at once.
#include <cstdlib>
#include <cstring>

#include "harnesses/sdk/percuss_harness.h"
#include "targets/reference/hl7/hl7.h"

namespace {

const hl7_hal kHal = {std::malloc, std::free};

// A link that acknowledges must send whole MLLP blocks, or its peer never finds the next one.
void CheckBlock(void*, const uint8_t* bytes, size_t count) {
  PERCUSS_PROPERTY(
      count >= 3 && bytes[0] == 0x0B && bytes[count - 2] == 0x1C && bytes[count - 1] == 0x0D,
      "HL7-ACK-FRAMED", "an acknowledgement left the device without its MLLP frame");
}

void CheckObservation(void*, const hl7_observation* observation) {
  PERCUSS_PROPERTY(std::memchr(observation->units, 0, sizeof observation->units) != nullptr,
                   "HL7-UNITS-TERMINATED", "a unit text reached the display without its end");
}

const hl7_callbacks kCallbacks = {nullptr, CheckBlock, CheckObservation};

}  // namespace

PERCUSS_HARNESS(hl7_mllp, 1) {
  hl7_open(&kHal, &kCallbacks);
  const size_t first = size / 2;
  hl7_receive(data, first);
  hl7_receive(data + first, size - first);
  hl7_close();
  return 0;
}
