// SPDX-License-Identifier: Apache-2.0
//
// matrix.json, put into the library by CMake.
#pragma once

#include <string_view>

namespace percuss::reports {

extern const std::string_view kMatrixText;

}  // namespace percuss::reports
