// SPDX-License-Identifier: Apache-2.0
//
// What an emulator printed, made ready for people.
#pragma once

#include <string>
#include <string_view>

namespace percuss::cli {

// The emulator's own words and its guest's, without those of our plugin.
[[nodiscard]] std::string ForPeople(std::string_view log);

// Frames of a report that only have an address get their names; where calls were inlined one
// becomes several.
[[nodiscard]] std::string WithNames(const std::string& text);

}  // namespace percuss::cli
