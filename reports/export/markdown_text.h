// SPDX-License-Identifier: Apache-2.0
//
// Text of unknown origin in GitHub Flavored Markdown. It must show as what it is: neither markup
// nor a link comes of it, and what is no markup in its place is not escaped, so that names can be
// read and searched for in the file itself.
#pragma once

#include <string>
#include <string_view>

namespace percuss::reports {

// For running text, a list's item or a table's cell. Line ends and tabs become spaces. What stands
// before and after it in the file must be a space, a line's end or punctuation of ours.
[[nodiscard]] std::string MarkdownText(std::string_view text);

// A code span. Not for a table's cell.
[[nodiscard]] std::string MarkdownCode(std::string_view text);

}  // namespace percuss::reports
