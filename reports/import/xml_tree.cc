// SPDX-License-Identifier: Apache-2.0
#include "reports/import/xml_tree.h"

#include <fmt/format.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#include <limits>
#include <memory>

namespace percuss::reports {
namespace {

constexpr int kMaxDepth = 64;
constexpr const char* kSpace = " \t\r\n";

std::string TextOf(const xmlChar* text) {
  return text == nullptr ? "" : reinterpret_cast<const char*>(text);
}

std::string Trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

class TreeBuilder {
 public:
  TreeBuilder(const std::string& file, std::vector<Problem>& problems)
      : file_(file), problems_(problems) {}

  // NOLINTNEXTLINE(misc-no-recursion): as deep as kMaxDepth
  bool Build(xmlNode* from, XmlNode& node, int depth) {
    node.name = TextOf(from->name);
    node.line = static_cast<int>(xmlGetLineNo(from));
    if (depth > kMaxDepth) {
      problems_.push_back(
          {file_, node.line, fmt::format("nested deeper than {} levels", kMaxDepth)});
      return false;
    }
    for (xmlAttr* attribute = from->properties; attribute != nullptr; attribute = attribute->next) {
      xmlChar* value = xmlNodeListGetString(from->doc, attribute->children, 1);
      node.attributes[TextOf(attribute->name)] = TextOf(value);
      xmlFree(value);
    }
    for (xmlNode* child = from->children; child != nullptr; child = child->next) {
      if (child->type == XML_ELEMENT_NODE) {
        if (!Build(child, node.children.emplace_back(), depth + 1)) return false;
      } else if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) {
        XmlNode& text = node.children.emplace_back();
        text.line = static_cast<int>(xmlGetLineNo(child));
        text.text = TextOf(child->content);
      }
    }
    return true;
  }

 private:
  const std::string& file_;
  std::vector<Problem>& problems_;
};

// NOLINTNEXTLINE(misc-no-recursion): as deep as the tree
void Collect(const XmlNode& node, std::string& text) {
  text += node.text;
  for (const XmlNode& child : node.children) Collect(child, text);
}

}  // namespace

const XmlNode* XmlNode::Find(std::string_view child) const {
  for (const XmlNode& node : children) {
    if (node.name == child) return &node;
  }
  return nullptr;
}

std::string XmlNode::Attribute(const std::string& attribute) const {
  const auto at = attributes.find(attribute);
  return at == attributes.end() ? "" : at->second;
}

std::string XmlNode::AllText() const {
  std::string all;
  Collect(*this, all);
  return Trimmed(all);
}

XmlNode ParseXml(std::string_view text, const std::string& file, std::vector<Problem>& problems) {
  XmlNode root;
  if (text.size() > static_cast<size_t>(std::numeric_limits<int>::max())) {
    problems.push_back({file, 0, "is too large"});
    return root;
  }
  const std::unique_ptr<xmlParserCtxt, decltype(&xmlFreeParserCtxt)> context(xmlNewParserCtxt(),
                                                                             &xmlFreeParserCtxt);
  if (context == nullptr) {
    problems.push_back({file, 0, "out of memory"});
    return root;
  }
  constexpr int kOptions = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                           XML_PARSE_NOCDATA | XML_PARSE_BIG_LINES;
  const std::unique_ptr<xmlDoc, decltype(&xmlFreeDoc)> document(
      xmlCtxtReadMemory(context.get(), text.data(), static_cast<int>(text.size()), nullptr, nullptr,
                        kOptions),
      &xmlFreeDoc);
  if (document == nullptr) {
    const xmlError* error = xmlCtxtGetLastError(context.get());
    const bool told = error != nullptr && error->message != nullptr;
    problems.push_back(
        {file, told ? error->line : 0,
         "not well-formed XML: " + (told ? Trimmed(error->message) : "no document")});
    return root;
  }
  xmlNode* top = xmlDocGetRootElement(document.get());
  if (document->intSubset != nullptr || top == nullptr) {
    problems.push_back({file, 1, "a document type declaration is refused"});
    return root;
  }
  if (!TreeBuilder(file, problems).Build(top, root, 0)) return {};
  return root;
}

}  // namespace percuss::reports
