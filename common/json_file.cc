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

// Walks valid JSON text, once, to the value at a pointer; a member that is not on the way there is
// passed over, however much there is in it.
class PointerFinder {
 public:
  PointerFinder(std::string_view text, std::string_view wanted) : text_(text), wanted_(wanted) {}

  struct Found {
    size_t offset = 0;   // of the value
    size_t matched = 0;  // bytes of the pointer that lead to it
  };
  // The value at the longest part of the pointer that leads to one; of several the first.
  Found Find() {
    Value(wanted_);
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
  // Behind the value that begins here.
  void Skip() {
    int depth = 0;
    do {
      Space();
      if (at_ >= text_.size()) return;
      const char c = text_[at_];
      if (c == '"') {
        StringToken();
      } else if (c == '{' || c == '[') {
        ++depth;
        ++at_;
      } else if (c == '}' || c == ']') {
        --depth;
        ++at_;
      } else if (c == ',' || c == ':') {
        ++at_;
      } else {
        at_ = std::min(text_.find_first_of(",:]} \t\r\n", at_), text_.size());
      }
    } while (depth > 0);
  }
  // `rest` is the part of the pointer that leads from this value on.
  void Value(std::string_view rest) {
    Space();
    const size_t matched = wanted_.size() - rest.size();
    if (found_.offset == 0 || matched > found_.matched) found_ = {at_, matched};
    if (rest.empty() || at_ >= text_.size()) return;
    if (text_[at_] == '{' || text_[at_] == '[') {
      Container(rest, text_[at_] == '{');
    } else {
      Skip();
    }
  }
  void Container(std::string_view rest, bool object) {
    ++at_;
    for (size_t index = 0; at_ < text_.size(); ++index) {
      Space();
      if (at_ >= text_.size() || text_[at_] == '}' || text_[at_] == ']') break;
      const std::string number = object ? "" : std::to_string(index);
      std::string_view key = number;
      if (object) {
        key = StringToken();
        Space();
        ++at_;  // the colon
      }
      const std::string_view below = rest.substr(1);
      if (below.starts_with(key) && (below.size() == key.size() || below[key.size()] == '/')) {
        Value(below.substr(key.size()));
        if (found_.matched == wanted_.size()) return;
      } else {
        Skip();
      }
      Space();
      if (at_ < text_.size() && text_[at_] == ',') ++at_;
    }
    ++at_;
  }

  std::string_view text_;
  std::string_view wanted_;
  size_t at_ = 0;
  Found found_;
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
  const auto found = PointerFinder(text, pointer).Find();
  return found.matched == pointer.size() ? LineAt(text, found.offset) : 0;
}

int LineNearJsonPointer(std::string_view text, const std::string& pointer) {
  return LineAt(text, PointerFinder(text, pointer).Find().offset);
}

}  // namespace percuss::common
