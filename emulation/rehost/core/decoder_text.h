// SPDX-License-Identifier: Apache-2.0
//
// For tests: a decoded instruction in words, as capstone has them but for spellings that say the
// same (docs of each are at the difference in decoder_capstone_test.cc). Numbers are decimal,
// doubles are pairs of singles.
#pragma once

#include <cstdint>
#include <string>

#include "emulation/rehost/core/decoder.h"

namespace percuss::rehost {

[[nodiscard]] std::string TextOf(const Decoded& decoded, uint32_t address);

}  // namespace percuss::rehost
