// SPDX-License-Identifier: Apache-2.0
//
// One XML document as a tree, through libxml2. Nothing is fetched, no entity is expanded and a
// document type declaration is refused, so that a file says nothing but what stands in it. Names
// are without their prefix. Pure and thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "reports/validation/located_json.h"

namespace percuss::reports {

struct XmlNode {
  std::string name;  // empty: text
  int line = 0;
  std::string text;  // of text
  std::map<std::string, std::string> attributes;
  std::vector<XmlNode> children;

  // The first child of that name; nullptr when there is none.
  [[nodiscard]] const XmlNode* Find(std::string_view child) const;
  // The value of an attribute; empty when there is none.
  [[nodiscard]] std::string Attribute(const std::string& attribute) const;
  // All text below it, without white space at the ends.
  [[nodiscard]] std::string AllText() const;
};

// Appends a problem for what is not well-formed, a document type declaration, nesting deeper than
// 64, or sizes that libxml2 refuses.
[[nodiscard]] XmlNode ParseXml(std::string_view text, const std::string& file,
                               std::vector<Problem>& problems);

}  // namespace percuss::reports
