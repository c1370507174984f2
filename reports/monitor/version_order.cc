// SPDX-License-Identifier: Apache-2.0
#include "reports/monitor/version_order.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

namespace percuss::reports {
namespace {

bool IsDigit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool IsLetter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

int Sign(int value) { return value < 0 ? -1 : (value > 0 ? 1 : 0); }

// Numbers of any length, without their leading zeros.
int CompareNumbers(std::string_view left, std::string_view right) {
  const auto strip = [](std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
  };
  strip(left);
  strip(right);
  if (left.size() != right.size()) return left.size() < right.size() ? -1 : 1;
  return Sign(left.compare(right));
}

// Debian: '~' comes before the end of a part, letters before everything else.
int DebianRank(char c) {
  if (c == '~') return -1;
  return IsLetter(c) ? static_cast<unsigned char>(c) : static_cast<unsigned char>(c) + 256;
}

std::string_view TakeWhile(std::string_view& text, bool digits) {
  size_t n = 0;
  while (n < text.size() && IsDigit(text[n]) == digits) ++n;
  const std::string_view taken = text.substr(0, n);
  text.remove_prefix(n);
  return taken;
}

int CompareDebianPart(std::string_view left, std::string_view right) {
  while (!left.empty() || !right.empty()) {
    const std::string_view a = TakeWhile(left, false);
    const std::string_view b = TakeWhile(right, false);
    for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
      const int x = i < a.size() ? DebianRank(a[i]) : 0;
      const int y = i < b.size() ? DebianRank(b[i]) : 0;
      if (x != y) return x < y ? -1 : 1;
    }
    const std::string_view m = TakeWhile(left, true);
    const std::string_view n = TakeWhile(right, true);
    if (const int order = CompareNumbers(m, n); order != 0) return order;
  }
  return 0;
}

struct DebianVersion {
  std::string_view epoch = "0";
  std::string_view upstream;
  std::string_view revision;
};

std::optional<DebianVersion> ParseDebian(std::string_view text) {
  DebianVersion version;
  if (const size_t colon = text.find(':'); colon != std::string_view::npos) {
    version.epoch = text.substr(0, colon);
    if (version.epoch.empty() ||
        !std::all_of(version.epoch.begin(), version.epoch.end(), IsDigit)) {
      return std::nullopt;
    }
    text.remove_prefix(colon + 1);
  }
  if (const size_t dash = text.rfind('-'); dash != std::string_view::npos) {
    version.revision = text.substr(dash + 1);
    text = text.substr(0, dash);
  }
  version.upstream = text;
  const auto allowed = [](char c) {
    return IsDigit(c) || IsLetter(c) || std::string_view(".+-~:").find(c) != std::string_view::npos;
  };
  const bool good = !text.empty() && IsDigit(text.front()) &&
                    std::all_of(text.begin(), text.end(), allowed) &&
                    std::all_of(version.revision.begin(), version.revision.end(), allowed);
  return good ? std::optional(version) : std::nullopt;
}

std::optional<int> CompareDebian(std::string_view left, std::string_view right) {
  const auto a = ParseDebian(left);
  const auto b = ParseDebian(right);
  if (!a || !b) return std::nullopt;
  if (const int order = CompareNumbers(a->epoch, b->epoch); order != 0) return order;
  if (const int order = CompareDebianPart(a->upstream, b->upstream); order != 0) return order;
  return CompareDebianPart(a->revision, b->revision);
}

std::vector<std::string_view> Split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool IsNumber(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsDigit);
}

struct Semver {
  std::vector<std::string_view> numbers;
  std::vector<std::string_view> pre;  // empty: a release
};

std::optional<Semver> ParseSemver(std::string_view text) {
  if (!text.empty() && (text.front() == 'v' || text.front() == 'V')) text.remove_prefix(1);
  text = text.substr(0, text.find('+'));
  Semver version;
  if (const size_t dash = text.find('-'); dash != std::string_view::npos) {
    version.pre = Split(text.substr(dash + 1), '.');
    text = text.substr(0, dash);
    for (const std::string_view part : version.pre) {
      const bool good = !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
        return IsDigit(c) || IsLetter(c) || c == '-';
      });
      if (!good) return std::nullopt;
    }
  }
  version.numbers = Split(text, '.');
  if (version.numbers.size() > 3) return std::nullopt;
  if (!std::all_of(version.numbers.begin(), version.numbers.end(), IsNumber)) return std::nullopt;
  version.numbers.resize(3, "0");  // "1.2", which is not of the standard, is read as 1.2.0
  return version;
}

int ComparePreRelease(const Semver& a, const Semver& b) {
  if (a.pre.empty() || b.pre.empty()) {
    return Sign(static_cast<int>(a.pre.empty()) - static_cast<int>(b.pre.empty()));
  }
  for (size_t i = 0; i < std::min(a.pre.size(), b.pre.size()); ++i) {
    const bool m = IsNumber(a.pre[i]);
    const bool n = IsNumber(b.pre[i]);
    int order = 0;
    if (m && n) {
      order = CompareNumbers(a.pre[i], b.pre[i]);
    } else {
      order = m != n ? (m ? -1 : 1) : Sign(a.pre[i].compare(b.pre[i]));
    }
    if (order != 0) return order;
  }
  return Sign(static_cast<int>(a.pre.size()) - static_cast<int>(b.pre.size()));
}

std::optional<int> CompareSemver(std::string_view left, std::string_view right) {
  const auto a = ParseSemver(left);
  const auto b = ParseSemver(right);
  if (!a || !b) return std::nullopt;
  for (size_t i = 0; i < 3; ++i) {
    if (const int order = CompareNumbers(a->numbers[i], b->numbers[i]); order != 0) return order;
  }
  return ComparePreRelease(*a, *b);
}

std::optional<int> CompareDotted(std::string_view left, std::string_view right) {
  auto a = Split(left, '.');
  auto b = Split(right, '.');
  if (!std::all_of(a.begin(), a.end(), IsNumber) || !std::all_of(b.begin(), b.end(), IsNumber)) {
    return left == right && !left.empty() ? std::optional(0) : std::nullopt;
  }
  // Some rules hold 1.0 and 1 for the same, others do not: whoever asks must not rely on either.
  const size_t common = std::min(a.size(), b.size());
  for (size_t i = 0; i < common; ++i) {
    if (const int order = CompareNumbers(a[i], b[i]); order != 0) return order;
  }
  if (a.size() == b.size()) return 0;
  const auto& longer = a.size() > b.size() ? a : b;
  const bool zeros = std::all_of(
      longer.begin() + static_cast<std::ptrdiff_t>(common), longer.end(),
      [](std::string_view part) { return part.find_first_not_of('0') == std::string_view::npos; });
  if (zeros) return std::nullopt;
  return a.size() < b.size() ? -1 : 1;
}

}  // namespace

std::optional<int> CompareVersions(VersionRule rule, std::string_view left,
                                   std::string_view right) {
  switch (rule) {
    case VersionRule::kDebian:
      return CompareDebian(left, right);
    case VersionRule::kSemver:
      return CompareSemver(left, right);
    case VersionRule::kNumbers:
      break;
  }
  return CompareDotted(left, right);
}

VersionRule RuleOf(std::string_view ecosystem_or_type) {
  const std::string_view name = ecosystem_or_type.substr(0, ecosystem_or_type.find(':'));
  for (const std::string_view debian : {"Debian", "Ubuntu", "deb"}) {
    if (name == debian) return VersionRule::kDebian;
  }
  for (const std::string_view semver : {"npm", "crates.io", "cargo", "Go", "golang", "Hex", "hex",
                                        "Pub", "pub", "SwiftURL", "swift", "GitHub Actions"}) {
    if (name == semver) return VersionRule::kSemver;
  }
  return VersionRule::kNumbers;
}

}  // namespace percuss::reports
