// SPDX-License-Identifier: Apache-2.0
#include "reports/import/import_map.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "reports/export/text.h"

namespace percuss::reports {
namespace {

constexpr const char* kSchema = "percuss.import_map.v1";
constexpr size_t kQuotedBytes = 60;

std::string Quoted(const std::string& text) { return '"' + ClippedText(text, kQuotedBytes) + '"'; }

class MapReader {
 public:
  MapReader(const std::string& file, const ImportKind& kind, std::vector<Problem>& problems)
      : file_(file), kind_(kind), problems_(problems) {}

  ImportMap Read(const LocatedValue& root) {
    ImportMap map;
    if (!Is(root, LocatedValue::Kind::kObject, "the map")) return map;
    bool has_schema = false;
    for (size_t i = 0; i < root.names.size(); ++i) {
      const std::string& name = root.names[i];
      const LocatedValue& value = root.items[i];
      if (name == "schema") {
        has_schema = true;
        if (value.text != kSchema) Blame(value.line, fmt::format("\"schema\" must be {}", kSchema));
      } else if (name == "members") {
        ReadTexts(value, name, map.members);
      } else if (name == "defaults") {
        ReadTexts(value, name, map.defaults);
      } else if (name == "values") {
        ReadValues(value, map.values);
      } else if (name == "ignore") {
        for (const std::string& field : ReadList(value, name)) map.ignore.insert(field);
      } else if (name == "types") {
        map.types = ReadList(value, name);
      } else if (name == "delimiter") {
        if (value.text.size() != 1 || value.text == "\"" || value.text == "\n") {
          Blame(value.line, "\"delimiter\" must be one character");
        } else {
          map.delimiter = value.text[0];
        }
      } else {
        Blame(value.line, fmt::format("unknown member {}", Quoted(name)));
      }
    }
    if (!has_schema) Blame(root.line, fmt::format("has no \"schema\": {}", kSchema));
    return map;
  }

 private:
  void Blame(int line, const std::string& what) { problems_.push_back({file_, line, what}); }

  bool Is(const LocatedValue& value, LocatedValue::Kind kind, const std::string& name) {
    if (value.kind == kind) return true;
    const bool list = kind == LocatedValue::Kind::kList;
    const bool object = kind == LocatedValue::Kind::kObject;
    Blame(value.line, fmt::format("{} must be {}", name,
                                  list     ? "a list"
                                  : object ? "an object"
                                           : "a string"));
    return false;
  }

  void CheckMember(const std::string& name, int line) {
    if (name == "id" || FindMember(kind_, name) != nullptr) return;
    Blame(line, fmt::format("{} have no member {}; there are: {}", kind_.name, Quoted(name),
                            MemberNames(kind_)));
  }

  void ReadTexts(const LocatedValue& value, const std::string& name,
                 std::map<std::string, std::string>& texts) {
    if (!Is(value, LocatedValue::Kind::kObject, Quoted(name))) return;
    for (size_t i = 0; i < value.names.size(); ++i) {
      CheckMember(value.names[i], value.items[i].line);
      if (Is(value.items[i], LocatedValue::Kind::kText, Quoted(value.names[i]))) {
        texts[value.names[i]] = value.items[i].text;
      }
    }
  }

  void ReadValues(const LocatedValue& value,
                  std::map<std::string, std::map<std::string, std::string>>& values) {
    if (!Is(value, LocatedValue::Kind::kObject, "\"values\"")) return;
    for (size_t i = 0; i < value.names.size(); ++i) {
      const LocatedValue& words = value.items[i];
      CheckMember(value.names[i], words.line);
      if (!Is(words, LocatedValue::Kind::kObject, Quoted(value.names[i]))) continue;
      for (size_t j = 0; j < words.names.size(); ++j) {
        if (Is(words.items[j], LocatedValue::Kind::kText, Quoted(words.names[j]))) {
          values[value.names[i]][words.names[j]] = words.items[j].text;
        }
      }
    }
  }

  std::vector<std::string> ReadList(const LocatedValue& value, const std::string& name) {
    std::vector<std::string> texts;
    if (!Is(value, LocatedValue::Kind::kList, Quoted(name))) return texts;
    for (const LocatedValue& item : value.items) {
      if (Is(item, LocatedValue::Kind::kText, Quoted(name))) texts.push_back(item.text);
    }
    return texts;
  }

  const std::string& file_;
  const ImportKind& kind_;
  std::vector<Problem>& problems_;
};

std::string LowerCase(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string Trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::vector<std::string> SplitList(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(';', at), text.size());
    std::string part = Trimmed(text.substr(at, end - at));
    if (!part.empty()) parts.push_back(std::move(part));
    at = end + 1;
  }
  return parts;
}

class Mapper {
 public:
  Mapper(const ImportKind& kind, const FormatNames& names, const ImportMap& map,
         std::vector<Problem>& problems)
      : kind_(kind), names_(names), map_(map), problems_(problems) {}

  MappedItems Map(const SourceItems& source) {
    const size_t before = problems_.size();
    FindTypes(source);
    FindFields(source);
    if (problems_.size() > before) return {};
    result_.has_places = true;
    for (const SourceItem& item : source.items) {
      if (!item.key.empty()) ids_of_keys_[item.key] = IdOf(item);
    }
    std::map<std::string, const SourceItem*> ids;
    for (const SourceItem& item : source.items) {
      if (!IsTaken(item)) {
        Skip(item, "of the type " + Quoted(item.type));
        continue;
      }
      ImportedEntry entry = Entry(item);
      if (entry.id.empty() && !item.key.empty()) {
        Skip(item, "without an id");  // headings, as a rule
        continue;
      }
      if (entry.id.empty()) {
        problems_.push_back({item.file, item.line, fmt::format("{} without an id", kind_.entry)});
        continue;
      }
      if (const auto [at, is_new] = ids.emplace(entry.id, &item); !is_new) {
        problems_.push_back({item.file, item.line,
                             fmt::format("the id {} is there twice; see {}:{}", Quoted(entry.id),
                                         at->second->file, at->second->line)});
        continue;
      }
      result_.entries.push_back(std::move(entry));
    }
    return std::move(result_);
  }

 private:
  void FindTypes(const SourceItems& source) {
    std::set<std::string> there;
    for (const SourceItem& item : source.items) {
      if (!item.type.empty()) there.insert(item.type);
    }
    if (there.empty()) return;
    const std::string& file = source.items.front().file;
    for (const std::string& type : map_.types) {
      if (there.count(type) > 0) {
        types_.insert(type);
      } else {
        problems_.push_back(
            {file, 0,
             fmt::format("has no item of the type {}; there are: {}", Quoted(type), Names(there))});
      }
    }
    if (!map_.types.empty()) return;
    for (const std::string& type : there) {
      if (LowerCase(type) == kind_.entry) types_.insert(type);
    }
    if (!types_.empty() || there.size() == 1) return;
    problems_.push_back({file, 0,
                         fmt::format("has several types of items and none called \"{}\"; say "
                                     "\"types\" in a --map file; there are: {}",
                                     kind_.entry, Names(there))});
  }

  void Skip(const SourceItem& item, const std::string& why) {
    result_.skipped.push_back(fmt::format("{}:{}: {}", item.file, item.line, why));
  }

  // What the user calls the item, for references to it.
  [[nodiscard]] std::string IdOf(const SourceItem& item) const {
    for (const SourceField& field : item.fields) {
      const auto place = places_.find(field.name);
      if (place != places_.end() && place->second == "id" && !field.values.empty() &&
          !field.values[0].empty()) {
        return Trimmed(field.values[0]);
      }
    }
    return item.key;
  }

  static std::string Names(const std::set<std::string>& names) {
    std::vector<std::string> quoted;
    quoted.reserve(names.size());
    for (const std::string& name : names) quoted.push_back(Quoted(name));
    return fmt::format("{}", fmt::join(quoted, ", "));
  }

  [[nodiscard]] bool IsTaken(const SourceItem& item) const {
    return types_.empty() || types_.count(item.type) > 0;
  }

  // Which field is which member; a field without a place is a problem.
  void FindFields(const SourceItems& source) {
    std::map<std::string, const SourceItem*> fields;
    std::set<std::string> with_content;
    for (const SourceItem& item : source.items) {
      if (!IsTaken(item)) continue;
      for (const SourceField& field : item.fields) {
        fields.emplace(field.name, &item);
        const auto filled = [](const std::string& value) { return !value.empty(); };
        if (std::any_of(field.values.begin(), field.values.end(), filled)) {
          with_content.insert(field.name);
        }
      }
    }
    Choose("id", fields);
    for (const ImportMember& member : kind_.members) Choose(member.name, fields);
    for (const auto& [name, item] : fields) {
      if (places_.count(name) > 0) continue;
      const bool expected = map_.ignore.count(name) > 0 || names_.bookkeeping.count(name) > 0;
      if (expected || with_content.count(name) == 0) {
        result_.left_out.push_back(name);
        continue;
      }
      problems_.push_back(
          {item->file, item->line,
           fmt::format(
               "{} is no member of {} ({}); give it a place or \"ignore\" it in a --map file",
               Quoted(name), kind_.name, MemberNames(kind_))});
    }
  }

  void Choose(const std::string& member, const std::map<std::string, const SourceItem*>& fields) {
    if (const auto said = map_.members.find(member); said != map_.members.end()) {
      if (fields.count(said->second) > 0 || fields.empty()) {
        Place(said->second, member);
      } else {
        problems_.push_back({fields.begin()->second->file, 0,
                             fmt::format("has no field {}, which the map names for \"{}\"",
                                         Quoted(said->second), member)});
      }
      return;
    }
    if (fields.count(member) > 0 && map_.ignore.count(member) == 0) return Place(member, member);
    const auto native = names_.members.find(member);
    if (native == names_.members.end()) return;
    for (const std::string& field : native->second) {
      if (fields.count(field) > 0 && map_.ignore.count(field) == 0) return Place(field, member);
    }
  }

  void Place(const std::string& field, const std::string& member) {
    const auto [at, is_new] = places_.emplace(field, member);
    if (is_new) return;
    problems_.push_back(
        {"", 0,
         fmt::format("{} cannot be both \"{}\" and \"{}\"", Quoted(field), at->second, member)});
  }

  ImportedEntry Entry(const SourceItem& item) {
    ImportedEntry entry;
    entry.file = item.file;
    entry.line = item.line;
    for (const SourceField& field : item.fields) {
      const auto place = places_.find(field.name);
      if (place == places_.end()) continue;
      const std::string& member = place->second;
      std::vector<std::string> values = field.values;
      for (std::string& value : values) {
        if (field.is_reference) value = ids_of_keys_.at(value);
      }
      const ImportMember* known = FindMember(kind_, member);
      const bool wants_list = known != nullptr && known->is_list;
      if (wants_list && !field.is_list) values = SplitList(values.empty() ? "" : values[0]);
      if (!wants_list && field.is_list) {
        values = {fmt::format("{}", fmt::join(values, "; "))};
      }
      Translate(member, values);
      const bool empty = values.empty() || (values.size() == 1 && values[0].empty());
      // What the source leaves open is for the default, of which an entry that is there already has
      // no need.
      if (empty && map_.defaults.count(member) > 0) continue;
      entry.members[member] = std::move(values);
    }
    if (const auto id = entry.members.find("id"); id != entry.members.end()) {
      if (!id->second.empty()) entry.id = Trimmed(id->second[0]);
      entry.members.erase(id);
    }
    return entry;
  }

  void Translate(const std::string& member, std::vector<std::string>& values) const {
    const auto words = map_.values.find(member);
    if (words == map_.values.end()) return;
    for (std::string& value : values) {
      if (const auto word = words->second.find(value); word != words->second.end()) {
        value = word->second;
      }
    }
  }

  const ImportKind& kind_;
  const FormatNames& names_;
  const ImportMap& map_;
  std::vector<Problem>& problems_;
  std::set<std::string> types_;
  std::map<std::string, std::string> places_;  // field to member
  std::map<std::string, std::string> ids_of_keys_;
  MappedItems result_;
};

}  // namespace

ImportMap ReadImportMap(std::string_view text, const std::string& file, const ImportKind& kind,
                        std::vector<Problem>& problems) {
  const LocatedValue root = ParseLocated(text, file, problems);
  if (!problems.empty()) return {};
  return MapReader(file, kind, problems).Read(root);
}

MappedItems MapItems(const SourceItems& source, const ImportKind& kind, const FormatNames& names,
                     const ImportMap& map, std::vector<Problem>& problems) {
  return Mapper(kind, names, map, problems).Map(source);
}

}  // namespace percuss::reports
