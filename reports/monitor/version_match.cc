// SPDX-License-Identifier: Apache-2.0
#include "reports/monitor/version_match.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace percuss::reports {
namespace {

using Kind = VersionEvent::Kind;

constexpr size_t kMostEventsShown = 6;

std::string_view WithoutV(std::string_view version) {
  const bool tag = version.size() > 1 && (version[0] == 'v' || version[0] == 'V') &&
                   std::isdigit(static_cast<unsigned char>(version[1])) != 0;
  return tag ? version.substr(1) : version;
}

// Numbers alone, dots between them: by which "STABLE-2_1_3_RELEASE" may be 2.1.3.
std::string NumbersOf(std::string_view version) {
  std::string numbers;
  for (const char c : version) {
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      numbers += c;
    } else if (!numbers.empty() && numbers.back() != '.') {
      numbers += '.';
    }
  }
  while (!numbers.empty() && numbers.back() == '.') numbers.pop_back();
  return numbers;
}

// Of a range of versions; nothing when two versions cannot be compared.
std::optional<bool> InRange(const VersionRange& range, VersionRule rule,
                            const std::string& version) {
  std::vector<VersionEvent> events = range.events;
  const auto is_start = [](const VersionEvent& event) { return event.version == "0"; };
  bool comparable = true;
  const auto order = [&](const VersionEvent& left, const VersionEvent& right) {
    if (is_start(left) || is_start(right)) return is_start(left) && !is_start(right);
    const auto compared = CompareVersions(rule, left.version, right.version);
    comparable = comparable && compared.has_value();
    return compared.value_or(0) < 0;
  };
  for (const VersionEvent& event : events) {
    if (!is_start(event) && !CompareVersions(rule, event.version, version)) return std::nullopt;
  }
  // Insertion keeps its head where the order contradicts itself, which std::sort need not.
  for (size_t i = 1; i < events.size(); ++i) {
    for (size_t j = i; j > 0 && order(events[j], events[j - 1]); --j) {
      std::swap(events[j], events[j - 1]);
    }
  }
  if (!comparable) return std::nullopt;
  bool inside = false;
  bool limited = false;
  bool before_limit = false;
  for (const VersionEvent& event : events) {
    const int compared = is_start(event) ? 1 : *CompareVersions(rule, version, event.version);
    if (event.kind == Kind::kLimit) {
      limited = true;
      before_limit = before_limit || compared < 0;
    } else if (event.kind == Kind::kIntroduced && compared >= 0) {
      inside = true;
    } else if ((event.kind == Kind::kFixed && compared >= 0) ||
               (event.kind == Kind::kLastAffected && compared > 0)) {
      inside = false;
    }
  }
  return inside && (!limited || before_limit);
}

VersionVerdict InCommits(const VersionRange& range, const std::string& revision) {
  for (const VersionEvent& event : range.events) {
    if (revision.size() < 12 || event.version.rfind(revision, 0) != 0) continue;
    if (event.kind == Kind::kFixed) return {VersionAnswer::kNo, "built from the commit that fixes"};
    if (event.kind == Kind::kIntroduced || event.kind == Kind::kLastAffected) {
      return {VersionAnswer::kYes, "built from a commit that the advisory names as affected"};
    }
  }
  return {VersionAnswer::kCannotTell, "the advisory names commits alone"};
}

VersionVerdict Listed(const AffectedPackage& package, const std::string& version) {
  for (const std::string& listed : package.versions) {
    if (WithoutV(listed) == WithoutV(version)) {
      return {VersionAnswer::kYes, version + " is listed"};
    }
  }
  const std::string numbers = NumbersOf(version);
  for (const std::string& listed : package.versions) {
    if (!numbers.empty() && NumbersOf(listed) == numbers) {
      return {VersionAnswer::kCannotTell, version + " may be the listed " + listed};
    }
  }
  return {VersionAnswer::kNo, version + " is not listed"};
}

}  // namespace

std::string RangeText(const VersionRange& range) {
  std::string text;
  for (size_t i = 0; i < range.events.size() && i < kMostEventsShown; ++i) {
    const VersionEvent& event = range.events[i];
    if (!text.empty()) text += ", ";
    switch (event.kind) {
      case Kind::kIntroduced:
        text += "from " + event.version;
        break;
      case Kind::kFixed:
        text += "fixed in " + event.version;
        break;
      case Kind::kLastAffected:
        text += "up to " + event.version;
        break;
      case Kind::kLimit:
        text += "before " + event.version;
        break;
    }
  }
  return range.events.size() > kMostEventsShown ? text + ", ..." : text;
}

VersionVerdict IsVersionMeant(const AffectedPackage& package, const std::string& version,
                              const std::string& source_revision) {
  if (version.empty() && source_revision.empty()) {
    return {VersionAnswer::kCannotTell, "the component has no version"};
  }
  if (package.version.empty() && package.ranges.empty() && package.versions.empty()) {
    return {VersionAnswer::kCannotTell,
            package.doubtful.empty() ? "the feed names no version" : package.doubtful};
  }
  if (!package.version.empty()) {
    const bool same = WithoutV(package.version) == WithoutV(version);
    if (same) return {VersionAnswer::kYes, version + " is the version that is named"};
    return {VersionAnswer::kNo, "another version is named"};
  }
  VersionVerdict verdict{VersionAnswer::kNo, "the version is not among them"};
  const auto doubt = [&](const std::string& why) {
    if (verdict.answer == VersionAnswer::kNo) verdict = {VersionAnswer::kCannotTell, why};
  };
  if (!package.versions.empty() && !version.empty()) {
    const VersionVerdict listed = Listed(package, version);
    if (listed.answer == VersionAnswer::kYes) return listed;
    if (listed.answer == VersionAnswer::kCannotTell) doubt(listed.why);
  }
  for (const VersionRange& range : package.ranges) {
    if (range.type == "GIT") {
      const VersionVerdict commits = InCommits(range, source_revision);
      if (commits.answer == VersionAnswer::kYes) return commits;
      // A list of versions beside the commits is the same told in tags.
      if (commits.answer == VersionAnswer::kCannotTell && package.versions.empty()) {
        doubt(commits.why);
      }
      continue;
    }
    const VersionRule rule =
        range.type == "SEMVER" ? VersionRule::kSemver : RuleOf(package.ecosystem);
    const auto inside = InRange(range, rule, version);
    if (inside.value_or(false)) {
      return {VersionAnswer::kYes, version + " is among: " + RangeText(range)};
    }
    if (!inside) doubt(version + " cannot be compared with: " + RangeText(range));
  }
  return verdict;
}

}  // namespace percuss::reports
