// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/config_tree.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <unordered_map>

#include "common/fs.h"
#include "common/yaml_tree.h"
#include "emulation/near_name.h"

namespace percuss::emulation {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;
using common::YamlNode;

constexpr size_t kMostFiles = 64;
constexpr uint64_t kMostBytes = uint64_t{4} << 20;  // of which a tree makes a hundred times as many

// NOLINTNEXTLINE(misc-no-recursion): as deep as ParseYaml allows
ConfigNode Located(YamlNode&& from, size_t file) {
  ConfigNode node;
  node.kind = static_cast<ConfigNode::Kind>(from.kind);
  node.file = file;
  node.line = from.line;
  node.text = std::move(from.text);
  node.plain = from.plain;
  node.names = std::move(from.names);
  node.items.reserve(from.items.size());
  for (YamlNode& item : from.items) node.items.push_back(Located(std::move(item), file));
  return node;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as ParseYaml allows
void Merge(ConfigNode& into, ConfigNode&& from) {
  std::unordered_map<std::string, size_t> places;
  for (size_t i = 0; i < into.names.size(); ++i) places.emplace(into.names[i], i);
  for (size_t i = 0; i < from.names.size(); ++i) {
    const auto there = places.find(from.names[i]);
    if (there == places.end()) {
      into.names.push_back(std::move(from.names[i]));
      into.items.push_back(std::move(from.items[i]));
      continue;
    }
    ConfigNode& item = into.items[there->second];
    const bool both =
        item.kind == ConfigNode::Kind::kMapping && from.items[i].kind == ConfigNode::Kind::kMapping;
    if (both) {
      Merge(item, std::move(from.items[i]));
    } else {
      item = std::move(from.items[i]);
    }
  }
}

class TreeReader {
 public:
  // NOLINTNEXTLINE(misc-no-recursion): as deep as kMostFiles
  common::Result<ConfigNode> Read(const stdfs::path& path) {
    const std::string name = path.string();
    if (files_.size() >= kMostFiles) {
      return Fail(ErrorCode::kBadInput,
                  fmt::format("more than {} files include each other", kMostFiles), name);
    }
    std::error_code ignored;
    if (!stdfs::is_regular_file(path, ignored)) {
      return Fail(ErrorCode::kBadInput, "no such configuration", name);
    }
    const auto text = common::ReadFile(path, left_);
    if (!text) {
      common::Error error = text.error();
      error.code = ErrorCode::kBadInput;
      return tl::make_unexpected(error);
    }
    left_ -= text->size();
    auto parsed = common::ParseYaml(*text, name);
    if (!parsed) return tl::make_unexpected(parsed.error());
    if (parsed->kind != YamlNode::Kind::kMapping) {
      return Fail(ErrorCode::kBadInput, "a configuration must be a mapping", name, parsed->line);
    }
    files_.push_back(path);
    open_.push_back(stdfs::weakly_canonical(path, ignored));
    auto whole = Include(Located(std::move(*parsed), files_.size() - 1), path);
    open_.pop_back();
    return whole;
  }

  [[nodiscard]] std::vector<stdfs::path> TakeFiles() { return std::move(files_); }

 private:
  // NOLINTNEXTLINE(misc-no-recursion): as deep as kMostFiles
  common::Result<ConfigNode> Include(ConfigNode own, const stdfs::path& path) {
    const ConfigNode* list = own.Find("include");
    if (list == nullptr) return own;
    ConfigNode whole;
    whole.kind = ConfigNode::Kind::kMapping;
    whole.line = own.line;
    whole.file = own.file;
    for (const ConfigNode& item : list->items) {
      const stdfs::path included = (path.parent_path() / item.text).lexically_normal();
      std::error_code ignored;
      const auto canonical = stdfs::weakly_canonical(included, ignored);
      if (item.kind != ConfigNode::Kind::kText ||
          std::find(open_.begin(), open_.end(), canonical) != open_.end() ||
          !stdfs::is_regular_file(included, ignored)) {
        return Fail(ErrorCode::kBadInput,
                    fmt::format("include: \"{}\" is no file that can be included here", item.text),
                    path.string(), item.line);
      }
      auto read = Read(included);
      if (!read) return read;
      Merge(whole, std::move(*read));
    }
    Merge(whole, std::move(own));
    return whole;
  }

  std::vector<stdfs::path> files_;
  std::vector<stdfs::path> open_;
  uint64_t left_ = kMostBytes;
};

std::string Nearest(const std::string& name, const std::vector<std::string>& known) {
  std::string nearest;
  size_t fewest = std::numeric_limits<size_t>::max();
  for (const std::string& candidate : known) {
    const auto slips = SlipsBetween(name, candidate);
    if (!slips || *slips >= fewest) continue;
    nearest = candidate;
    fewest = *slips;
  }
  return nearest;
}

std::optional<uint32_t> AsAddress(std::optional<int64_t> value) {
  if (!value || *value < 0 || *value > std::numeric_limits<uint32_t>::max()) return std::nullopt;
  return static_cast<uint32_t>(*value);
}

std::string Trimmed(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  while (text.starts_with(' ')) text.remove_prefix(1);
  return std::string(text);
}

}  // namespace

const ConfigNode* ConfigNode::Find(std::string_view name) const {
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return &items[i];
  }
  return nullptr;
}

void ConfigTree::Mistake(const ConfigNode& node, const std::string& what) {
  if (!status) return;
  status = Fail(ErrorCode::kBadInput, what, files[node.file].string(), node.line);
}

common::Result<ConfigTree> ReadConfigTree(const stdfs::path& path) {
  TreeReader reader;
  auto root = reader.Read(path);
  if (!root) return tl::make_unexpected(root.error());
  ConfigTree tree;
  tree.files = reader.TakeFiles();
  tree.root = std::move(*root);
  return tree;
}

std::optional<int64_t> YamlInteger(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != '_') digits += c;
  }
  std::string_view rest = digits;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  int base = 10;
  if (rest.starts_with("0x") || rest.starts_with("0b")) {
    base = rest[1] == 'x' ? 16 : 2;
    rest.remove_prefix(2);
  } else if (rest.size() > 1 && rest.starts_with('0')) {
    base = 8;
    rest.remove_prefix(1);
  }
  int64_t value = 0;
  const char* end = rest.data() + rest.size();
  const auto [stop, error] = std::from_chars(rest.data(), end, value, base);
  if (rest.empty() || rest[0] == '-' || error != std::errc() || stop != end) return std::nullopt;
  return negative ? -value : value;
}

std::optional<uint32_t> AddressIn(const ConfigTree& tree, const ConfigNode& node) {
  if (node.kind != ConfigNode::Kind::kText || node.text.empty()) return std::nullopt;
  if (node.plain) {
    if (const auto value = YamlInteger(node.text)) return AsAddress(value);
  }
  const size_t plus = node.text.find('+');
  const std::string name = Trimmed(std::string_view(node.text).substr(0, plus));
  int64_t offset = 0;
  if (plus != std::string::npos) {
    const auto given = YamlInteger(Trimmed(std::string_view(node.text).substr(plus + 1)));
    if (!AsAddress(given)) return std::nullopt;
    offset = *given;
  }
  if (const auto symbol = tree.symbols.find(name); symbol != tree.symbols.end()) {
    return AsAddress(int64_t{symbol->second} + offset);
  }
  if (plus != std::string::npos) return std::nullopt;
  const std::string_view digits =
      std::string_view(name).starts_with("0x") ? std::string_view(name).substr(2) : name;
  uint32_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, 16);
  if (digits.empty() || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

ConfigFields::ConfigFields(ConfigTree& tree, const ConfigNode& node,
                           const std::vector<std::string>& known)
    : tree_(&tree), node_(&node) {
  if (node.kind != ConfigNode::Kind::kMapping) {
    if (!node.IsNull()) tree.Mistake(node, "must be a mapping");
    return;
  }
  for (size_t i = 0; i < node.names.size(); ++i) {
    const std::string& name = node.names[i];
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string meant = Nearest(name, known);
    tree.Mistake(node.items[i], meant.empty() ? fmt::format("\"{}\" is not known here; known: {}",
                                                            name, fmt::join(known, ", "))
                                              : fmt::format("\"{}\" is not known here{}", name,
                                                            DidYouMean(meant)));
  }
}

const ConfigNode* ConfigFields::Find(std::string_view name) const {
  const ConfigNode* node = node_->Find(name);
  return node == nullptr || node->IsNull() ? nullptr : node;
}

std::optional<uint64_t> ConfigFields::Count(std::string_view name, uint64_t most) {
  const ConfigNode* node = Find(name);
  if (node == nullptr) return std::nullopt;
  const auto value = node->kind == ConfigNode::Kind::kText ? YamlInteger(node->text) : std::nullopt;
  if (value && *value >= 0 && static_cast<uint64_t>(*value) <= most) {
    return static_cast<uint64_t>(*value);
  }
  tree_->Mistake(*node, fmt::format("{}: must be a whole number from 0 to {}", name, most));
  return std::nullopt;
}

std::optional<uint32_t> ConfigFields::Address(std::string_view name) {
  const ConfigNode* node = Find(name);
  if (node == nullptr) return std::nullopt;
  const auto address = AddressIn(*tree_, *node);
  if (!address) {
    tree_->Mistake(*node, fmt::format("{}: \"{}\" is neither an address of 32 bits nor one of the "
                                      "symbols of this configuration",
                                      name, node->text));
  }
  return address;
}

std::optional<uint32_t> ConfigFields::RequiredAddress(std::string_view name) {
  if (Find(name) == nullptr) tree_->Mistake(*node_, fmt::format("\"{}\" is missing", name));
  return Address(name);
}

std::optional<bool> ConfigFields::Flag(std::string_view name) {
  const ConfigNode* node = Find(name);
  if (node == nullptr) return std::nullopt;
  std::string text = node->text;
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  if (text == "true" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "no" || text == "off") return false;
  tree_->Mistake(*node, fmt::format("{}: must be true or false", name));
  return std::nullopt;
}

std::string ConfigFields::Text(std::string_view name) {
  const ConfigNode* node = Find(name);
  if (node == nullptr) return "";
  if (node->kind != ConfigNode::Kind::kText) {
    tree_->Mistake(*node, fmt::format("{}: must be text", name));
  }
  return node->text;
}

}  // namespace percuss::emulation
