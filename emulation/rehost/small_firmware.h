// SPDX-License-Identifier: Apache-2.0
//
// A firmware for tests: it counts in r5 the words that its device gives, up to one that is 44, and
// then loads from there, which faults. An interrupt comes every five instructions and counts in r6.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include "emulation/rehost/core/machine_image.h"

namespace percuss::emulation {

constexpr uint32_t kSmallFlash = 0x08000000;
constexpr uint32_t kSmallRam = 0x20000000;
constexpr uint32_t kSmallRamBytes = 0x1000;
constexpr uint32_t kSmallDevice = 0x40000000;
constexpr uint32_t kSmallCode = kSmallFlash + 0x200;
constexpr uint32_t kSmallLoop = kSmallCode + 16;  // the load of a word
constexpr uint32_t kSmallCount = kSmallLoop + 2;
constexpr uint32_t kSmallCompare = kSmallLoop + 4;
constexpr uint32_t kSmallBranch = kSmallLoop + 6;
constexpr uint32_t kSmallFault = kSmallLoop + 8;
constexpr uint32_t kSmallHandler = kSmallFlash + 0x300;

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

inline rehost::MachineImage SmallFirmware(bool interrupts) {
  const std::string code = Halfwords({
      0xf24e, 0x1300,  // movw r3, #0xe100
      0xf2ce, 0x0300,  // movt r3, #0xe000
      0x2201, 0x601a,  // movs r2, #1; str r2, [r3]
      0x2404, 0x0724,  // movs r4, #4; lsls r4, r4, #28
      0x6820, 0x3501,  // loop: ldr r0, [r4]; adds r5, #1
      0x282c, 0xd1fb,  // cmp r0, #44; bne loop
      0x6802, 0xe7fe   // ldr r2, [r0]; b .
  });
  std::string flash = Words({kSmallRam + kSmallRamBytes, kSmallCode | 1U});
  while (flash.size() < 64 * sizeof(uint32_t)) flash += Words({kSmallHandler | 1U});
  flash.resize(0x1000);
  flash.replace(kSmallCode - kSmallFlash, code.size(), code);
  const std::string handler = Halfwords({0x3601, 0x4770});  // adds r6, #1; bx lr
  flash.replace(kSmallHandler - kSmallFlash, handler.size(), handler);
  rehost::MachineImage image;
  image.vector_table = kSmallFlash;
  image.initial_sp = kSmallRam + kSmallRamBytes;
  image.entry = kSmallCode | 1U;
  image.regions = {{"flash", kSmallFlash, flash.size(), {true, false, true}, flash},
                   {"ram", kSmallRam, kSmallRamBytes, {}, ""}};
  image.peripherals = {{kSmallDevice, 0x1000}};
  if (interrupts) {
    rehost::InterruptTrigger trigger;
    trigger.which = rehost::InterruptTrigger::Which::kFixed;
    trigger.period = 5;
    image.triggers.push_back(trigger);
  }
  return image;
}

}  // namespace percuss::emulation
