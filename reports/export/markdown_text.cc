// SPDX-License-Identifier: Apache-2.0
#include "reports/export/markdown_text.h"

#include <algorithm>
#include <cctype>

namespace percuss::reports {
namespace {

bool IsWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }
bool IsLetter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool IsDigit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool IsPunctuation(char c) { return std::ispunct(static_cast<unsigned char>(c)) != 0; }

// One line, and the neighbours of each of its characters. Beyond its ends are spaces.
class Line {
 public:
  explicit Line(std::string_view text) {
    for (const char c : text) text_ += c == '\n' || c == '\t' ? ' ' : c;
    // Spaces at the start of a block could make it code.
    text_.erase(0, text_.find_first_not_of(' '));
  }

  [[nodiscard]] size_t Size() const { return text_.size(); }
  [[nodiscard]] char At(size_t i) const { return i < text_.size() ? text_[i] : ' '; }
  [[nodiscard]] char Before(size_t i) const { return i == 0 ? ' ' : text_[i - 1]; }
  // The ends of the run of equal characters that i is in.
  [[nodiscard]] size_t RunBegin(size_t i) const {
    while (i > 0 && text_[i - 1] == text_[i]) --i;
    return i;
  }
  [[nodiscard]] size_t RunEnd(size_t i) const {
    const char c = text_[i];
    while (At(i) == c && i < text_.size()) ++i;
    return i;
  }
  [[nodiscard]] bool EndsBefore(size_t i, std::string_view lower_case) const {
    if (i < lower_case.size()) return false;
    return std::equal(
        lower_case.begin(), lower_case.end(), text_.begin() + Offset(i - lower_case.size()),
        [](char want, char c) { return want == std::tolower(static_cast<unsigned char>(c)); });
  }
  [[nodiscard]] bool StartsAt(size_t i, std::string_view word) const {
    return i <= text_.size() && std::string_view(text_).substr(i).starts_with(word);
  }

 private:
  static std::ptrdiff_t Offset(size_t i) { return static_cast<std::ptrdiff_t>(i); }
  std::string text_;
};

// What begins a block, at the start of a list's item: a heading, a quote, a list, a rule, a fence.
bool BeginsBlock(const Line& line, size_t i) {
  const char c = line.At(i);
  if (c == '.' || c == ')') {  // "1. "
    for (size_t digit = 0; digit < i; ++digit) {
      if (!IsDigit(line.At(digit))) return false;
    }
    return i > 0 && line.At(i + 1) == ' ';
  }
  if (i != 0) return false;
  if (c == '~' && line.RunEnd(i) >= 3) return true;
  return c == '>' || (std::string_view("#-+*_~=").find(c) != std::string_view::npos &&
                      !IsWord(line.At(line.RunEnd(i))));
}

// CommonMark §6.2 and GFM §6.5: emphasis needs a run that can close it, and one that no run closes
// is plain text. Characters that are not ASCII may be anything, so the worst is supposed of them.
bool MayCloseEmphasis(const Line& line, size_t i) {
  const char before = line.Before(line.RunBegin(i));
  const char after = line.At(line.RunEnd(i));
  if (before == ' ') return false;
  if (!IsWord(after)) return true;
  return line.At(i) != '_' && !IsPunctuation(before);
}

// GFM §6.9, but for addresses.
bool StartsLink(const Line& line, size_t i) {
  return (line.At(i) == '.' && line.EndsBefore(i, "www")) ||
         (line.At(i) == ':' && line.StartsAt(i + 1, "//"));
}

// CommonMark §6.6.
bool StartsTag(const Line& line, size_t i) {
  const char after = line.At(i + 1);
  return line.At(i) == '<' && (IsLetter(after) || after == '/' || after == '!' || after == '?');
}

// CommonMark §2.5.
bool StartsEntity(const Line& line, size_t i) {
  if (line.At(i) != '&') return false;
  size_t end = line.At(i + 1) == '#' ? i + 2 : i + 1;
  while (IsWord(line.At(end))) ++end;
  return line.At(end) == ';';
}

bool IsMarkup(const Line& line, size_t i) {
  const char after = line.At(i + 1);
  switch (line.At(i)) {
    case '`':
    case '[':
    case '|':
    case '$':
      return true;
    case ']':  // of a link whose '[' is not ours to escape
      return after == '(' || after == '[' || after == ':';
    case '\\':
      return IsPunctuation(after) || i + 1 == line.Size();
    case '*':
    case '_':
    case '~':
      return BeginsBlock(line, i) || MayCloseEmphasis(line, i);
    default:
      return BeginsBlock(line, i) || StartsLink(line, i);
  }
}

}  // namespace

std::string MarkdownText(std::string_view text) {
  const Line line(text);
  std::string out;
  for (size_t i = 0; i < line.Size(); ++i) {
    if (line.At(i) == '@' && line.At(i + 1) != ' ') {
      // Links of addresses and names are made when backslashes are gone; only markup between stops
      // them, and a comment is the one that does not show.
      out += "@<!-- -->";
    } else if (StartsTag(line, i)) {
      out += "&lt;";
    } else if (StartsEntity(line, i)) {
      out += "&amp;";
    } else {
      if (IsMarkup(line, i)) out += '\\';
      out += line.At(i);
    }
  }
  return out;
}

std::string MarkdownCode(std::string_view text) {
  std::string line;
  size_t run = 0;
  size_t longest = 0;
  for (const char c : text) {
    line += c == '\n' || c == '\t' ? ' ' : c;
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  const std::string space = longest > 0 ? " " : "";
  return fence + space + line + space + fence;
}

}  // namespace percuss::reports
