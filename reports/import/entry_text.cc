// SPDX-License-Identifier: Apache-2.0
#include "reports/import/entry_text.h"

namespace percuss::reports {
namespace {

using common::OrderedJson;

constexpr size_t kColumns = 100;
constexpr const char* kIndent = "    ";

// The end of the string that begins at `at`, after its quote.
size_t EndOfString(std::string_view text, size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return text.size();
}

// The end of the value that begins at `at`.
size_t EndOfValue(std::string_view text, size_t at) {
  size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = EndOfString(text, at);
      if (depth == 0) return at;
      continue;
    }
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') {
      if (depth == 0) return at;
      if (--depth == 0) return at + 1;
    }
    if (depth == 0 && (c == ',' || std::string_view(" \t\r\n").find(c) != std::string_view::npos)) {
      return at;
    }
    ++at;
  }
  return at;
}

size_t SkipSpace(std::string_view text, size_t at) {
  return std::min(text.find_first_not_of(" \t\r\n", at), text.size());
}

ListSpan ItemsOf(std::string_view text, size_t open) {
  ListSpan list;
  size_t at = SkipSpace(text, open + 1);
  while (at < text.size() && text[at] != ']') {
    const size_t end = EndOfValue(text, at);
    list.items.emplace_back(at, end);
    at = SkipSpace(text, end);
    if (at < text.size() && text[at] == ',') at = SkipSpace(text, at + 1);
  }
  list.inside = {open + 1, at};
  return list;
}

std::string Compact(const OrderedJson& json) {
  if (json.is_array()) {
    std::string text = "[";
    for (const OrderedJson& item : json) text += (text.size() > 1 ? ", " : "") + Compact(item);
    return text + "]";
  }
  if (json.is_object()) {
    std::string text = "{";
    for (const auto& [name, value] : json.items()) {
      text += (text.size() > 1 ? ", " : " ") + OrderedJson(name).dump() + ": " + Compact(value);
    }
    return text + " }";
  }
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace

std::optional<ListSpan> FindList(std::string_view text, std::string_view name) {
  size_t at = text.find('{');
  if (at == std::string_view::npos) return std::nullopt;
  at = SkipSpace(text, at + 1);
  while (at < text.size() && text[at] == '"') {
    const size_t end = EndOfString(text, at);
    const std::string_view key = text.substr(at + 1, end - at - 2);
    at = SkipSpace(text, end);
    if (at == text.size() || text[at] != ':') return std::nullopt;
    at = SkipSpace(text, at + 1);
    if (key == name) {
      if (at == text.size() || text[at] != '[') return std::nullopt;
      return ItemsOf(text, at);
    }
    at = SkipSpace(text, EndOfValue(text, at));
    if (at < text.size() && text[at] == ',') at = SkipSpace(text, at + 1);
  }
  return std::nullopt;
}

std::string EntryText(const OrderedJson& entry) {
  std::string text = "{";
  size_t column = std::string_view(kIndent).size() + 1;
  bool first = true;
  for (const auto& [name, value] : entry.items()) {
    const std::string member = OrderedJson(name).dump() + ": " + Compact(value);
    if (!first) text += ',';
    if (!first && column + member.size() + 4 > kColumns) {
      text += std::string("\n") + kIndent + "  ";
      column = std::string_view(kIndent).size() + 2;
    } else {
      text += ' ';
      column += 2;
    }
    text += member;
    column += member.size();
    first = false;
  }
  return text + " }";
}

std::string EditList(std::string_view text, const ListSpan& list,
                     const std::vector<std::pair<size_t, std::string>>& replaced,
                     const std::vector<std::string>& added) {
  std::string edited;
  size_t at = 0;
  for (const auto& [number, item] : replaced) {
    edited += text.substr(at, list.items[number].first - at);
    edited += item;
    at = list.items[number].second;
  }
  if (!added.empty()) {
    const bool was_empty = list.items.empty();
    const size_t end = was_empty ? list.inside.first : list.items.back().second;
    edited += text.substr(at, end - at);
    for (size_t i = 0; i < added.size(); ++i) {
      edited += (i > 0 || !was_empty ? ",\n" : "\n");
      edited += kIndent + added[i];
    }
    if (was_empty) edited += "\n  ";
    at = was_empty ? list.inside.second : end;
  }
  edited += text.substr(at);
  return edited;
}

}  // namespace percuss::reports
