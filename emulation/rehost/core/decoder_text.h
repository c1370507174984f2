// SPDX-License-Identifier: Apache-2.0
//
// For tests: a decoded instruction in words, as capstone has them, but with one spelling where that
// has several. Numbers are decimal, doubles are pairs of singles, special registers are left out.
#pragma once

#include <cstdint>
#include <string>

#include "emulation/rehost/core/decoder.h"

namespace percuss::rehost {

[[nodiscard]] std::string TextOf(const Decoded& decoded, uint32_t address);

}  // namespace percuss::rehost
