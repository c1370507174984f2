// SPDX-License-Identifier: Apache-2.0
//
// The fault status and address registers (DDI 0403E, B3.2.15 to B3.2.20). Plain data.
#pragma once

#include <cstdint>

#include "emulation/rehost/core/core.h"

namespace percuss::rehost {

constexpr uint32_t kMemManageCauses = 0x000000ff;
constexpr uint32_t kBusCauses = 0x0000ff00;
constexpr uint32_t kMmfarValid = 1U << 7U;
constexpr uint32_t kBfarValid = 1U << 15U;
constexpr uint32_t kVectorTableFault = 1U << 1U;  // HFSR.VECTTBL
constexpr uint32_t kForcedHardFault = 1U << 30U;  // HFSR.FORCED
constexpr uint32_t kDebugEventFault = 1U << 31U;  // HFSR.DEBUGEVT
constexpr uint32_t kDebugBreakpoint = 1U << 1U;   // DFSR.BKPT

struct FaultStatus {
  uint32_t cfsr = 0;
  uint32_t hfsr = 0;
  uint32_t dfsr = 0;
  uint32_t mmfar = 0;
  uint32_t bfar = 0;

  // The exception that bits of CFSR are told by.
  [[nodiscard]] static uint16_t ExceptionOf(uint32_t cause) {
    if ((cause & kMemManageCauses) != 0) return kMemManage;
    return (cause & kBusCauses) != 0 ? kBusFault : kUsageFault;
  }
  // Only accesses of instructions leave their address.
  void Record(uint32_t cause, uint32_t address) {
    cfsr |= cause;
    if ((cause & kDataAccess) != 0) {
      cfsr |= kMmfarValid;
      mmfar = address;
    }
    if ((cause & kPreciseBus) != 0) {
      cfsr |= kBfarValid;
      bfar = address;
    }
  }
};

}  // namespace percuss::rehost
