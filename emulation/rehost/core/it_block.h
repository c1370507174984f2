// SPDX-License-Identifier: Apache-2.0
//
// ITSTATE: which instructions of an IT block are executed (DDI 0403E A7.3.3). Pure.
#pragma once

#include <cstdint>

namespace percuss::rehost {

[[nodiscard]] constexpr bool InIt(uint8_t it_state) { return (it_state & 0xfU) != 0; }
[[nodiscard]] constexpr uint8_t ConditionOf(uint8_t it_state) { return it_state >> 4U; }
[[nodiscard]] constexpr uint8_t AfterInstruction(uint8_t it_state) {
  if ((it_state & 7U) == 0) return 0;
  return static_cast<uint8_t>((uint32_t{it_state} & 0xe0U) | ((uint32_t{it_state} << 1U) & 0x1fU));
}

}  // namespace percuss::rehost
