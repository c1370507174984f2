// SPDX-License-Identifier: Apache-2.0
//
// The memory protection unit of Armv7-M (PMSAv7, DDI 0403E, B3.5), and what the default memory map
// (B3.1) lets be executed. Plain data.
#pragma once

#include <array>
#include <cstdint>

#include "emulation/rehost/core/machine_image.h"
#include "emulation/rehost/core/memory.h"

namespace percuss::rehost {

class Mpu {
 public:
  static constexpr uint32_t kRegions = 8;

  // Who accesses: in HardFault, NMI and under FAULTMASK the MPU is off unless HFNMIENA is set.
  struct Who {
    bool privileged = true;
    bool negative_priority = false;
  };

  // Armv6-M has none here: its registers read as 0.
  explicit Mpu(Architecture architecture)
      : regions_(architecture == Architecture::kV6M ? 0 : kRegions) {}

  friend bool operator==(const Mpu&, const Mpu&) = default;

  [[nodiscard]] bool IsEnabled() const { return (control_ & kEnable) != 0; }

  // By offset from 0xe000e000: 0xd90 to 0xdb8.
  [[nodiscard]] uint32_t Read(uint32_t offset) const;
  void Write(uint32_t offset, uint32_t value);

  [[nodiscard]] bool Allows(uint32_t address, Access access, Who who) const;
  // For all of the `size` bytes at `address`, which is a multiple of it: whether there is one
  // answer and which.
  struct Answer {
    bool uniform = true;
    bool allowed = true;
  };
  [[nodiscard]] Answer AllowsAll(uint32_t address, uint32_t size, Access access, Who who) const;

 private:
  static constexpr uint32_t kEnable = 1;
  static constexpr uint32_t kInFaultHandlers = 2;       // HFNMIENA
  static constexpr uint32_t kDefaultForPrivileged = 4;  // PRIVDEFENA

  struct Region {
    uint32_t base = 0;
    uint32_t attributes = 0;  // RASR
    friend bool operator==(const Region&, const Region&) = default;
    [[nodiscard]] bool IsEnabled() const { return (attributes & 1U) != 0; }
    [[nodiscard]] uint32_t LastOffset() const;  // its size, less one
    [[nodiscard]] bool IsValid() const;
    [[nodiscard]] bool Covers(uint32_t address) const;
    [[nodiscard]] bool Permits(uint32_t address, Access access, bool privileged) const;
  };

  [[nodiscard]] bool IsOff(Who who) const;

  uint32_t regions_;
  uint32_t control_ = 0;
  uint32_t number_ = 0;
  std::array<Region, kRegions> region_{};
};

}  // namespace percuss::rehost
