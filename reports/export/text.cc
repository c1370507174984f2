// SPDX-License-Identifier: Apache-2.0
#include "reports/export/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <tuple>
#include <utility>

namespace percuss::reports {
namespace {

unsigned char ByteAt(std::string_view text, size_t index) {
  return static_cast<unsigned char>(text[index]);
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

std::string VariedText(const common::Reproduction& reproduction) {
  constexpr std::pair<std::string_view, const char*> kWords[] = {
      {"layout_and_heap", "address-space layout and heap contents"},
      {"layout", "address-space layout; the heap is filled by the target's own options"},
      {"heap", "heap contents; the host did not let the address-space layout be fixed"},
      {"nothing", "nothing"},
      {"exact", "nothing: runs of the emulator are exact"}};
  for (const auto& [varied, words] : kWords) {
    if (reproduction.varied != varied) continue;
    return reproduction.depends_on.empty() ? words
                                           : fmt::format("{} · {}", words, reproduction.depends_on);
  }
  return "";
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
