// SPDX-License-Identifier: Apache-2.0
//
// Changes a validation file as text, so that whoever keeps it under version control sees what was
// added and nothing else. Pure and thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/json_file.h"

namespace percuss::reports {

// Bytes from `first` up to, without it, `second`.
using TextSpan = std::pair<size_t, size_t>;

struct ListSpan {
  TextSpan inside;              // between the brackets
  std::vector<TextSpan> items;  // values of the list
};

// Of the list that is the member `name` of the outermost object of valid JSON; nothing when there
// is none.
[[nodiscard]] std::optional<ListSpan> FindList(std::string_view text, std::string_view name);

// The entry as in the validation files: indented by four, its members side by side up to 100
// columns. No newline at either end.
[[nodiscard]] std::string EntryText(const common::OrderedJson& entry);

// `text` with items of the list `name` replaced (number, new text without indent) and `added` at
// its end. The list must be there.
[[nodiscard]] std::string EditList(std::string_view text, const ListSpan& list,
                                   const std::vector<std::pair<size_t, std::string>>& replaced,
                                   const std::vector<std::string>& added);

}  // namespace percuss::reports
