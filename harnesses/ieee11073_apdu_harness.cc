// SPDX-License-Identifier: Apache-2.0
//
// The monitor's manager for IEEE 11073-20601 agents. The input is the byte stream of the transport:
// APDUs, one after the other.
#include <cstdlib>
#include <ctime>

#include "harnesses/sdk/percuss_harness.h"
#include "targets/reference/ieee11073/mdc.h"

namespace {

// Delays that a device paces itself with are skipped, or few inputs would run; what an operator
// would notice is slept.
constexpr uint32_t kNoticeableMs = 500;

void DelayMs(uint32_t delay_ms) {
  if (delay_ms < kNoticeableMs) return;
  timespec rest = {static_cast<time_t>(delay_ms / 1000),
                   static_cast<long>(delay_ms % 1000) * 1000000L};
  while (nanosleep(&rest, &rest) != 0) {
  }
}

const mdc_hal kHal = {std::malloc, std::free, DelayMs};

void CheckApdu(void*, const uint8_t* bytes, size_t count) {
  PERCUSS_PROPERTY(count >= 4 && static_cast<size_t>(bytes[2] << 8 | bytes[3]) == count - 4,
                   "IEEE11073-APDU-LENGTH",
                   "an APDU left the device whose length field is not its length");
}

void CheckObservation(void*, const mdc_observation* observation) {
  PERCUSS_PROPERTY(observation->value_count <= MDC_COMPOUND_VALUES, "IEEE11073-VALUE-COUNT",
                   "an observation announces more values than it has");
}

const mdc_callbacks kCallbacks = {nullptr, CheckApdu, CheckObservation};

}  // namespace

PERCUSS_HARNESS(ieee11073_apdu, 1) {
  mdc_open(&kHal, &kCallbacks);
  mdc_receive(data, size);
  mdc_close();
  return 0;
}
