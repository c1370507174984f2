// SPDX-License-Identifier: Apache-2.0
#include "reports/monitor/version_order.h"

#include <gtest/gtest.h>

#include <array>

namespace percuss::reports {
namespace {

// Each older than the next.
template <size_t N>
void ExpectAscending(VersionRule rule, const std::array<const char*, N>& versions) {
  for (size_t i = 0; i < N; ++i) {
    for (size_t j = 0; j < N; ++j) {
      const auto order = CompareVersions(rule, versions[i], versions[j]);
      ASSERT_TRUE(order) << versions[i] << " and " << versions[j];
      EXPECT_EQ(*order < 0, i < j) << versions[i] << " and " << versions[j];
      EXPECT_EQ(*order == 0, i == j) << versions[i] << " and " << versions[j];
    }
  }
}

TEST(VersionOrder, DebianAsItsManualHasIt) {
  ExpectAscending(VersionRule::kDebian, std::array{"1.0~~", "1.0~~a", "1.0~", "1.0", "1.0-1",
                                                   "1.0-1+deb12u1", "1.0-1+deb12u2", "1.0-10",
                                                   "1.0a", "1.0+dfsg1-1", "1.2", "1.10", "1:0.9"});
  EXPECT_EQ(CompareVersions(VersionRule::kDebian, "1.0", "0:1.0"), 0);
  EXPECT_EQ(CompareVersions(VersionRule::kDebian, "1.02-1", "1.2-01"), 0);
  EXPECT_FALSE(CompareVersions(VersionRule::kDebian, "", "1.0"));
  EXPECT_FALSE(CompareVersions(VersionRule::kDebian, "1.0 beta", "1.0"));
  EXPECT_FALSE(CompareVersions(VersionRule::kDebian, "x:1.0", "1.0"));
}

TEST(VersionOrder, SemverAsItsSectionElevenHasIt) {
  ExpectAscending(VersionRule::kSemver,
                  std::array{"1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
                             "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "v1.0.1",
                             "1.2", "1.10.0", "18446744073709551617.0.0"});
  EXPECT_EQ(CompareVersions(VersionRule::kSemver, "1.0.0+build1", "1.0.0+build2"), 0);
  EXPECT_FALSE(CompareVersions(VersionRule::kSemver, "1.0.0.0", "1.0.0"));
  EXPECT_FALSE(CompareVersions(VersionRule::kSemver, "1.x", "1.0.0"));
}

TEST(VersionOrder, WithoutARuleOnlyWhatAllRulesSay) {
  ExpectAscending(VersionRule::kNumbers, std::array{"1.9", "1.10", "1.10.1", "2"});
  EXPECT_FALSE(CompareVersions(VersionRule::kNumbers, "1.0", "1"));
  EXPECT_FALSE(CompareVersions(VersionRule::kNumbers, "1.0rc1", "1.0"));
  EXPECT_EQ(CompareVersions(VersionRule::kNumbers, "STABLE-2", "STABLE-2"), 0);
}

TEST(VersionOrder, TheRuleIsThatOfTheEcosystem) {
  EXPECT_EQ(RuleOf("Debian:12"), VersionRule::kDebian);
  EXPECT_EQ(RuleOf("npm"), VersionRule::kSemver);
  EXPECT_EQ(RuleOf("PyPI"), VersionRule::kNumbers);
}

}  // namespace
}  // namespace percuss::reports
