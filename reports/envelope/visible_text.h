// SPDX-License-Identifier: Apache-2.0
//
// Texts of unknown origin: made safe to show, and refused where a person is to sign them. Pure and
// thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace percuss::reports {

// UTF-8 (Unicode 15.0, table 3-7) whose every character can be seen and stands in XML 1.0's Char
// production: bytes that are not UTF-8 become U+FFFD, control characters their pictures (U+2400 and
// up; line feed and tab stay), and direction overrides, zero-width characters and noncharacters
// "⟨U+202E⟩".
[[nodiscard]] std::string VisibleText(std::string_view text);

// The same with pictures for line feed and tab as well: what is shown on a line stays on it.
[[nodiscard]] std::string VisibleLine(std::string_view text);

// The first character that can make a line look like another one, as "U+001B": controls, line
// breaks, direction overrides and what is not UTF-8. Empty when there is none. The joiners U+200C
// and U+200D are letters' parts and stay.
[[nodiscard]] std::string HiddenCharacter(std::string_view text);

// Without spaces at either end.
[[nodiscard]] std::string Trimmed(std::string_view text);

// What is wrong with a text that a person is to sign for: that it is empty but for spaces, or holds
// a hidden character. Empty: nothing.
[[nodiscard]] std::string SaidTextObjection(std::string_view text);

}  // namespace percuss::reports
