// SPDX-License-Identifier: Apache-2.0
#include "emulation/near_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace percuss::emulation {
namespace {

constexpr size_t kLongest = 128;
constexpr size_t kLettersToASlip = 5;
constexpr size_t kMostSlips = 2;

using Row = std::array<size_t, kLongest + 1>;

bool SameLetter(char a, char b) {
  return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
}

// The fewest steps from one to the other, each a letter put in, left out or replaced, or two
// neighbours exchanged. Case does not count.
size_t Steps(std::string_view one, std::string_view other) {
  Row before{};
  Row above{};
  Row row{};
  for (size_t j = 0; j <= other.size(); ++j) above[j] = j;
  for (size_t i = 1; i <= one.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= other.size(); ++j) {
      const size_t replaced = above[j - 1] + (SameLetter(one[i - 1], other[j - 1]) ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      const bool exchanged = i > 1 && j > 1 && SameLetter(one[i - 1], other[j - 2]) &&
                             SameLetter(one[i - 2], other[j - 1]);
      if (exchanged) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = above;
    above = row;
  }
  return above[other.size()];
}

}  // namespace

std::optional<size_t> SlipsBetween(std::string_view one, std::string_view other) {
  const size_t shorter = std::min(one.size(), other.size());
  const size_t longer = std::max(one.size(), other.size());
  const size_t allowed = std::min(kMostSlips, shorter / kLettersToASlip);
  if (longer > kLongest || longer - shorter > allowed || one == other) return std::nullopt;
  const size_t steps = Steps(one, other);
  return steps <= allowed ? std::optional(steps) : std::nullopt;
}

std::string DidYouMean(const std::string& name) {
  return name.empty() ? "" : fmt::format(": did you mean \"{}\"?", name);
}

}  // namespace percuss::emulation
