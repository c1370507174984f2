// SPDX-License-Identifier: Apache-2.0
//
// What an emulator printed, made ready for people.
#pragma once

#include <string>
#include <string_view>

namespace percuss::cli {

// The emulator's own words and its guest's, without those of our plugin.
[[nodiscard]] std::string ForPeople(std::string_view log);

// A report whose stack's frames only have an address gets their names; where calls were inlined one
// becomes several.
[[nodiscard]] std::string WithNames(const std::string& text);

}  // namespace percuss::cli
