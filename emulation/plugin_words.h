// SPDX-License-Identifier: Apache-2.0
//
// The words in which our plugin tells what happened: lines on the emulator's error output that
// begin with a mark. What follows may be anybody's, so everything is optional.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace percuss::emulation {

constexpr std::string_view kPluginMark = "percuss-board: ";

// All of the text as a number; hexadecimal after "0x", whatever the base.
[[nodiscard]] std::optional<uint64_t> Number(std::string_view text, int base);
// Takes the next word off, with the spaces before it; empty at the end.
std::string_view TakeWord(std::string_view& text);

}  // namespace percuss::emulation
