// SPDX-License-Identifier: Apache-2.0
//
// A configuration in YAML that may include others, as one tree whose nodes know where they are
// from; and how its members are read: the first mistake is kept, with file and line, and after it
// every read returns its default. Not thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace percuss::emulation {

struct ConfigNode {
  enum class Kind { kText, kList, kMapping };
  Kind kind = Kind::kText;
  size_t file = 0;  // of ConfigTree::files
  int line = 0;
  std::string text;  // of kText; empty for null
  bool plain = false;
  std::vector<std::string> names;  // of kMapping
  std::vector<ConfigNode> items;

  [[nodiscard]] const ConfigNode* Find(std::string_view name) const;
  [[nodiscard]] bool IsNull() const { return kind == Kind::kText && plain && text.empty(); }
};

struct ConfigTree {
  std::vector<std::filesystem::path> files;  // the first is the one that was asked for
  ConfigNode root;
  common::Status status;
  std::vector<std::string> notes;           // for people: what is guessed or left out
  std::map<std::string, uint32_t> symbols;  // that an address may be given by

  void Mistake(const ConfigNode& node, const std::string& what);
};

// What `include` names is merged in the order of the list, the including file last, mapping by
// mapping. kBadInput on a circle, and on more than 64 files or 4 MiB of them.
[[nodiscard]] common::Result<ConfigTree> ReadConfigTree(const std::filesystem::path& path);

// As YAML 1.1 has integers, but for sexagesimal ones.
[[nodiscard]] std::optional<int64_t> YamlInteger(std::string_view text);

// The members of one mapping.
class ConfigFields {
 public:
  // A member that is none of `known` is a mistake. An empty value counts as an empty mapping.
  ConfigFields(ConfigTree& tree, const ConfigNode& node, const std::vector<std::string>& known);

  // Nothing where it is absent or empty.
  [[nodiscard]] const ConfigNode* Find(std::string_view name) const;
  [[nodiscard]] const ConfigNode& Node() const { return *node_; }
  std::optional<uint64_t> Count(std::string_view name, uint64_t most);
  // A number, a symbol, a symbol and what to add ("main+0x10"), or hexadecimal digits.
  std::optional<uint32_t> Address(std::string_view name);
  std::optional<uint32_t> RequiredAddress(std::string_view name);
  std::optional<bool> Flag(std::string_view name);
  std::string Text(std::string_view name);

 private:
  ConfigTree* tree_;
  const ConfigNode* node_;
};

// What the node says; nothing, and no mistake, where it is neither a number nor a symbol.
[[nodiscard]] std::optional<uint32_t> AddressIn(const ConfigTree& tree, const ConfigNode& node);

}  // namespace percuss::emulation
