// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/entry_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/clock.h"
#include "reports/export/identifiers.h"
#include "reports/export/text.h"

namespace percuss::reports {
namespace {

constexpr size_t kMaxId = 64;
constexpr size_t kQuotedBytes = 100;

const LocatedValue& NoObject() {
  static const LocatedValue none{LocatedValue::Kind::kObject, 0, 0, {}, {}, {}};
  return none;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsLetterOrDigit(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string Quoted(const std::string& text) { return '"' + ClippedText(text, kQuotedBytes) + '"'; }

}  // namespace

bool IsTime(std::string_view text) {
  if (common::IsDate(text)) return true;
  constexpr size_t kSeconds = 20;  // as percuss writes them
  return text.size() == kSeconds && text.back() == 'Z' && common::IsDateTime(text);
}

bool IsPathBelow(std::string_view text) {
  const bool plain = std::none_of(text.begin(), text.end(), [](char c) {
    return c == '\\' || c == 0x7f || (c >= 0 && c < ' ');
  });
  for (size_t begin = 0; plain && begin <= text.size();) {
    const size_t end = std::min(text.find('/', begin), text.size());
    const std::string_view component = text.substr(begin, end - begin);
    if (component.empty() || component == "." || component == "..") return false;
    begin = end + 1;
  }
  return plain;
}

bool IsValidationId(std::string_view text) {
  return !text.empty() && text.size() <= kMaxId && IsLetterOrDigit(text[0]) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsLetterOrDigit(c) || c == '.' || c == '_' || c == '-'; });
}

EntryReader::EntryReader(const LocatedValue& object, const std::string& file, std::string_view what,
                         std::vector<Problem>& problems)
    : object_(&object), file_(&file), what_(what), problems_(&problems) {
  if (object.kind != LocatedValue::Kind::kObject) {
    Mistake(object.line, "must be an object");
    object_ = &NoObject();
  }
}

void EntryReader::Mistake(int line, const std::string& what) {
  problems_->push_back(
      {*file_, line, fmt::format("{}{}{}: {}", what_, id_.empty() ? "" : " ", id_, what)});
}

bool EntryReader::Has(std::string_view name) const {
  return std::find(object_->names.begin(), object_->names.end(), name) != object_->names.end();
}

const LocatedValue* EntryReader::Find(std::string_view name) {
  asked_.push_back(name);
  const auto at = std::find(object_->names.begin(), object_->names.end(), name);
  if (at == object_->names.end()) return nullptr;
  return &object_->items[static_cast<size_t>(at - object_->names.begin())];
}

const LocatedValue* EntryReader::Require(std::string_view name, LocatedValue::Kind kind,
                                         const char* shape) {
  const LocatedValue* value = Find(name);
  if (value == nullptr) {
    // What is no object has been said already.
    if (object_ != &NoObject()) Mistake(object_->line, fmt::format("has no \"{}\"", name));
    return nullptr;
  }
  if (value->kind == kind) return value;
  Mistake(value->line, fmt::format("\"{}\" must be {}", name, shape));
  return nullptr;
}

std::string EntryReader::Id() {
  const LocatedValue* value = Require("id", LocatedValue::Kind::kText, "a string");
  if (value == nullptr) return {};
  if (!IsValidationId(value->text)) {
    Mistake(value->line,
            fmt::format("the id {} may hold up to {} letters, digits, '.', '_' and '-', and must "
                        "begin with a letter or digit",
                        Quoted(value->text), kMaxId));
    return {};
  }
  id_ = value->text;
  return value->text;
}

std::string EntryReader::Text(std::string_view name) {
  const LocatedValue* value = Find(name);
  if (value == nullptr) return {};
  if (value->kind == LocatedValue::Kind::kText) return value->text;
  Mistake(value->line, fmt::format("\"{}\" must be a string", name));
  return {};
}

std::string EntryReader::RequiredText(std::string_view name) {
  const LocatedValue* value = Require(name, LocatedValue::Kind::kText, "a string");
  if (value == nullptr) return {};
  if (value->text.empty()) Mistake(value->line, fmt::format("\"{}\" must not be empty", name));
  return value->text;
}

std::string EntryReader::Choice(std::string_view name, const std::vector<std::string>& allowed) {
  const LocatedValue* value = Require(name, LocatedValue::Kind::kText, "a string");
  if (value == nullptr) return {};
  if (std::find(allowed.begin(), allowed.end(), value->text) == allowed.end()) {
    Mistake(value->line, fmt::format("\"{}\": {} is not one of: {}", name, Quoted(value->text),
                                     fmt::join(allowed, ", ")));
    return {};
  }
  return value->text;
}

std::vector<std::string> EntryReader::Choices(std::string_view name,
                                              const std::vector<std::string>& allowed) {
  std::vector<std::string> words;
  const LocatedValue* list = Require(name, LocatedValue::Kind::kList, "a list");
  if (list == nullptr) return words;
  for (const LocatedValue& item : list->items) {
    if (std::find(allowed.begin(), allowed.end(), item.text) == allowed.end()) {
      Mistake(item.line, fmt::format("\"{}\": {} is not one of: {}", name, Quoted(item.text),
                                     fmt::join(allowed, ", ")));
    } else {
      words.push_back(item.text);
    }
  }
  return words;
}

std::string EntryReader::Time(std::string_view name) {
  const LocatedValue* value = Require(name, LocatedValue::Kind::kText, "a string");
  if (value == nullptr) return {};
  if (IsTime(value->text)) return value->text;
  Mistake(value->line,
          fmt::format("\"{}\": {} is no time; write for example 2026-01-31T08:00:00Z or 2026-01-31",
                      name, Quoted(value->text)));
  return {};
}

std::string EntryReader::File(std::string_view name) {
  const LocatedValue* value = Require(name, LocatedValue::Kind::kText, "a string");
  if (value == nullptr) return {};
  if (!value->text.empty() && !IsPathBelow(value->text)) {
    Mistake(value->line,
            fmt::format("\"{}\": {} must name a file below the folder of the validation files, "
                        "such as reports/pentest.pdf: no absolute path, no \"..\"",
                        name, Quoted(value->text)));
  }
  return value->text;
}

std::string EntryReader::Sha256(std::string_view name) {
  const LocatedValue* value = Require(name, LocatedValue::Kind::kText, "a string");
  if (value == nullptr) return {};
  if (IsSha256(value->text)) return value->text;
  Mistake(value->line, fmt::format("\"{}\" must have 64 digits of lower-case hex", name));
  return {};
}

std::string EntryReader::Date(std::string_view name) {
  const LocatedValue* value = Require(name, LocatedValue::Kind::kText, "a string");
  if (value == nullptr) return {};
  if (IsDate(value->text)) return value->text;
  Mistake(value->line, fmt::format("\"{}\": {} is no date; write for example 2026-01-31", name,
                                   Quoted(value->text)));
  return {};
}

std::string EntryReader::PastDate(std::string_view name) {
  std::string date = Date(name);
  // Where the day begins first, it is 14 hours ahead of UTC.
  constexpr int64_t kFirstZoneS = int64_t{14} * 3600;
  const std::string last = common::Rfc3339(common::SystemClock().UnixS() + kFirstZoneS);
  if (date <= last.substr(0, date.size())) return date;
  Mistake(Find(name)->line,
          fmt::format("\"{}\": {} is not yet: nobody can have said it then", name, Quoted(date)));
  return {};
}

double EntryReader::Amount(std::string_view name) {
  const LocatedValue* value = Require(name, LocatedValue::Kind::kNumber, "a number");
  if (value == nullptr) return 0;
  if (value->number < 0) Mistake(value->line, fmt::format("\"{}\" must not be negative", name));
  return value->number;
}

Link EntryReader::RequiredLink(std::string_view name) {
  const LocatedValue* value = Require(name, LocatedValue::Kind::kText, "an id");
  if (value == nullptr) return {};
  if (IsValidationId(value->text)) return {value->text, value->line};
  Mistake(value->line, fmt::format("\"{}\": {} is no id", name, Quoted(value->text)));
  return {};
}

std::vector<Link> EntryReader::Links(std::string_view name) {
  std::vector<Link> links;
  const LocatedValue* list = Require(name, LocatedValue::Kind::kList, "a list of ids");
  if (list == nullptr) return links;
  links.reserve(list->items.size());
  for (const LocatedValue& item : list->items) {
    if (item.kind == LocatedValue::Kind::kText && IsValidationId(item.text)) {
      links.push_back({item.text, item.line});
    } else {
      Mistake(item.line, fmt::format("\"{}\": {} is no id", name, Quoted(item.text)));
    }
  }
  return links;
}

std::vector<std::string> EntryReader::Texts(std::string_view name) {
  std::vector<std::string> texts;
  const LocatedValue* list = Find(name);
  if (list == nullptr) return texts;
  if (list->kind != LocatedValue::Kind::kList) {
    Mistake(list->line, fmt::format("\"{}\" must be a list of strings", name));
    return texts;
  }
  for (const LocatedValue& item : list->items) {
    if (item.kind == LocatedValue::Kind::kText) {
      texts.push_back(item.text);
    } else {
      Mistake(item.line, fmt::format("\"{}\" must be a list of strings", name));
    }
  }
  return texts;
}

std::vector<EntryReader> EntryReader::Entries(std::string_view name, std::string_view what) {
  std::vector<EntryReader> entries;
  const LocatedValue* list = Require(name, LocatedValue::Kind::kList, "a list");
  if (list == nullptr) return entries;
  entries.reserve(list->items.size());
  for (const LocatedValue& item : list->items) entries.emplace_back(item, *file_, what, *problems_);
  return entries;
}

EntryReader EntryReader::Entry(std::string_view name) {
  const LocatedValue* value = Require(name, LocatedValue::Kind::kObject, "an object");
  EntryReader reader(value == nullptr ? NoObject() : *value, *file_, name, *problems_);
  reader.id_ = id_;
  return reader;
}

void EntryReader::RefuseOthers() {
  for (size_t i = 0; i < object_->names.size(); ++i) {
    if (std::find(asked_.begin(), asked_.end(), object_->names[i]) != asked_.end()) continue;
    Mistake(object_->items[i].line,
            fmt::format("{} is not a member that percuss knows here; known: {}",
                        Quoted(object_->names[i]), fmt::join(asked_, ", ")));
  }
}

}  // namespace percuss::reports
