// SPDX-License-Identifier: Apache-2.0
//
// What a Cortex-M's fault registers say, in words (DDI 0403E, B3.2.15 and B3.2.16; DDI 0553, D1.2).
// Pure, thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

namespace percuss::rehost {

struct FaultWords {
  std::string_view words;
  std::string_view bug_class;  // as common/model/finding.h has them
};

// The most telling bit of CFSR and HFSR; both texts empty where none is set.
[[nodiscard]] FaultWords WordsOf(uint32_t cfsr, uint32_t hfsr);

// Of what lies so near to address 0 that a null pointer, or a member behind one, was meant.
constexpr uint64_t kNullPageBytes = 1024;

}  // namespace percuss::rehost
