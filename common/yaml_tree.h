// SPDX-License-Identifier: Apache-2.0
//
// One YAML document as a tree of texts, through libyaml (YAML 1.1). No tag is obeyed and no alias
// followed, so that a small file stays small. Pure and thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace percuss::common {

struct YamlNode {
  enum class Kind { kText, kList, kMapping };
  Kind kind = Kind::kText;
  int line = 0;
  std::string text;                // of kText; empty for a plain null
  bool plain = false;              // of kText: not in quotes
  std::vector<std::string> names;  // of kMapping, one per item
  std::vector<YamlNode> items;     // of kMapping and kList

  // nullptr when there is no such member.
  [[nodiscard]] const YamlNode* Find(std::string_view name) const;
};

// kBadInput, with the line, on a syntax error, an alias, a key that is no text or is there twice,
// nesting deeper than 16 or a second document. `file` is what errors call the text.
[[nodiscard]] Result<YamlNode> ParseYaml(std::string_view text, const std::string& file);

}  // namespace percuss::common
