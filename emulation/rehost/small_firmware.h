// SPDX-License-Identifier: Apache-2.0
//
// A firmware for tests: it counts in r5 the words that its device gives, up to one that is 44, and
// then loads from there, which faults. An interrupt comes every five instructions and counts in r6.
#pragma once

#include "emulation/rehost/core/small_image.h"

namespace percuss::emulation {

using rehost::Halfwords;
using rehost::kSmallCode;
using rehost::kSmallDevice;
using rehost::kSmallFlash;
using rehost::kSmallHandler;
using rehost::kSmallRam;
using rehost::kSmallRamBytes;
using rehost::Words;

constexpr uint32_t kSmallLoop = kSmallCode + 16;  // the load of a word
constexpr uint32_t kSmallCount = kSmallLoop + 2;
constexpr uint32_t kSmallCompare = kSmallLoop + 4;
constexpr uint32_t kSmallBranch = kSmallLoop + 6;
constexpr uint32_t kSmallFault = kSmallLoop + 8;

inline rehost::MachineImage SmallFirmware(bool interrupts) {
  rehost::MachineImage image = rehost::SmallImage(Halfwords({
                                                      0xf24e, 0x1300,  // movw r3, #0xe100
                                                      0xf2ce, 0x0300,  // movt r3, #0xe000
                                                      0x2201, 0x601a,  // movs r2, #1; str r2, [r3]
                                                      0x2404, 0x0724,  // r4 = 0x40000000
                                                      0x6820, 0x3501,  // loop: ldr r0, [r4]; adds
                                                      0x282c, 0xd1fb,  // cmp r0, #44; bne loop
                                                      0x6802, 0xe7fe   // ldr r2, [r0]; b .
                                                  }),
                                                  Halfwords({0x3601, 0x4770}));  // adds r6, #1; bx
  if (interrupts) {
    rehost::InterruptTrigger trigger;
    trigger.which = rehost::InterruptTrigger::Which::kFixed;
    trigger.period = 5;
    image.triggers.push_back(trigger);
  }
  return image;
}

}  // namespace percuss::emulation
