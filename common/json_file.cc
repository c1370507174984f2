// SPDX-License-Identifier: Apache-2.0
#include "common/json_file.h"

#include <algorithm>
#include <vector>

#include "common/fs.h"

namespace percuss::common {
namespace {

constexpr int kMaxDepth = 64;

int LineAt(std::string_view text, size_t offset) {
  const auto upto = text.substr(0, std::min(offset, text.size()));
  return 1 + static_cast<int>(std::count(upto.begin(), upto.end(), '\n'));
}

// Deep nesting would overflow the stack of recursive readers of the document, so it is refused
// before parsing.
size_t OffsetOfTooDeep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxDepth) return i;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return std::string_view::npos;
}

// Walks valid JSON text and remembers where the value at one pointer starts.
class PointerFinder {
 public:
  PointerFinder(std::string_view text, const std::string& wanted) : text_(text), wanted_(wanted) {}

  // Offset of the value, or npos.
  size_t Find() {
    Value("");
    return found_;
  }

 private:
  void Space() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }
  std::string_view StringToken() {
    const size_t start = ++at_;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2U : 1U;
    const auto token = text_.substr(start, std::min(at_, text_.size()) - start);
    ++at_;
    return token;
  }
  void Value(const std::string& pointer) {
    Space();
    if (pointer == wanted_ && found_ == std::string_view::npos) found_ = at_;
    if (at_ >= text_.size()) return;
    if (text_[at_] == '{' || text_[at_] == '[') {
      Container(pointer, text_[at_] == '{');
    } else if (text_[at_] == '"') {
      StringToken();
    } else {
      while (at_ < text_.size() &&
             std::string_view(",]} \t\r\n").find(text_[at_]) == std::string_view::npos)
        ++at_;
    }
  }
  void Container(const std::string& pointer, bool object) {
    ++at_;
    for (size_t index = 0; at_ < text_.size(); ++index) {
      Space();
      if (at_ >= text_.size() || text_[at_] == '}' || text_[at_] == ']') break;
      std::string key = std::to_string(index);
      if (object) {
        key = std::string(StringToken());
        Space();
        ++at_;  // the colon
      }
      std::string inner = pointer;
      inner += '/';
      inner += key;
      Value(inner);
      Space();
      if (at_ < text_.size() && text_[at_] == ',') ++at_;
    }
    ++at_;
  }

  std::string_view text_;
  const std::string& wanted_;
  size_t at_ = 0;
  size_t found_ = std::string_view::npos;
};

}  // namespace

Result<Json> ParseJson(std::string_view text, const std::string& name) {
  if (const size_t deep = OffsetOfTooDeep(text); deep != std::string_view::npos) {
    return Fail(ErrorCode::kBadInput, "nested deeper than " + std::to_string(kMaxDepth) + " levels",
                name, LineAt(text, deep));
  }
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    std::string what = error.what();
    if (const size_t colon = what.find(": "); colon != std::string::npos) what.erase(0, colon + 2);
    return Fail(ErrorCode::kBadInput, "not valid JSON: " + what, name, LineAt(text, error.byte));
  } catch (const nlohmann::json::exception& error) {
    return Fail(ErrorCode::kBadInput, std::string("not valid JSON: ") + error.what(), name);
  }
}

Result<Json> ReadJsonFile(const std::filesystem::path& path) {
  auto text = ReadFile(path);
  if (!text) return tl::make_unexpected(text.error());
  return ParseJson(*text, path.string());
}

std::string JsonText(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Status WriteJsonFile(const std::filesystem::path& path, const Json& json) {
  return WriteFileAtomically(path, JsonText(json));
}

int LineOfJsonPointer(std::string_view text, const std::string& pointer) {
  const size_t offset = PointerFinder(text, pointer).Find();
  return offset == std::string_view::npos ? 0 : LineAt(text, offset);
}

}  // namespace percuss::common
