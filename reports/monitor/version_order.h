// SPDX-License-Identifier: Apache-2.0
//
// Which of two versions is newer, by the rules of where they come from. Pure and thread-safe.
#pragma once

#include <optional>
#include <string_view>

namespace percuss::reports {

enum class VersionRule {
  kDebian,   // deb-version(7): epoch, upstream version, revision; '~' before the end
  kSemver,   // Semantic Versioning 2.0.0, section 11; a leading 'v' is passed over
  kNumbers,  // numbers between dots alone: 1.10 is newer than 1.9 by every rule that there is
};

// Below 0, 0, above 0, as `left` is older, equal or newer. Nothing when one of them is no version
// by that rule: then nobody can tell.
[[nodiscard]] std::optional<int> CompareVersions(VersionRule rule, std::string_view left,
                                                 std::string_view right);

// The rule for an ecosystem as OSV names it ("Debian:12", "npm"), or for a package URL's type
// ("deb"); kNumbers for those whose rule is not known here.
[[nodiscard]] VersionRule RuleOf(std::string_view ecosystem_or_type);

}  // namespace percuss::reports
