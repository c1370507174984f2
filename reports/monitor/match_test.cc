// SPDX-License-Identifier: Apache-2.0
#include "reports/monitor/match.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace percuss::reports {
namespace {

using ::testing::HasSubstr;
using Kind = VersionEvent::Kind;

common::Sbom With(const std::string& name, const std::string& version, const std::string& purl = "",
                  const std::string& cpe = "") {
  common::Sbom sbom;
  sbom.subject = "device";
  sbom.components.resize(2);
  sbom.components[0].id = "device";
  sbom.components[0].name = name;  // the product itself is not matched
  sbom.components[1].id = "c1";
  sbom.components[1].name = name;
  sbom.components[1].version = version;
  sbom.components[1].purl = purl;
  sbom.components[1].cpe = cpe;
  return sbom;
}

AffectedPackage Range(const std::string& ecosystem, const std::string& name,
                      std::vector<VersionEvent> events, const std::string& type = "ECOSYSTEM") {
  AffectedPackage package;
  package.ecosystem = ecosystem;
  package.name = name;
  package.ranges.push_back({type, std::move(events)});
  return package;
}

Feed Of(const std::string& id, const AffectedPackage& package,
        const std::vector<std::string>& aliases = {}) {
  Feed feed;
  feed.file = "feed.json";
  feed.advisories.push_back({id, aliases, "summary", "2024-01-01T00:00:00Z", false, {package}});
  return feed;
}

// "affected", "cannot tell" or "none".
std::string State(const common::Sbom& sbom, const AffectedPackage& package) {
  const auto matches = MatchFeeds(sbom, {Of("CVE-2024-0001", package)}).matches;
  if (matches.empty()) return "none";
  return matches[0].state == MatchState::kAffected ? "affected" : "cannot tell";
}

TEST(Match, APackageUrlInADistributionsReleaseByItsOwnOrder) {
  const auto fixed =
      Range("Debian:12", "lwip", {{Kind::kIntroduced, "0"}, {Kind::kFixed, "2.1.3+dfsg1-2"}});
  const std::string deb = "pkg:deb/debian/lwip@";
  EXPECT_EQ(State(With("lwip", "", deb + "2.1.3%2Bdfsg1-1?distro=debian-12"), fixed), "affected");
  EXPECT_EQ(State(With("lwip", "", deb + "2.1.3%2Bdfsg1-2?distro=debian-12"), fixed), "none");
  EXPECT_EQ(State(With("lwip", "", deb + "2.1.3%2Bdfsg1-1?distro=debian-11"), fixed), "none");
  EXPECT_EQ(State(With("lwip", "", deb + "2.1.3%2Bdfsg1-1"), fixed), "cannot tell");
  EXPECT_EQ(
      State(With("x", "", "pkg:deb/debian/liblwip0@2.1.3-1?distro=debian-12&upstream=lwip"), fixed),
      "affected")
      << "the feed names the source package";
  EXPECT_EQ(State(With("lwip", "", "pkg:deb/ubuntu/lwip@2.1.3-1"), fixed), "none");
  EXPECT_EQ(State(With("lwip", "2.1.3"), fixed), "cannot tell")
      << "a version of another origin cannot be compared";
}

TEST(Match, RangesFollowOsvsRule) {
  const auto twice = Range("npm", "foo",
                           {{Kind::kFixed, "1.2.0"},
                            {Kind::kIntroduced, "1.0.0"},
                            {Kind::kIntroduced, "2.0.0"},
                            {Kind::kLastAffected, "2.3.0"}},
                           "SEMVER");
  const std::pair<const char*, const char*> cases[] = {
      {"0.9.0", "none"},     {"1.0.0-rc.1", "none"}, {"1.0.0", "affected"},
      {"1.1.9", "affected"}, {"1.2.0", "none"},      {"2.3.0", "affected"},
      {"2.3.1", "none"},     {"two", "cannot tell"}, {"", "cannot tell"}};
  for (const auto& [version, expected] : cases) {
    EXPECT_EQ(State(With("foo", version, "pkg:npm/foo"), twice), expected) << version;
  }
}

TEST(Match, NamesInARegistryAreWhatTheyAreSpelt) {
  const auto any = Range("npm", "foo-bar", {{Kind::kIntroduced, "0"}}, "SEMVER");
  EXPECT_EQ(State(With("foo-bar", "1.0.0", "pkg:npm/foo-bar@1.0.0"), any), "affected");
  EXPECT_EQ(State(With("foobar", "1.0.0", "pkg:npm/foobar@1.0.0"), any), "none");
  EXPECT_EQ(State(With("foo-bar", "1.0.0", "pkg:npm/%40other/foo-bar@1.0.0"), any), "none");
  EXPECT_EQ(State(With("foo-bar", "1.0.0", "pkg:pypi/foo-bar@1.0.0"), any), "none");
  const auto maven = Range("Maven", "org.x:y", {{Kind::kIntroduced, "0"}});
  EXPECT_EQ(State(With("y", "1.0", "pkg:maven/org.x/y@1.0"), maven), "affected");
}

TEST(Match, ByNameWhereThereIsNothingBetterAndDoubtIsKept) {
  auto git = Range("GIT", "lwip", {{Kind::kIntroduced, "0"}}, "GIT");
  EXPECT_EQ(State(With("lwIP", "2.1.2"), git), "cannot tell") << "commits alone";
  git.versions = {"STABLE-2_1_2_RELEASE", "v2.1.1"};
  EXPECT_EQ(State(With("lwIP", "2.1.1"), git), "affected");
  EXPECT_EQ(State(With("lwIP", "2.1.2"), git), "cannot tell") << "a tag that may be this version";
  EXPECT_EQ(State(With("lwIP", "2.0.0"), git), "none");
  EXPECT_EQ(State(With("lwip", "", "pkg:deb/debian/lwip@2.1.1%2Bdfsg-3"), git), "cannot tell")
      << "the distribution may have mended it";
  AffectedPackage bare;
  bare.name = "lwip";
  EXPECT_EQ(State(With("lwip", "2.1.2"), bare), "cannot tell");
}

TEST(Match, ACpeNamesVendorAndProduct) {
  AffectedPackage package;
  package.name = "lwIP of the project";
  package.cpe = "cpe:2.3:a:lwip_project:lwip:2.1.2:*:*:*:*:*:*:*";
  const std::string ours = "cpe:2.3:a:lwip_project:lwip:";
  EXPECT_EQ(State(With("stack", "2.1.2", "", ours + "2.1.2:*:*:*:*:*:*:*"), package), "affected");
  EXPECT_EQ(State(With("stack", "2.1.3", "", ours + "2.1.3:*:*:*:*:*:*:*"), package), "none");
  package.state = AffectedPackage::State::kNotAffected;
  EXPECT_EQ(State(With("stack", "2.1.2", "", ours + "2.1.2:*:*:*:*:*:*:*"), package), "none");
  package.state = AffectedPackage::State::kUnknown;
  EXPECT_EQ(State(With("stack", "2.1.2", "", ours + "2.1.2:*:*:*:*:*:*:*"), package),
            "cannot tell");
}

TEST(Match, FeedsThatSpeakOfOneVulnerabilityAreOneMatchWithAllReasons) {
  auto listed = Range("", "lwip", {{Kind::kIntroduced, "0"}}, "GIT");
  const auto feeds =
      std::vector{Of("CVE-2024-0001", listed),
                  Of("GHSA-x", Range("", "lwip", {{Kind::kIntroduced, "2.0"}}), {"CVE-2024-0001"})};
  const auto matches = MatchFeeds(With("lwip", "2.1"), feeds).matches;
  ASSERT_EQ(matches.size(), 1U);
  EXPECT_EQ(matches[0].state, MatchState::kAffected);
  EXPECT_EQ(matches[0].reasons.size(), 2U);
  EXPECT_EQ(matches[0].aliases, std::vector<std::string>{"GHSA-x"});
}

TEST(Match, KnownExploitedOnesComeFirstAndANameAloneCannotTell) {
  Feed catalogue;
  catalogue.exploited = {{"CVE-2024-0009", "Maker", "Foo", "", "", "2026-01-01", "update", true},
                         {"CVE-2023-0001", "Maker", "foo", "", "", "2026-01-01", "update", false}};
  const auto hit = [](const std::string& id) {
    return Of(id, Range("", "foo", {{Kind::kIntroduced, "0"}}));
  };
  const auto matches =
      MatchFeeds(With("foo", "1.0"), {hit("CVE-2024-0001"), hit("CVE-2024-0009"), catalogue})
          .matches;
  ASSERT_EQ(matches.size(), 3U);
  EXPECT_EQ(matches[0].vulnerability, "CVE-2024-0009");
  EXPECT_TRUE(matches[0].ransomware);
  EXPECT_EQ(matches[1].vulnerability, "CVE-2023-0001");
  EXPECT_EQ(matches[1].state, MatchState::kCannotTell);
  EXPECT_FALSE(matches[2].known_exploited);
  // Another feed knows the versions of it: this one is none of them.
  const auto other =
      Of("CVE-2023-0001", Range("", "foo", {{Kind::kIntroduced, "0"}, {Kind::kFixed, "0.9"}}));
  EXPECT_EQ(MatchFeeds(With("foo", "1.0"), {other, catalogue}).matches.size(), 1U);
}

TEST(Match, WithdrawnAdvisoriesAreCountedAndPatchesShown) {
  Feed feed = Of("CVE-2024-0001", Range("", "foo", {{Kind::kIntroduced, "0"}}));
  common::Sbom sbom = With("foo", "1.0");
  sbom.components[1].patches.push_back({"fix.patch", {"CVE-2024-0001"}});
  EXPECT_TRUE(MatchFeeds(sbom, {feed}).matches.at(0).patch_claimed);
  feed.advisories[0].withdrawn = true;
  const auto result = MatchFeeds(sbom, {feed});
  EXPECT_TRUE(result.matches.empty());
  EXPECT_EQ(result.counts.withdrawn, 1U);
  EXPECT_EQ(result.counts.components, 1U);
}

}  // namespace
}  // namespace percuss::reports
