// SPDX-License-Identifier: Apache-2.0
//
// Images of small programs, for tests: 4 KiB of flash with a vector table, 4 KiB of memory, and a
// device.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include "emulation/rehost/core/machine_image.h"

namespace percuss::rehost {

constexpr uint32_t kSmallFlash = 0x08000000;
constexpr uint32_t kSmallRam = 0x20000000;
constexpr uint32_t kSmallRamBytes = 0x1000;
constexpr uint32_t kSmallDevice = 0x40000000;
constexpr uint32_t kSmallCode = kSmallFlash + 0x200;
constexpr uint32_t kSmallHandler = kSmallFlash + 0x400;
constexpr uint32_t kSmallFaultHandler = kSmallFlash + 0x600;

inline std::string Halfwords(std::initializer_list<uint16_t> halves) {
  std::string bytes;
  for (const uint16_t half : halves) {
    bytes += static_cast<char>(half & 0xffU);
    bytes += static_cast<char>(half >> 8U);
  }
  return bytes;
}

inline std::string Words(std::initializer_list<uint32_t> words) {
  std::string bytes;
  for (const uint32_t word : words) {
    bytes += Halfwords({static_cast<uint16_t>(word), static_cast<uint16_t>(word >> 16U)});
  }
  return bytes;
}

// All exceptions go to `handler`, but for those below 8 where `fault_handler` has anything.
inline MachineImage SmallImage(const std::string& program,
                               const std::string& handler = Halfwords({0x4770 /* bx lr */}),
                               const std::string& fault_handler = "") {
  std::string flash = Words({kSmallRam + kSmallRamBytes, kSmallCode | 1U});
  for (int vector = 2; vector < 64; ++vector) {
    const bool apart = vector < 8 && !fault_handler.empty();
    flash += Words({(apart ? kSmallFaultHandler : kSmallHandler) | 1U});
  }
  flash.resize(0x1000);
  flash.replace(kSmallCode - kSmallFlash, program.size(), program);
  flash.replace(kSmallHandler - kSmallFlash, handler.size(), handler);
  flash.replace(kSmallFaultHandler - kSmallFlash, fault_handler.size(), fault_handler);
  MachineImage image;
  image.vector_table = kSmallFlash;
  image.initial_sp = kSmallRam + kSmallRamBytes;
  image.entry = kSmallCode | 1U;
  image.regions = {{"flash", kSmallFlash, flash.size(), {true, false, true}, flash},
                   {"ram", kSmallRam, kSmallRamBytes, {}, ""}};
  image.peripherals = {{kSmallDevice, 0x1000}};
  return image;
}

}  // namespace percuss::rehost
