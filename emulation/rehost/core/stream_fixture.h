// SPDX-License-Identifier: Apache-2.0
//
// A firmware for tests of streams. It reads words of one device until one is kLock, then a byte of
// another, a length: kTooLong of them makes it load from nowhere. Else all begins anew.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include "emulation/rehost/core/machine.h"
#include "emulation/rehost/core/stream_mutator.h"

namespace percuss::rehost {

constexpr uint32_t kLock = 0xC0DE5A17;
constexpr uint8_t kTooLong = 0x61;
constexpr uint32_t kLockAddress = 0x40000000;
constexpr uint32_t kLengthAddress = 0x40001000;

inline void AppendHalves(std::string& to, std::initializer_list<uint16_t> halves) {
  for (const uint16_t half : halves) {
    to += static_cast<char>(half & 0xffU);
    to += static_cast<char>(half >> 8U);
  }
}

inline MachineImage LockedFirmware() {
  constexpr uint32_t kFlash = 0x08000000;
  constexpr uint32_t kRam = 0x20000000;
  std::string code;
  AppendHalves(code, {
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
                     });
  std::string flash(0x1000, '\0');
  const auto word = [&flash](size_t at, uint32_t value) {
    for (size_t i = 0; i < 4; ++i) flash[at + i] = static_cast<char>(value >> (8 * i));
  };
  word(0, kRam + 0x1000);
  for (size_t vector = 1; vector < 16; ++vector) word(4 * vector, (kFlash + 0x200) | 1U);
  flash.replace(0x200, code.size(), code);
  MachineImage image;
  image.vector_table = kFlash;
  image.initial_sp = kRam + 0x1000;
  image.entry = (kFlash + 0x200) | 1U;
  image.regions = {{"flash", kFlash, flash.size(), {true, false, true}, flash},
                   {"ram", kRam, 0x1000, {true, true, true}, ""}};
  image.peripherals = {{kLockAddress, 0x2000}};
  image.limits.instructions = 100'000;
  return image;
}

inline std::string BytesOf(uint32_t word) {
  std::string bytes;
  for (uint32_t i = 0; i < 4; ++i) bytes += static_cast<char>(word >> (8 * i));
  return bytes;
}

// The right word, twice, with a length behind the first, and others before it.
inline std::string LockedFlat(uint32_t before, uint8_t length) {
  return BytesOf(before) + BytesOf(kLock) + static_cast<char>(length) + BytesOf(before);
}
inline StreamSet LockedStreams(uint32_t before, uint8_t length) {
  return {{{{kLockAddress}, BytesOf(before) + BytesOf(kLock) + BytesOf(before)},
           {{kLengthAddress}, std::string(1, static_cast<char>(length))}},
          ""};
}

inline Outcome RunOn(Machine& machine, const std::string& input) {
  return machine.Run(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

}  // namespace percuss::rehost
