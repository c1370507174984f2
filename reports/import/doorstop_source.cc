// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <set>

#include "common/fs.h"
#include "common/yaml_tree.h"
#include "reports/import/source_items.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;
using common::Result;
using common::YamlNode;

constexpr const char* kDocumentFile = ".doorstop.yml";

std::string Trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

// A link is a uid, or a uid with the fingerprint of what was reviewed.
std::string ListValue(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::kText) return Trimmed(node.text);
  if (node.names.size() == 1) return node.names[0];
  std::string text;
  for (size_t i = 0; i < node.items.size(); ++i) {
    if (i > 0) text += ", ";
    text += (i < node.names.size() ? node.names[i] + ": " : "") + node.items[i].text;
  }
  return text;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the tree, which ParseYaml bounds
void TakeFields(const YamlNode& node, const std::string& prefix, SourceItem& item) {
  for (size_t i = 0; i < node.names.size(); ++i) {
    const std::string& name = node.names[i];
    const YamlNode& value = node.items[i];
    if (value.kind == YamlNode::Kind::kMapping) {
      TakeFields(value, prefix + name + ".", item);
      continue;
    }
    SourceField& field = item.fields.emplace_back();
    field.name = prefix + name;
    field.is_list = value.kind == YamlNode::Kind::kList;
    if (!field.is_list) {
      field.values = {Trimmed(value.text)};
      continue;
    }
    for (const YamlNode& element : value.items) field.values.push_back(ListValue(element));
  }
}

void TakeItem(const YamlNode& node, const std::string& uid, const std::string& file,
              SourceItems& source) {
  if (node.kind != YamlNode::Kind::kMapping) {
    source.problems.push_back({file, node.line, uid + " must be a mapping, as Doorstop writes it"});
    return;
  }
  const YamlNode* active = node.Find("active");
  if (active != nullptr && (active->text == "false" || active->text == "False")) {
    source.skipped.push_back(uid + ": not active");
    return;
  }
  SourceItem item{"", file, node.line, {{"uid", {uid}, false}}};
  TakeFields(node, "", item);
  source.items.push_back(std::move(item));
}

// Below a document's folder another one may have its own.
bool IsOfAnotherDocument(const stdfs::path& root, const stdfs::path& relative) {
  std::error_code ignored;
  for (stdfs::path folder = relative.parent_path(); !folder.empty();
       folder = folder.parent_path()) {
    if (stdfs::exists(root / folder / kDocumentFile, ignored)) return true;
  }
  return false;
}

void Blame(const common::Error& error, SourceItems& source) {
  source.problems.push_back({error.file, error.line, error.message});
}

common::Status ReadFolder(const stdfs::path& folder, SourceItems& source) {
  const auto paths = common::ListTree(folder);
  if (!paths) return tl::make_unexpected(paths.error());
  uint64_t left = kLargestSource;
  for (const std::string& relative : *paths) {
    const stdfs::path path = folder / relative;
    const bool hidden = path.filename().string().front() == '.';
    if (path.extension() != ".yml" || hidden || IsOfAnotherDocument(folder, relative)) continue;
    const auto text = common::ReadFile(path, left);
    if (!text) {
      if (text.error().code != common::ErrorCode::kBadInput)
        return tl::make_unexpected(text.error());
      source.problems.push_back({path.string(), 0, "the document has more than 64 MiB"});
      return {};
    }
    left -= text->size();
    const auto node = common::ParseYaml(*text, path.string());
    if (!node) {
      Blame(node.error(), source);
      continue;
    }
    TakeItem(*node, path.stem().string(), path.string(), source);
  }
  if (source.items.empty() && source.problems.empty() && source.skipped.empty()) {
    source.problems.push_back({folder.string(), 0,
                               "holds no item (*.yml) of a Doorstop document; items in Markdown "
                               "are exported first: doorstop export PREFIX items.yml"});
  }
  return {};
}

}  // namespace

Result<SourceItems> ReadDoorstopItems(const stdfs::path& path) {
  SourceItems source;
  std::error_code ignored;
  if (stdfs::is_directory(path, ignored)) {
    if (auto read = ReadFolder(path, source); !read) return tl::make_unexpected(read.error());
    return source;
  }
  const auto text = common::ReadFile(path, kLargestSource);
  if (!text) return tl::make_unexpected(text.error());
  const auto parsed = common::ParseYaml(*text, path.string());
  if (!parsed) {
    Blame(parsed.error(), source);
    return source;
  }
  const YamlNode& root = *parsed;
  if (root.kind != YamlNode::Kind::kMapping) {
    source.problems.push_back({path.string(), root.line, "must be a mapping of uids to items"});
    return source;
  }
  for (size_t i = 0; i < root.names.size(); ++i) {
    TakeItem(root.items[i], root.names[i], path.string(), source);
  }
  return source;
}

}  // namespace percuss::reports
