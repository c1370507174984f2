// SPDX-License-Identifier: Apache-2.0
#include "common/yaml_tree.h"

#include <fmt/format.h>
#include <yaml.h>

#include <set>

namespace percuss::common {
namespace {

constexpr int kMaxDepth = 16;
constexpr size_t kQuotedBytes = 60;

// For a message: what a terminal would take for more than text stands as "?".
std::string Clipped(std::string name) {
  const bool cut = name.size() > kQuotedBytes;
  if (cut) name.resize(kQuotedBytes);
  for (char& c : name) {
    if (c < ' ' || c > '~') c = '?';
  }
  return cut ? name + "..." : name;
}

class YamlReader {
 public:
  YamlReader(std::string_view text, const std::string& file) : file_(file) {
    good_ = yaml_parser_initialize(&parser_) == 1;
    if (!good_) return;
    // libyaml never writes to its input.
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
  }
  ~YamlReader() {
    Drop();
    yaml_parser_delete(&parser_);
  }
  YamlReader(const YamlReader&) = delete;
  YamlReader& operator=(const YamlReader&) = delete;

  Result<YamlNode> Read() {
    YamlNode root;
    if (!ReadDocument(root)) return tl::make_unexpected(error_);
    return root;
  }

 private:
  bool ReadDocument(YamlNode& root) {
    if (!good_) return Refuse(0, "out of memory");
    if (!Next() || !Next()) return false;  // the stream's begin, then the document's
    if (event_.type == YAML_STREAM_END_EVENT) return Refuse(1, "is empty");
    if (!Next() || !ReadNode(root, 0) || !Next() || !Next()) return false;
    return event_.type == YAML_STREAM_END_EVENT || Refuse(Line(), "has a second document");
  }

  [[nodiscard]] int Line() const { return static_cast<int>(event_.start_mark.line) + 1; }

  void Drop() {
    if (held_) yaml_event_delete(&event_);
    held_ = false;
  }

  bool Refuse(int line, const std::string& what) {
    error_ = {ErrorCode::kBadInput, what, file_, line};
    return false;
  }

  bool Next() {
    Drop();
    held_ = yaml_parser_parse(&parser_, &event_) == 1;
    if (held_) return true;
    const char* what = parser_.problem == nullptr ? "cannot be read" : parser_.problem;
    return Refuse(static_cast<int>(parser_.problem_mark.line) + 1,
                  fmt::format("not valid YAML: {}", what));
  }

  // NOLINTNEXTLINE(misc-no-recursion): as deep as kMaxDepth
  bool ReadNode(YamlNode& node, int depth) {
    node.line = Line();
    if (depth > kMaxDepth) {
      return Refuse(node.line, fmt::format("nested deeper than {} levels", kMaxDepth));
    }
    switch (event_.type) {
      case YAML_SCALAR_EVENT:
        node.text = Scalar();
        node.plain = event_.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        return true;
      case YAML_SEQUENCE_START_EVENT:
        node.kind = YamlNode::Kind::kList;
        while (Next() && event_.type != YAML_SEQUENCE_END_EVENT) {
          if (!ReadNode(node.items.emplace_back(), depth + 1)) return false;
        }
        return held_;
      case YAML_MAPPING_START_EVENT:
        return ReadMapping(node, depth);
      case YAML_ALIAS_EVENT:
        return Refuse(node.line, "an alias (\"*name\") is not followed; write its value");
      default:
        return Refuse(node.line, "has no content");
    }
  }

  // NOLINTNEXTLINE(misc-no-recursion): as deep as kMaxDepth
  bool ReadMapping(YamlNode& node, int depth) {
    node.kind = YamlNode::Kind::kMapping;
    std::set<std::string> names;
    while (Next() && event_.type != YAML_MAPPING_END_EVENT) {
      if (event_.type != YAML_SCALAR_EVENT) return Refuse(Line(), "a key must be text");
      std::string name = Scalar();
      if (!names.insert(name).second) {
        return Refuse(Line(), fmt::format("the key \"{}\" is there twice", Clipped(name)));
      }
      node.names.push_back(std::move(name));
      if (!Next() || !ReadNode(node.items.emplace_back(), depth + 1)) return false;
    }
    return held_;
  }

  std::string Scalar() const {
    const auto& scalar = event_.data.scalar;
    std::string text(reinterpret_cast<const char*>(scalar.value), scalar.length);
    const bool plain = scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return plain && (text == "null" || text == "~") ? "" : text;
  }

  const std::string& file_;
  Error error_;
  yaml_parser_t parser_{};
  yaml_event_t event_{};
  bool held_ = false;
  bool good_ = false;
};

}  // namespace

const YamlNode* YamlNode::Find(std::string_view name) const {
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return &items[i];
  }
  return nullptr;
}

Result<YamlNode> ParseYaml(std::string_view text, const std::string& file) {
  return YamlReader(text, file).Read();
}

}  // namespace percuss::common
