// SPDX-License-Identifier: Apache-2.0
//
// One YAML document as a tree of texts, through libyaml (YAML 1.1). No tag is obeyed and no alias
// followed, so that a small file stays small. Pure and thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/validation/located_json.h"

namespace percuss::reports {

struct YamlNode {
  enum class Kind { kText, kList, kMapping };
  Kind kind = Kind::kText;
  int line = 0;
  std::string text;                // of kText; empty for a plain null
  std::vector<std::string> names;  // of kMapping, one per item
  std::vector<YamlNode> items;     // of kMapping and kList

  // nullptr when there is no such member.
  [[nodiscard]] const YamlNode* Find(std::string_view name) const;
};

// Appends a problem on a syntax error, an alias, a key that is no text or is there twice, nesting
// deeper than 16 or a second document.
[[nodiscard]] YamlNode ParseYaml(std::string_view text, const std::string& file,
                                 std::vector<Problem>& problems);

}  // namespace percuss::reports
