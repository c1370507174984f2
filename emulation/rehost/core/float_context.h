// SPDX-License-Identifier: Apache-2.0
//
// Who may use floating point, and where its registers go when an exception comes (DDI 0403E,
// B1.5.7, B3.2.20 to B3.2.24). Plain data.
#pragma once

#include <cstdint>

namespace percuss::rehost {

constexpr uint8_t kControlFloat = 4;  // CONTROL.FPCA

struct FloatContext {
  // FPCCR.
  static constexpr uint32_t kLazyPending = 1U << 0U;  // LSPACT
  static constexpr uint32_t kUser = 1U << 1U;
  static constexpr uint32_t kThread = 1U << 3U;
  static constexpr uint32_t kHardFaultReady = 1U << 4U;
  static constexpr uint32_t kMemManageReady = 1U << 5U;
  static constexpr uint32_t kBusFaultReady = 1U << 6U;
  static constexpr uint32_t kMonitorReady = 1U << 8U;
  static constexpr uint32_t kUsageFaultReady = 1U << 10U;  // not shown: not in Armv7-M
  static constexpr uint32_t kLazyEnabled = 1U << 30U;      // LSPEN
  static constexpr uint32_t kAutomatic = 1U << 31U;        // ASPEN
  static constexpr uint32_t kFpccrBits = kLazyPending | kUser | kThread | kHardFaultReady |
                                         kMemManageReady | kBusFaultReady | kMonitorReady |
                                         kLazyEnabled | kAutomatic;
  static constexpr uint32_t kFpdscrBits = 0x07c00000;  // AHP, DN, FZ, RMode
  static constexpr uint32_t kCpacrBits = 0x00f00000;   // CP10, CP11

  uint32_t cpacr = 0;
  uint32_t fpccr = kLazyEnabled | kAutomatic;
  uint32_t fpcar = 0;
  uint32_t fpdscr = 0;

  [[nodiscard]] bool IsEnabled(bool privileged) const {
    const uint32_t access = cpacr >> 20U & 3U;
    return access == 3 || (access == 1 && privileged);
  }
  [[nodiscard]] bool IsLazyPending() const { return (fpccr & kLazyPending) != 0; }
};

}  // namespace percuss::rehost
