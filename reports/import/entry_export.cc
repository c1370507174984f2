// SPDX-License-Identifier: Apache-2.0
#include "reports/import/entry_export.h"

#include <fmt/format.h>

#include "common/clock.h"
#include "common/json_file.h"
#include "reports/export/csv.h"
#include "reports/export/doorstop.h"
#include "reports/export/reqif.h"
#include "reports/validation/validation_files.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;
using common::Fail;
using common::Json;
using common::Result;

const Json* Find(const Json& entry, const std::string& member) {
  const size_t dot = member.find('.');
  const auto outer = entry.find(member.substr(0, dot));
  if (outer == entry.end()) return nullptr;
  if (dot == std::string::npos) return &*outer;
  const auto inner = outer->find(member.substr(dot + 1));
  return inner == outer->end() ? nullptr : &*inner;
}

// `doorstop` finds a document by this file; its prefix is what the ids have in front of a number.
std::string DocumentText(const std::vector<Item>& items) {
  std::string prefix = items.empty() ? "REQ" : items.front().id;
  prefix.resize(prefix.find_last_not_of("0123456789") + 1);
  std::string separator;
  if (!prefix.empty() && std::string_view("-_.").find(prefix.back()) != std::string_view::npos) {
    separator = prefix.back();
    prefix.pop_back();
  }
  if (prefix.empty()) prefix = "REQ";
  return fmt::format("settings:\n  digits: 2\n  prefix: {}\n  sep: \"{}\"\n", prefix, separator);
}

}  // namespace

Result<std::vector<Item>> ReadEntries(const ImportKind& kind, const stdfs::path& folder) {
  const auto loaded = LoadValidation(folder);
  if (!loaded) return tl::make_unexpected(loaded.error());
  const std::string path = ValidationPath(folder, kind.file);
  if (!loaded->problems.empty()) {
    const Problem& problem = loaded->problems.front();
    return Fail(common::ErrorCode::kBadInput, problem.what, problem.file, problem.line);
  }
  const auto text = loaded->texts.find(kind.file);
  if (text == loaded->texts.end()) {
    return Fail(common::ErrorCode::kInternal, "has no problem and no text", path);
  }
  return ParseEntries(kind, text->second, path);
}

Result<std::vector<Item>> ParseEntries(const ImportKind& kind, const std::string& text,
                                       const std::string& path) {
  const std::string main = TextMember(kind);
  std::vector<Item> items;
  try {
    const Json json = Json::parse(text);
    for (const Json& entry : json.at(kind.list)) {
      Item& item = items.emplace_back();
      item.type = kind.entry;
      item.id = entry.at("id").get<std::string>();
      item.text = entry.at(main).get<std::string>();
      for (const ImportMember& member : kind.members) {
        const Json* value = Find(entry, member.name);
        if (value == nullptr || member.name == main) continue;
        if (member.is_list) {
          item.fields.push_back({member.name, value->get<std::vector<std::string>>(), true});
        } else {
          item.Add(member.name, value->get<std::string>());
        }
      }
    }
  } catch (const nlohmann::json::exception& error) {
    return Fail(common::ErrorCode::kInternal, error.what(), path);
  }
  return items;
}

Result<std::vector<ExportedFile>> ExportEntries(const ImportKind& kind, const stdfs::path& folder,
                                                const std::string& format) {
  const auto items = ReadEntries(kind, folder);
  if (!items) return tl::make_unexpected(items.error());
  if (format == "csv") return {{{"", ItemsCsv(*items, TextMember(kind), false)}}};
  if (format == "reqif") {
    const ReqifHeader header{fmt::format("percuss: {}", kind.name), "",
                             common::Rfc3339(common::SystemClock().UnixS())};
    return {{{"", ReqifText(*items, header, {})}}};
  }
  std::vector<ExportedFile> files = {{".doorstop.yml", DocumentText(*items)}};
  const std::string links = std::string_view(kind.name) == "controls" ? "requirements" : "";
  for (size_t i = 0; i < items->size(); ++i) {
    const Item& item = (*items)[i];
    files.push_back({item.id + ".yml", DoorstopItemText(item, i + 1, links, 0)});
  }
  return files;
}

}  // namespace percuss::reports
