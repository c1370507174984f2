// SPDX-License-Identifier: Apache-2.0
//
// A firmware for tests of streams. It reads words of one device until one is kLock, then a byte of
// another, a length: kTooLong of them makes it load from nowhere. Else all begins anew.
#pragma once

#include <cstdint>
#include <string>

#include "emulation/rehost/core/machine.h"
#include "emulation/rehost/core/small_image.h"
#include "emulation/rehost/core/stream_mutator.h"

namespace percuss::rehost {

constexpr uint32_t kLock = 0xC0DE5A17;
constexpr uint8_t kTooLong = 0x61;
constexpr uint32_t kLockAddress = 0x40000000;
constexpr uint32_t kLengthAddress = 0x40001000;

inline MachineImage LockedFirmware() {
  MachineImage image = SmallImage(Halfwords({
      0x2404,          0x0724,  // movs r4,#4; lsls r4,r4,#28: 0x40000000
      0x2501,          0x032d,  // movs r5,#1; lsls r5,r5,#12: 0x1000
      0x1965,                   // adds r5,r4,r5
      0x4e07,                   // ldr r6,[pc,#28]: kLock
      0x6820,                   // again: ldr r0,[r4]
      0x42b0,                   // cmp r0,r6
      0xd1fc,                   // bne again
      0x7829,                   // ldrb r1,[r5]
      0x2960,                   // cmp r1,#0x60
      0xd9f9,                   // bls again
      0x2961,                   // cmp r1,#0x61
      0xd1f7,                   // bne again
      0x2301,          0x085b,  // movs r3,#1; lsrs r3,r3,#1: 0 at nowhere
      0x681a,          0xbe00,  // ldr r2,[r3] ; bkpt
      0x46c0,          0x46c0,  // nop; nop: the word is aligned
      kLock & 0xffffU, kLock >> 16U,
  }));
  image.peripherals = {{kLockAddress, 0x2000}};
  image.limits.instructions = 100'000;
  return image;
}

// The right word, twice, with a length behind the first, and others before it.
inline std::string LockedFlat(uint32_t before, uint8_t length) {
  return Words({before}) + Words({kLock}) + static_cast<char>(length) + Words({before});
}
inline StreamSet LockedStreams(uint32_t before, uint8_t length) {
  return {{{{kLockAddress}, Words({before}) + Words({kLock}) + Words({before})},
           {{kLengthAddress}, std::string(1, static_cast<char>(length))}},
          ""};
}

inline Outcome RunOn(Machine& machine, const std::string& input) {
  return machine.Run(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

}  // namespace percuss::rehost
