// SPDX-License-Identifier: Apache-2.0
//
// Numbers of JSON that is not believed. What 1e64 is as an integer is undefined ([conv.fpint] of
// C++20), and get<int64_t>() of the JSON library does not ask. FieldReader does; whoever reads
// integers without it asks here first. Thread-safe.
#pragma once

#include "common/json_file.h"

namespace percuss::common {

// Whether every number in the value that has a fraction or an exponent is one that a 32-bit integer
// can be made of. Seconds, rates and percentages are; no integer of ours is written like that.
[[nodiscard]] bool NumbersFit(const Json& value);

}  // namespace percuss::common
