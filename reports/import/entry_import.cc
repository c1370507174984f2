// SPDX-License-Identifier: Apache-2.0
#include "reports/import/entry_import.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "common/fs.h"
#include "common/words.h"
#include "reports/import/entry_text.h"
#include "reports/import/source_format.h"
#include "reports/validation/validation_files.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::OrderedJson;
using common::Result;
using common::Status;

// A file that is not there yet. The protocol needs a title to be one.
std::string EmptyFile(std::string_view kind) {
  std::string text = fmt::format("{{\n  \"schema\": \"percuss.{}.v1\",\n", kind);
  if (kind == "protocol") text += "  \"title\": \"none yet\",\n";
  std::string lists;
  const auto add = [&](const char* name) {
    lists += fmt::format("{}  \"{}\": []", lists.empty() ? "" : ",\n", name);
  };
  for (const ImportKind& other : ImportKinds()) {
    if (kind == other.file) add(other.list);
  }
  if (kind == "protocol") {
    for (const char* name : {"criteria", "entries", "approvals"}) add(name);
  }
  return text + lists + "\n}\n";
}

std::string Shown(const OrderedJson& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return {};
  std::vector<std::string> parts;
  for (const OrderedJson& part : value) {
    parts.push_back(part.is_string() ? part.get<std::string>() : part.dump());
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

// The object that holds the member, which may be one in the entry, and the member's name in it.
std::pair<OrderedJson*, std::string> Holder(OrderedJson& entry, const std::string& member,
                                            bool make) {
  const size_t dot = member.find('.');
  if (dot == std::string::npos) return {&entry, member};
  const std::string outer = member.substr(0, dot);
  if (!entry.contains(outer)) {
    if (!make) return {nullptr, ""};
    entry[outer] = OrderedJson::object();
  }
  OrderedJson& inner = entry[outer];
  return {inner.is_object() ? &inner : nullptr, member.substr(dot + 1)};
}

OrderedJson ValueOf(const ImportMember& member, const std::vector<std::string>& values) {
  if (!member.is_list) return values.empty() ? "" : values[0];
  OrderedJson list = OrderedJson::array();
  for (const std::string& value : values) list.push_back(value);
  return list;
}

// An optional member that is empty is one that is absent.
void Set(OrderedJson& entry, const ImportMember& member, const OrderedJson& value) {
  const auto [holder, name] = Holder(entry, member.name, true);
  if (holder == nullptr) return;
  if (member.optional && value == "") {
    holder->erase(name);
  } else {
    (*holder)[name] = value;
  }
}

// The order in which ids are named means nothing.
bool SameValue(OrderedJson left, OrderedJson right) {
  if (left.is_array() && right.is_array()) {
    std::sort(left.begin(), left.end());
    std::sort(right.begin(), right.end());
  }
  return left == right;
}

class Import {
 public:
  Import(const ImportKind& kind, const ImportRequest& request) : kind_(kind), request_(request) {
    result_.path = ValidationPath(request.folder, kind.file);
  }

  Result<ImportResult> Run() {
    auto text = Merged();
    if (!text) return tl::make_unexpected(text.error());
    if (!result_.problems.empty()) return Refused();
    if (*text == text_) return std::move(result_);
    NoteMade();
    if (request_.dry_run) return std::move(result_);
    if (auto made = common::MakeFolder(request_.folder); !made) {
      return tl::make_unexpected(made.error());
    }
    if (auto written = common::WriteFileAtomically(result_.path, *text); !written) {
      return tl::make_unexpected(written.error());
    }
    result_.written = true;
    return std::move(result_);
  }

 private:
  // What the file would be. With mistakes in some rows the others are looked at all the same, so
  // that one run tells all of them.
  Result<std::string> Merged() {
    if (auto read = ReadSource(); !read) return tl::make_unexpected(read.error());
    if (!has_places_) return "";
    const size_t of_source = result_.problems.size();
    if (auto read = ReadFolder(); !read) return tl::make_unexpected(read.error());
    if (result_.problems.size() > of_source) return "";
    std::string text = Merge();
    if (auto checked = Check(text); !checked) return tl::make_unexpected(checked.error());
    return text;
  }

  ImportResult Refused() {
    std::vector<Problem>& problems = result_.problems;
    std::stable_sort(problems.begin(), problems.end(),
                     [](const Problem& one, const Problem& other) {
                       return std::tie(one.file, one.line) < std::tie(other.file, other.line);
                     });
    if (problems.size() > kMostProblems) {
      const size_t more = problems.size() - kMostProblems;
      problems.resize(kMostProblems);
      problems.push_back(
          {request_.source.string(), 0,
           "and " + common::Counted(static_cast<int64_t>(more), "problem") + " more"});
    }
    return std::move(result_);
  }

  // A name that was mistyped makes a folder of its own.
  void NoteMade() {
    std::error_code ignored;
    for (const stdfs::path& path : {request_.folder, stdfs::path(result_.path)}) {
      if (!stdfs::exists(path, ignored)) result_.made.push_back(path.string());
    }
  }

  Status ReadSource() {
    const auto format = FindSourceFormat(request_.format, request_.source);
    if (!format) return tl::make_unexpected(format.error());
    if (request_.map) {
      const auto text = common::ReadFile(*request_.map, kLargestSource);
      if (!text) return tl::make_unexpected(text.error());
      map_ = ReadImportMap(*text, request_.map->string(), kind_, result_.problems);
      if (!result_.problems.empty()) return {};
    }
    auto source = (*format)->read(request_.source, map_.delimiter);
    if (!source) return tl::make_unexpected(source.error());
    result_.problems = std::move(source->problems);
    result_.skipped = std::move(source->skipped);
    MappedItems mapped = MapItems(*source, kind_, (*format)->names(kind_), map_, result_.problems);
    has_places_ = mapped.has_places;
    entries_ = std::move(mapped.entries);
    result_.left_out = std::move(mapped.left_out);
    result_.skipped.insert(result_.skipped.end(), mapped.skipped.begin(), mapped.skipped.end());
    return {};
  }

  Status ReadFolder() {
    std::error_code ignored;
    if (!stdfs::exists(result_.path, ignored)) {
      text_ = EmptyFile(kind_.file);
    } else {
      auto text = common::ReadFile(result_.path, kLargestSource);
      if (!text) return tl::make_unexpected(text.error());
      text_ = std::move(*text);
    }
    const size_t before = result_.problems.size();
    static_cast<void>(ParseLocated(text_, result_.path, result_.problems));
    if (result_.problems.size() > before) return {};
    try {
      file_ = OrderedJson::parse(text_);
    } catch (const nlohmann::json::exception& error) {
      return common::Fail(ErrorCode::kBadInput, error.what(), result_.path);
    }
    auto list = FindList(text_, kind_.list);
    if (!list || list->items.size() != file_[kind_.list].size()) {
      result_.problems.push_back({result_.path, 0, fmt::format("has no list \"{}\"", kind_.list)});
      return {};
    }
    list_ = std::move(*list);
    return {};
  }

  OrderedJson NewEntry(const ImportedEntry& imported) const {
    OrderedJson entry = {{"id", imported.id}};
    for (const ImportMember& member : kind_.members) {
      const auto value = imported.members.find(member.name);
      const auto fallback = map_.defaults.find(member.name);
      if (value != imported.members.end()) {
        Set(entry, member, ValueOf(member, value->second));
      } else if (fallback != map_.defaults.end()) {
        Set(entry, member, ValueOf(member, {fallback->second}));
      } else if (member.is_list) {
        Set(entry, member, OrderedJson::array());
      }
    }
    return entry;
  }

  // Whether anything was changed in it.
  bool Update(OrderedJson& entry, const ImportedEntry& imported) {
    const size_t before = result_.changes.size();
    for (const ImportMember& member : kind_.members) {
      const auto value = imported.members.find(member.name);
      if (value == imported.members.end()) continue;
      const OrderedJson wanted = ValueOf(member, value->second);
      const auto [holder, name] = Holder(entry, member.name, false);
      const bool is_there = holder != nullptr && holder->contains(name);
      const OrderedJson current = is_there ? (*holder)[name] : OrderedJson("");
      if (SameValue(current, wanted) || (!is_there && Shown(wanted).empty())) continue;
      result_.changes.push_back(
          {imported.id, member.name, Shown(current), Shown(wanted), imported.file, imported.line});
      Set(entry, member, wanted);
    }
    return result_.changes.size() > before;
  }

  std::string Merge() {
    std::unordered_map<std::string, size_t> there;
    OrderedJson& list = file_[kind_.list];
    for (size_t i = 0; i < list.size(); ++i) {
      if (list[i].is_object() && list[i].contains("id") && list[i]["id"].is_string()) {
        there.emplace(list[i]["id"].get<std::string>(), i);
      }
    }
    std::vector<std::pair<size_t, std::string>> replaced;
    std::vector<std::string> added;
    std::unordered_set<std::string> named;
    for (const ImportedEntry& imported : entries_) {
      named.insert(imported.id);
      const auto at = there.find(imported.id);
      if (at == there.end()) {
        result_.added.push_back(imported.id);
        added.push_back(EntryText(NewEntry(imported)));
        touched_.emplace(imported.id, &imported);
      } else if (!Update(list[at->second], imported)) {
        ++result_.unchanged;
      } else if (request_.accept_changes) {
        replaced.emplace_back(at->second, EntryText(list[at->second]));
        touched_.emplace(imported.id, &imported);
      }
    }
    for (const auto& [id, at] : there) {
      if (named.count(id) == 0) result_.not_in_source.push_back(id);
    }
    std::sort(result_.not_in_source.begin(), result_.not_in_source.end());
    std::sort(replaced.begin(), replaced.end());
    return EditList(text_, list_, replaced, added);
  }

  // Lays out the folder as it would be, and asks whoever reads validation files what is wrong.
  Result<std::vector<Problem>> ProblemsWith(const std::string& text) const {
    const auto folder = common::TemporaryFolder::Make("percuss-import");
    if (!folder) return tl::make_unexpected(folder.error());
    for (size_t i = 0; i < std::size(kValidationKinds); ++i) {
      const char* kind = kValidationKinds[i];
      const std::string original = ValidationPath(request_.folder, kind);
      std::error_code ignored;
      std::string content = text;
      if (std::string_view(kind) != kind_.file) {
        const bool exists = stdfs::exists(original, ignored);
        if (!exists && i >= kRequiredKinds) continue;
        content = EmptyFile(kind);
        if (exists) {
          auto read = common::ReadFile(original, kLargestSource);
          if (!read) return tl::make_unexpected(read.error());
          content = std::move(*read);
        }
      }
      const std::string copy = ValidationPath(folder->Path(), kind);
      if (auto written = common::WriteFileAtomically(copy, content); !written) {
        return tl::make_unexpected(written.error());
      }
    }
    auto loaded = LoadValidation(folder->Path());
    if (!loaded) return tl::make_unexpected(loaded.error());
    for (Problem& problem : loaded->problems) {
      for (const char* kind : kValidationKinds) {
        if (problem.file == ValidationPath(folder->Path(), kind)) {
          problem.file = ValidationPath(request_.folder, kind);
          break;
        }
      }
    }
    return std::move(loaded->problems);
  }

  Status Check(const std::string& text) {
    auto after = ProblemsWith(text);
    if (!after) return tl::make_unexpected(after.error());
    if (after->empty()) return {};
    const auto before = ProblemsWith(text_);
    if (!before) return tl::make_unexpected(before.error());
    const std::vector<std::pair<int, const ImportedEntry*>> lines = LinesOf(text);
    for (Problem& problem : *after) {
      if (problem.file == result_.path) Place(problem, lines, *before);
      result_.problems.push_back(std::move(problem));
    }
    return {};
  }

  // Where in `text` each entry of the list begins; nullptr for those that were there before.
  std::vector<std::pair<int, const ImportedEntry*>> LinesOf(const std::string& text) const {
    std::vector<Problem> ignored;
    const LocatedValue root = ParseLocated(text, result_.path, ignored);
    std::vector<std::pair<int, const ImportedEntry*>> lines;
    for (size_t i = 0; i < root.names.size(); ++i) {
      lines.emplace_back(root.items[i].line, nullptr);
      if (root.names[i] != kind_.list) continue;
      for (const LocatedValue& item : root.items[i].items) {
        const ImportedEntry* imported = nullptr;
        for (size_t j = 0; j < item.names.size(); ++j) {
          if (item.names[j] != "id") continue;
          const auto at = touched_.find(item.items[j].text);
          if (at != touched_.end()) imported = at->second;
        }
        lines.emplace_back(item.line, imported);
      }
    }
    return lines;
  }

  // A problem of an entry that came from the source is one of the source's line. The rest of the
  // file may have moved; its problems are at the lines where the user sees them.
  static void Place(Problem& problem,
                    const std::vector<std::pair<int, const ImportedEntry*>>& lines,
                    const std::vector<Problem>& before) {
    const ImportedEntry* imported = nullptr;
    for (const auto& [line, entry] : lines) {
      if (line <= problem.line) imported = entry;
    }
    if (imported != nullptr) {
      problem.file = imported->file;
      problem.line = imported->line;
      return;
    }
    const auto same = std::find_if(before.begin(), before.end(), [&](const Problem& other) {
      return other.file == problem.file && other.what == problem.what;
    });
    if (same != before.end()) problem.line = same->line;
  }

  const ImportKind& kind_;
  const ImportRequest& request_;
  ImportMap map_;
  bool has_places_ = false;
  std::vector<ImportedEntry> entries_;
  std::string text_;  // of the validation file as it is
  OrderedJson file_;
  ListSpan list_;
  std::unordered_map<std::string, const ImportedEntry*> touched_;  // id to what would be written
  ImportResult result_;
};

}  // namespace

Result<ImportResult> ImportEntries(const ImportKind& kind, const ImportRequest& request) {
  return Import(kind, request).Run();
}

std::vector<std::string> ImportFormats() {
  std::vector<std::string> names;
  for (const SourceFormat& format : SourceFormats()) names.emplace_back(format.name);
  return names;
}

common::Json ImportJson(const ImportKind& kind, const ImportRequest& request,
                        const ImportResult& result) {
  common::Json changes = common::Json::array();
  for (const ProposedChange& change : result.changes) {
    changes.push_back({{"id", change.id},
                       {"member", change.member},
                       {"from", change.from},
                       {"to", change.to},
                       {"file", change.file},
                       {"line", change.line}});
  }
  common::Json problems = common::Json::array();
  for (const Problem& problem : result.problems) {
    problems.push_back({{"file", problem.file}, {"line", problem.line}, {"what", problem.what}});
  }
  return {{"kind", kind.name},
          {"source", request.source.string()},
          {"into", result.path},
          {"added", result.added},
          {"changes", std::move(changes)},
          {"changes_accepted", request.accept_changes},
          {"unchanged", result.unchanged},
          {"not_in_source", result.not_in_source},
          {"left_out", result.left_out},
          {"skipped", result.skipped},
          {"problems", std::move(problems)},
          {"made", result.made},
          {"written", result.written}};
}

}  // namespace percuss::reports
