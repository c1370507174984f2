// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/core/line_input.h"

#include <algorithm>
#include <cstring>

namespace percuss::rehost {

namespace {

constexpr size_t kMostStreams = 1024;
constexpr size_t kCountBytes = 2;
constexpr size_t kWord = 4;
constexpr size_t kEntryBytes = 3 * kWord;

uint32_t NumberAt(std::span<const uint8_t> bytes, size_t at, size_t size) {
  uint32_t number = 0;
  for (size_t i = 0; i < size; ++i) number |= uint32_t{bytes[at + i]} << (8 * i);
  return number;
}

}  // namespace

LineInput SplitLineInput(std::span<const uint8_t> input, const std::vector<InputLine>& lines) {
  LineInput split;
  split.messages.resize(lines.size());
  if (lines.empty()) {
    split.others = input;
    return split;
  }
  const size_t fixed = kLineInputMark.size() + kCountBytes;
  const bool marked = input.size() >= fixed &&
                      std::memcmp(input.data(), kLineInputMark.data(), kLineInputMark.size()) == 0;
  const size_t count = marked ? NumberAt(input, kLineInputMark.size(), kCountBytes) : 0;
  split.head_bytes = fixed + count * kEntryBytes;
  if (!marked || count > kMostStreams || split.head_bytes > input.size()) {
    split.messages[0] = input;
    split.head_bytes = 0;
    return split;
  }
  std::span<const uint8_t> left = input.subspan(split.head_bytes);
  for (size_t i = 0; i < count; ++i) {
    const size_t entry = fixed + i * kEntryBytes;
    const size_t size = std::min<size_t>(NumberAt(input, entry + 2 * kWord, kWord), left.size());
    const bool everywhere = NumberAt(input, entry + kWord, kWord) == kStreamOfEveryPlace;
    for (size_t line = 0; line < lines.size() && everywhere; ++line) {
      if (lines[line].data != NumberAt(input, entry, kWord)) continue;
      split.messages[line] = left.first(size);
    }
    left = left.subspan(size);
  }
  split.others = left;
  return split;
}

}  // namespace percuss::rehost
