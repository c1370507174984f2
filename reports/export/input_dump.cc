// SPDX-License-Identifier: Apache-2.0
#include "reports/export/input_dump.h"

#include <algorithm>
#include <string_view>

#include "reports/export/text.h"

namespace percuss::reports {
namespace {

constexpr size_t kMostLines = 80;
constexpr size_t kLineBytes = 240;

}  // namespace

std::vector<std::string> DumpLines(const common::InputDump& dump) {
  std::vector<std::string> lines;
  std::string_view rest = dump.text;
  while (!rest.empty() && lines.size() < kMostLines) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    lines.push_back(ClippedText(rest.substr(0, end), kLineBytes));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (!rest.empty()) lines.back() = "… more is left out";
  return lines;
}

}  // namespace percuss::reports
