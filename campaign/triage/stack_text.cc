// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/stack_text.h"

#include <cxxabi.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <memory>

#include "campaign/triage/crash_report.h"

namespace percuss::campaign {

namespace {

constexpr size_t kLineLimitBytes = 4096;

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

void TrimLeft(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
}

void TrimRight(std::string_view& text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) {
    text.remove_suffix(1);
  }
}

template <typename Number>
bool TakeNumber(std::string_view& text, Number& number, int base) {
  const char* const begin = text.data();
  const auto [end, error] = std::from_chars(begin, begin + text.size(), number, base);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(end - begin));
  return true;
}

// Takes ":<number>" off the end.
bool TakeLastNumber(std::string_view& text, int& number) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) return false;
  std::string_view digits = text.substr(colon + 1);
  if (!TakeNumber(digits, number, 10) || !digits.empty() || number < 0) return false;
  text = text.substr(0, colon);
  return true;
}

// "(module+0x12)" at the end of text.
bool TakeModule(std::string_view& text, common::StackFrame& frame) {
  if (text.empty() || text.back() != ')') return false;
  const size_t plus = text.rfind("+0x");
  if (plus == std::string_view::npos) return false;
  const size_t open = text.rfind(" (", plus);
  const size_t begin = open == std::string_view::npos ? 0 : open + 1;
  if (text[begin] != '(') return false;
  std::string_view digits = text.substr(plus + 3);
  uint64_t offset = 0;
  if (!TakeNumber(digits, offset, 16) || digits != ")") return false;
  frame.module = Printable(text.substr(begin + 1, plus - begin - 1), 1024);
  frame.offset = offset;
  text = text.substr(0, begin);
  TrimRight(text);
  return true;
}

// Where the function ends and the file begins. Functions hold spaces only within brackets or before
// them; an absolute path may hold spaces anywhere.
size_t FileBegin(std::string_view text) {
  int depth = 0;
  size_t last_space = std::string_view::npos;
  for (size_t i = 0; i < text.size(); i++) {
    const char c = text[i];
    if (c == '(' || c == '<' || c == '{') depth++;
    if ((c == ')' || c == '>' || c == '}') && depth > 0) depth--;
    if (c != ' ' || depth != 0 || i + 1 == text.size()) continue;
    if (text[i + 1] == '/') return i + 1;
    last_space = i + 1;
  }
  if (depth != 0) {  // "operator<" and the like
    const size_t slash = text.find(" /");
    return slash == std::string_view::npos ? text.size() : slash + 1;
  }
  if (last_space == std::string_view::npos) return text.size();
  const std::string_view file = text.substr(last_space);
  const bool is_file = file.find_first_of("./") != std::string_view::npos &&
                       file.find_first_of("(<") == std::string_view::npos;
  return is_file ? last_space : text.size();
}

// "parse_pdu(char const*) /src/pdu.cc:42:7"; of ThreadSanitizer either may be "<null>".
void ParseFunctionAndPlace(std::string_view text, common::StackFrame& frame) {
  constexpr std::string_view kNone = "<null>";
  const bool no_place = text.ends_with(kNone);
  if (no_place) text.remove_suffix(kNone.size());
  const size_t file = no_place ? text.size() : FileBegin(text);
  std::string_view function = text.substr(0, file);
  TrimRight(function);
  if (function != kNone) frame.function = BareFunctionName(function);
  SourcePlace place = ParsePlace(text.substr(file));
  frame.file = std::move(place.file);
  frame.line = place.line;
  frame.column = place.column;
}

}  // namespace

std::string_view TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  line = line.substr(0, kLineLimitBytes);
  TrimRight(line);
  return line;
}

std::string LastLine(std::string_view text) {
  constexpr size_t kMostBytes = 300;
  std::string_view last;
  while (!text.empty()) {
    const std::string_view line = TakeLine(text);
    if (!line.empty()) last = line;
  }
  return Printable(last, kMostBytes);
}

std::string Printable(std::string_view text, size_t limit) {
  std::string result(text.substr(0, limit));
  for (char& c : result) {
    if (c < ' ' || c > '~') c = '?';
  }
  return result;
}

SourcePlace ParsePlace(std::string_view text) {
  SourcePlace place;
  int last = 0;
  if (TakeLastNumber(text, last)) {
    if (TakeLastNumber(text, place.line)) {
      place.column = last;
    } else {
      place.line = last;
    }
  }
  if (text != "<null>") place.file = Printable(text, 1024);
  return place;
}

std::string DemangledName(const std::string& symbol) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> readable(
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 && readable ? readable.get() : symbol;
}

std::string BareFunctionName(std::string_view name) {
  for (const std::string_view suffix : {".part.", ".isra.", ".constprop.", ".cold", ".llvm."}) {
    name = name.substr(0, name.find(suffix));
  }
  if (name.size() > 6 && name.substr(name.size() - 6) == " const") name.remove_suffix(6);
  if (!name.empty() && name.back() == ')') {
    int depth = 0;
    for (size_t i = name.size(); i-- > 0;) {
      if (name[i] == ')') depth++;
      if (name[i] == '(' && --depth == 0) {
        const std::string_view before = name.substr(0, i);
        constexpr std::string_view kOperator = "operator";
        const bool is_call = before.size() >= kOperator.size() &&
                             before.substr(before.size() - kOperator.size()) == kOperator;
        if (i > 0 && !is_call && before.back() != ':') name = before;
        break;
      }
    }
  }
  if (name.find("operator") == std::string_view::npos) {
    int depth = 0;
    for (size_t i = name.size(); i-- > 0;) {
      if (name[i] == ')' || name[i] == '>') depth++;
      if ((name[i] == '(' || name[i] == '<') && depth > 0) depth--;
      if (name[i] == ' ' && depth == 0) {
        name.remove_prefix(i + 1);
        break;
      }
    }
  }
  return Printable(name, 512);
}

std::optional<common::StackFrame> ParseFrame(std::string_view line) {
  line = line.substr(0, kLineLimitBytes);
  TrimLeft(line);
  TrimRight(line);
  uint32_t number = 0;
  uint64_t address = 0;
  if (!TakePrefix(line, "#") || !TakeNumber(line, number, 10)) return std::nullopt;
  TrimLeft(line);
  const bool has_address = TakePrefix(line, "0x");
  if (has_address && !TakeNumber(line, address, 16)) return std::nullopt;
  const size_t build_id = line.rfind(" (BuildId: ");
  if (build_id != std::string_view::npos) line = line.substr(0, build_id);
  TrimLeft(line);
  common::StackFrame frame;
  const bool has_module = TakeModule(line, frame);
  if (!has_address) {
    if (!has_module) return std::nullopt;
    ParseFunctionAndPlace(line, frame);
    return frame;
  }
  if (!TakePrefix(line, "in ")) return frame;
  if (has_module) {
    frame.function = BareFunctionName(line);
    return frame;
  }
  ParseFunctionAndPlace(line, frame);
  return frame;
}

std::vector<common::StackFrame> ReadStack(std::string_view text) {
  std::vector<common::StackFrame> stack;
  while (!text.empty()) {
    std::string_view line = TakeLine(text);
    TrimLeft(line);
    const bool is_first = line.substr(0, 3) == "#0 ";
    if (stack.empty() && !is_first) continue;
    if (!stack.empty() && is_first) break;  // the next stack
    std::optional<common::StackFrame> frame = ParseFrame(line);
    if (!frame) {
      if (stack.empty()) continue;
      break;
    }
    stack.push_back(std::move(*frame));
    if (stack.size() == kFrameLimit) break;
  }
  return stack;
}

}  // namespace percuss::campaign
