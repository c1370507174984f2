// SPDX-License-Identifier: Apache-2.0
#include "reports/export/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <tuple>

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

std::string WithThousands(int64_t count) {
  std::string digits = std::to_string(count);
  const int64_t first = count < 0 ? 1 : 0;
  for (auto at = static_cast<int64_t>(digits.size()) - 3; at > first; at -= 3) {
    digits.insert(static_cast<size_t>(at), ",");
  }
  return digits;
}

}  // namespace

std::string VisibleText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Decoded c = Decode(text, at);
    if (!c.valid) {
      out += "\xEF\xBF\xBD";
    } else if ((c.code_point < 0x20 && c.code_point != '\n' && c.code_point != '\t') ||
               c.code_point == 0x7F) {
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

std::string ClippedText(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return VisibleText(text);
  size_t end = max_bytes;
  while (end > 0 && max_bytes - end < 4 && (ByteAt(text, end) & 0xC0U) == 0x80U) --end;
  return VisibleText(text.substr(0, end)) +
         fmt::format("… [cut, {} bytes in all]", WithThousands(static_cast<int64_t>(text.size())));
}

std::string EscapeMarkup(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string CountText(int64_t count) { return count < 0 ? "not known" : WithThousands(count); }

std::string DurationText(int64_t seconds) {
  if (seconds < 0) return "not known";
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {:02} min", WithThousands(seconds / 3600), seconds % 3600 / 60);
}

std::string SecondsText(double seconds) {
  if (!(seconds >= 0)) return "not known";
  if (seconds < 10) return fmt::format("{:.2f} s", seconds);
  return seconds < 1e15 ? DurationText(static_cast<int64_t>(seconds)) : "not known";
}

std::string CostText(const common::Timing& timing, int64_t cost) {
  return timing.unit == "guest_instructions" ? CountText(cost) + " instructions"
                                             : NanosecondsText(cost);
}

std::string NanosecondsText(int64_t ns) {
  if (ns < 0) return "not known";
  if (ns < 1000) return fmt::format("{} ns", ns);
  struct Unit {
    double size;
    const char* name;
  };
  constexpr std::array<Unit, 3> kUnits = {{{1e3, "µs"}, {1e6, "ms"}, {1e9, "s"}}};
  const auto value = static_cast<double>(ns);
  for (const Unit& unit : kUnits) {
    const double scaled = value / unit.size;
    if (scaled < 999.5 || unit.size == 1e9) {
      return fmt::format("{:.{}f} {}", scaled,
                         scaled < 9.995   ? 2
                         : scaled < 99.95 ? 1
                                          : 0,
                         unit.name);
    }
  }
  return {};
}

std::string BytesText(int64_t bytes) {
  if (bytes < 0) return "not known";
  return bytes == 1 ? "1 byte" : WithThousands(bytes) + " bytes";
}

std::string PercentText(int64_t part, int64_t whole) {
  if (whole <= 0 || part < 0) return "no data";
  return fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string VerdictWord(common::Verdict verdict) {
  switch (verdict) {
    case common::Verdict::kPass:
      return "PASS";
    case common::Verdict::kFail:
      return "FAIL";
    case common::Verdict::kInconclusive:
      return "INCONCLUSIVE";
    case common::Verdict::kInfrastructureError:
      break;
  }
  return "INFRASTRUCTURE ERROR";
}

std::string ReproductionText(const common::Reproduction& reproduction) {
  if (reproduction.reruns <= 0) return "not rerun";
  return fmt::format("{} of {} (95 % interval {:.0f} % to {:.0f} %)", reproduction.reproduced,
                     reproduction.reruns, 100 * reproduction.interval_low,
                     100 * reproduction.interval_high);
}

std::string RelativePath(const std::string& path, const std::string& root) {
  if (root.empty()) return path;
  const std::string prefix = root.back() == '/' ? root : root + "/";
  return path.compare(0, prefix.size(), prefix) == 0 ? path.substr(prefix.size()) : path;
}

std::string SourceRootOf(const common::RunRecord& record) {
  std::string root;
  const auto take = [&root](const std::string& path) {
    if (path.empty() || path.front() != '/' || path.starts_with("/usr/")) return;
    // With its last slash, so that no folder passes for another whose name goes on.
    const std::string folder = path.substr(0, path.rfind('/') + 1);
    if (root.empty()) root = folder;
    const auto differ = std::mismatch(root.begin(), root.end(), folder.begin(), folder.end()).first;
    root.erase(differ, root.end());
    root.erase(root.rfind('/') + 1);
  };
  for (const common::TargetRun& target : record.targets) {
    for (const std::string& source : target.sources) take(source);
  }
  for (const common::Finding& finding : record.findings) {
    take(finding.file);
    for (const common::StackFrame& frame : finding.stack) {
      if (frame.user_code) take(frame.file);
    }
  }
  return root.size() > 1 ? root.substr(0, root.size() - 1) : std::string();
}

std::string PlaceText(const common::Finding& finding, const std::string& source_root) {
  std::string place = finding.function.empty() ? "unknown function" : finding.function;
  if (finding.file.empty()) return place;
  place += " at " + RelativePath(finding.file, source_root);
  if (finding.line > 0) place += ":" + std::to_string(finding.line);
  return place;
}

std::string CweNumber(std::string_view cwe) {
  if (cwe.size() < 5 || cwe.size() > 10 || !cwe.starts_with("CWE-")) return {};
  const std::string_view number = cwe.substr(4);
  const bool digits =
      std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits ? std::string(number) : std::string();
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) {
      return false;
    }
  }
  return true;
}

int KindRank(const common::Finding& finding) {
  if (finding.kind == "crash" && finding.access == "write") return 0;
  if (finding.kind == "property") return 1;
  if (finding.kind == "crash") return finding.access == "read" ? 2 : 3;
  constexpr std::array<std::string_view, 6> kOrder = {"assertion", "oom",  "hang",
                                                      "deadline",  "slow", "leak"};
  const auto* found = std::find(kOrder.begin(), kOrder.end(), finding.kind);
  // A kind that this table does not know must not sink to the end.
  return found == kOrder.end() ? 3 : 4 + static_cast<int>(found - kOrder.begin());
}

std::vector<const common::Finding*> FindingsInOrder(const common::RunRecord& record) {
  std::vector<const common::Finding*> order;
  order.reserve(record.findings.size());
  for (const common::Finding& finding : record.findings) order.push_back(&finding);
  std::stable_sort(order.begin(), order.end(),
                   [](const common::Finding* a, const common::Finding* b) {
                     const int rank_a = KindRank(*a);
                     const int rank_b = KindRank(*b);
                     return std::tie(rank_a, a->target, a->id) < std::tie(rank_b, b->target, b->id);
                   });
  return order;
}

}  // namespace percuss::reports
