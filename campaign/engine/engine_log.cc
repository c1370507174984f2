// SPDX-License-Identifier: Apache-2.0
#include "campaign/engine/engine_log.h"

#include <array>
#include <cstddef>

namespace percuss::campaign {
namespace {

constexpr char kEscape = '\x1b';
constexpr size_t kMostBytes = 300;
constexpr std::array<std::string_view, 3> kReasons = {
    "PROGRAM ABORT : ", "SYSTEM ERROR : ", "ERROR: "};

// Behind the sequence that begins at `at`: "ESC [ parameters final", or ESC and one character.
size_t SkipSequence(std::string_view log, size_t at) {
  ++at;
  if (at == log.size() || log[at] != '[') return at == log.size() ? at : at + 1;
  ++at;
  while (at < log.size() && (log[at] < '@' || log[at] > '~')) ++at;
  return at == log.size() ? at : at + 1;
}

std::string_view LineAt(std::string_view log, size_t at) {
  return log.substr(at, log.find('\n', at) - at).substr(0, kMostBytes);
}

}  // namespace

std::string WithoutControls(std::string_view log) {
  std::string text;
  for (size_t at = 0; at < log.size();) {
    if (log[at] == kEscape) {
      at = SkipSequence(log, at);
      // "ESC ) B" picks a set of characters by one more.
      if (at < log.size() && (log[at - 1] == ')' || log[at - 1] == '(')) ++at;
      continue;
    }
    const auto byte = static_cast<unsigned char>(log[at++]);
    if (byte == '\n' || byte == '\t' || (byte >= ' ' && byte != 0x7f)) {
      text += static_cast<char>(byte);
    }
  }
  return text;
}

std::string WhyItEnded(std::string_view log) {
  for (const std::string_view reason : kReasons) {
    const size_t at = log.rfind(reason);
    if (at != std::string_view::npos) return std::string(LineAt(log, at + reason.size()));
  }
  const size_t end = log.find_last_not_of(" \t\n");
  if (end == std::string_view::npos) return "it printed nothing";
  const size_t before = log.rfind('\n', end);
  const size_t begin = before == std::string_view::npos ? 0 : before + 1;
  return std::string(LineAt(log.substr(0, end + 1), begin));
}

}  // namespace percuss::campaign
