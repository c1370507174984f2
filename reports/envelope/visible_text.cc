// SPDX-License-Identifier: Apache-2.0
#include "reports/envelope/visible_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace percuss::reports {
namespace {

struct Decoded {
  char32_t code_point = 0;
  size_t length = 1;
  bool valid = false;
};

struct LeadByte {
  unsigned char first;
  unsigned char last;
  size_t length;
  unsigned char second_min;
  unsigned char second_max;
};

constexpr std::array<LeadByte, 9> kLeadBytes = {{
    {0x00, 0x7F, 1, 0, 0},
    {0xC2, 0xDF, 2, 0x80, 0xBF},
    {0xE0, 0xE0, 3, 0xA0, 0xBF},
    {0xE1, 0xEC, 3, 0x80, 0xBF},
    {0xED, 0xED, 3, 0x80, 0x9F},
    {0xEE, 0xEF, 3, 0x80, 0xBF},
    {0xF0, 0xF0, 4, 0x90, 0xBF},
    {0xF1, 0xF3, 4, 0x80, 0xBF},
    {0xF4, 0xF4, 4, 0x80, 0x8F},
}};

unsigned char ByteAt(std::string_view text, size_t index) {
  return static_cast<unsigned char>(text[index]);
}

Decoded Decode(std::string_view text, size_t at) {
  const unsigned char lead = ByteAt(text, at);
  const auto* row = std::find_if(kLeadBytes.begin(), kLeadBytes.end(), [lead](const LeadByte& r) {
    return lead >= r.first && lead <= r.last;
  });
  if (row == kLeadBytes.end() || text.size() - at < row->length) return {};
  if (row->length == 1) return {lead, 1, true};
  auto code_point = static_cast<char32_t>(lead & (0xFFU >> (row->length + 1)));
  for (size_t i = 1; i < row->length; ++i) {
    const unsigned char byte = ByteAt(text, at + i);
    const unsigned char low = i == 1 ? row->second_min : 0x80;
    const unsigned char high = i == 1 ? row->second_max : 0xBF;
    if (byte < low || byte > high) return {};
    code_point = (code_point << 6U) | (byte & 0x3FU);
  }
  return {code_point, row->length, true};
}

bool IsControl(char32_t c) { return c < 0x20 || c == 0x7F; }

// Characters that show nothing, or that change how their neighbours are shown.
bool IsTreacherous(char32_t c) {
  return (c >= 0x80 && c <= 0x9F) || c == 0xAD || c == 0x61C || c == 0x180E ||
         (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB) ||
         (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFEU) == 0xFFFE || (c >= 0xE0000 && c <= 0xE0FFF);
}

void AppendControlPicture(std::string& out, char32_t c) {
  const unsigned picture = c == 0x7F ? 0x21U : static_cast<unsigned>(c);
  out += "\xE2\x90";  // U+2400 to U+243F share these two bytes
  out += static_cast<char>(0x80U + picture);
}

std::string Shown(std::string_view text, std::string_view stays) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Decoded c = Decode(text, at);
    if (!c.valid) {
      out += "\xEF\xBF\xBD";
    } else if (IsControl(c.code_point) && stays.find(text[at]) == std::string_view::npos) {
      AppendControlPicture(out, c.code_point);
    } else if (IsTreacherous(c.code_point)) {
      out += fmt::format("⟨U+{:04X}⟩", static_cast<uint32_t>(c.code_point));
    } else {
      out.append(text.substr(at, c.length));
    }
    at += c.length;
  }
  return out;
}

}  // namespace

std::string VisibleText(std::string_view text) { return Shown(text, "\n\t"); }

std::string VisibleLine(std::string_view text) { return Shown(text, ""); }

std::string HiddenCharacter(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const Decoded c = Decode(text, at);
    if (!c.valid) return "a byte that is not UTF-8";
    const bool joiner = c.code_point == 0x200C || c.code_point == 0x200D;
    if (IsControl(c.code_point) || (IsTreacherous(c.code_point) && !joiner)) {
      return fmt::format("U+{:04X}", static_cast<uint32_t>(c.code_point));
    }
    at += c.length;
  }
  return "";
}

std::string Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(' ') - first + 1));
}

std::string SaidTextObjection(std::string_view text) {
  const std::string hidden = HiddenCharacter(text);
  if (!hidden.empty()) {
    return "holds " + hidden + ", which would be shown as something else: one line of plain text";
  }
  return Trimmed(text).empty() ? "is empty" : "";
}

}  // namespace percuss::reports
