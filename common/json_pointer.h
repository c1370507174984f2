// SPDX-License-Identifier: Apache-2.0
//
// For errors about the meaning of a value, beside LineOfJsonPointer of json_file.h. Thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace percuss::common {

// The line, from 1, at which the value at `pointer` (RFC 6901) starts in `text`, or the nearest
// value around it that is there: a member that is missing has no line.
[[nodiscard]] int LineNearJsonPointer(std::string_view text, const std::string& pointer);

}  // namespace percuss::common
