// SPDX-License-Identifier: Apache-2.0
#include "reports/monitor/feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/fs.h"
#include "reports/evidence/stored_zip.h"

namespace percuss::reports {
namespace {

using common::ErrorCode;
using ::testing::HasSubstr;

constexpr const char* kOsv = R"({"id": "GHSA-aaaa-bbbb-cccc", "modified": "2024-02-03T04:05:06Z",
  "aliases": null, "upstream": ["CVE-2024-0001"],
  "affected": [{"package": {"ecosystem": "Debian:12", "name": "lwip"},
    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.1.3-1"}]}],
    "versions": ["2.1.2-1"]}]})";

constexpr const char* kCatalogue = R"({"catalogVersion": "2026.03.01",
  "dateReleased": "2026-03-01T00:00:00Z", "count": 1, "vulnerabilities": [{"cveID": "CVE-2024-0001",
  "vendorProject": "lwIP", "product": "lwIP", "dueDate": "2026-03-22",
  "knownRansomwareCampaignUse": "Known"}]})";

constexpr const char* kCsaf = R"({"document": {"csaf_version": "2.0", "title": "Advisory",
    "tracking": {"id": "ADV-1", "current_release_date": "2025-05-06T00:00:00Z"}},
  "product_tree": {
    "branches": [{"category": "vendor", "name": "Maker", "branches": [
      {"category": "product_name", "name": "lwIP", "branches": [
        {"category": "product_version", "name": "2.1.2", "product": {"product_id": "P1",
          "name": "lwIP 2.1.2",
          "product_identification_helper": {"purl": "pkg:generic/lwip@2.1.2"}}},
        {"category": "product_version_range", "name": "<2.1", "product": {"product_id": "P2",
          "name": "lwIP before 2.1"}}]}]}],
    "full_product_names": [{"product_id": "D", "name": "Gateway 3"}],
    "relationships": [{"category": "default_component_of", "product_reference": "P1",
      "relates_to_product_reference": "D",
      "full_product_name": {"product_id": "P1D", "name": "x"}}]},
  "vulnerabilities": [{"cve": "CVE-2020-8597", "product_status": {"known_affected": ["P1D", "P2"],
    "under_investigation": ["D"], "fixed": ["P1"]}}]})";

class FeedFiles : public ::testing::Test {
 protected:
  std::filesystem::path Write(const std::string& name, std::string_view text) {
    const auto path = folder_.Path() / name;
    EXPECT_TRUE(common::MakeFolder(path.parent_path()));
    EXPECT_TRUE(common::WriteFileAtomically(path, text));
    return path;
  }
  common::Error Refused(std::string_view text) {
    const auto feed = ReadFeed(Write("bad.json", text));
    EXPECT_FALSE(feed) << text;
    return feed ? common::Error() : feed.error();
  }
  static std::string Zip() {
    std::string bytes;
    StoredZipWriter writer([&](std::string_view more) -> common::Status {
      bytes += more;
      return {};
    });
    EXPECT_TRUE(writer.Add("a/one.json", kOsv));
    EXPECT_TRUE(writer.Add("readme.txt", "x"));
    EXPECT_TRUE(writer.Finish());
    return bytes;
  }
  common::TemporaryFolder folder_ = common::TemporaryFolder::Make("feed").value();
};

TEST_F(FeedFiles, OsvInEveryFormItComesIn) {
  for (const std::string& text : {std::string(kOsv), "[" + std::string(kOsv) + "]",
                                  R"({"vulns": [)" + std::string(kOsv) + "]}"}) {
    const auto feed = ReadFeed(Write("osv.json", text));
    ASSERT_TRUE(feed) << feed.error().Text();
    EXPECT_EQ(feed->kind, "OSV");
    EXPECT_EQ(feed->date, "2024-02-03T04:05:06Z");
    ASSERT_EQ(feed->advisories.size(), 1U);
    EXPECT_EQ(feed->advisories[0].aliases, std::vector<std::string>{"CVE-2024-0001"});
    EXPECT_EQ(feed->advisories[0].affected.at(0).ranges.at(0).events.at(1).version, "2.1.3-1");
  }
}

TEST_F(FeedFiles, AFolderAndAZipHoldManyOfEveryKind) {
  Write("feeds/deep/one.json", kOsv);
  Write("feeds/kev.json", kCatalogue);
  Write("feeds/notes.txt", "not JSON");
  const auto feed = ReadFeed(folder_.Path() / "feeds");
  ASSERT_TRUE(feed) << feed.error().Text();
  EXPECT_EQ(feed->documents, 2U);
  EXPECT_EQ(feed->kind, "OSV, KEV");
  EXPECT_EQ(feed->exploited.at(0).due, "2026-03-22");
  EXPECT_TRUE(feed->exploited.at(0).ransomware);
  EXPECT_EQ(feed->date, "2026-03-01T00:00:00Z");
  EXPECT_EQ(feed->sha256.size(), 64U);
  const auto zipped = ReadFeed(Write("osv.zip", Zip()));
  ASSERT_TRUE(zipped) << zipped.error().Text();
  EXPECT_EQ(zipped->advisories.size(), 1U);
}

TEST_F(FeedFiles, AnAdvisorysProductsKeepWhatIsSaidOfThem) {
  const auto feed = ReadFeed(Write("csaf.json", kCsaf));
  ASSERT_TRUE(feed) << feed.error().Text();
  const Advisory& advisory = feed->advisories.at(0);
  EXPECT_EQ(advisory.id, "CVE-2020-8597");
  ASSERT_EQ(advisory.affected.size(), 4U);
  EXPECT_EQ(advisory.affected[0].purl, "pkg:generic/lwip@2.1.2");
  EXPECT_EQ(advisory.affected[0].whole, "Gateway 3");
  EXPECT_THAT(advisory.affected[1].doubtful, HasSubstr("<2.1"));
  EXPECT_EQ(advisory.affected[2].state, AffectedPackage::State::kUnknown);
  EXPECT_EQ(advisory.affected[3].state, AffectedPackage::State::kNotAffected);
}

TEST_F(FeedFiles, WhatIsWrongIsNamedWithItsPlace) {
  const auto type =
      Refused("{\"id\": \"A\",\n \"modified\": \"2024-01-01T00:00:00Z\",\n \"affected\": 7}");
  EXPECT_EQ(type.code, ErrorCode::kBadInput);
  EXPECT_EQ(type.line, 3);
  EXPECT_THAT(type.message, HasSubstr("/affected"));
  EXPECT_THAT(Refused("{}").message, HasSubstr("neither OSV"));
  EXPECT_THAT(Refused("[1]").message, HasSubstr("must be an object"));
  EXPECT_EQ(Refused(std::string(100, '[')).code, ErrorCode::kBadInput);
  EXPECT_EQ(Refused("").code, ErrorCode::kBadInput);
  EXPECT_EQ(Refused("{\"id\": \"\xff\"}").code, ErrorCode::kBadInput);
  std::string dangling = kCsaf;
  dangling.replace(dangling.find("\"fixed\": [\"P1\"]"), 15, "\"fixed\": [\"P9\"]");
  EXPECT_THAT(Refused(dangling).message, HasSubstr("\"P9\""));
  EXPECT_THAT(Refused(R"({"catalogVersion": "1", "dateReleased": "2026-01-01"})").message,
              HasSubstr("vulnerabilities"));
}

// A name stands in the file once and in every product's statement: 4 MB that were 400 GB.
TEST_F(FeedFiles, AnAdvisoryThatRepeatsALongNameIsRefused) {
  std::string csaf = kCsaf;
  const std::string name = "\"lwIP\", \"branches\"";
  csaf.replace(csaf.find(name), name.size(),
               '"' + std::string(1'000'000, 'n') + "\", \"branches\"");
  std::string often;
  for (int i = 0; i < 400'000; ++i) often += "\"P1D\", ";
  const std::string affected = "\"known_affected\": [";
  csaf.insert(csaf.find(affected) + affected.size(), often);
  EXPECT_THAT(Refused(csaf).message, HasSubstr("more than 512 MiB of memory"));
}

TEST_F(FeedFiles, ATruncatedZipAndAnEmptyFeedAreNoCleanFeeds) {
  const std::string zip = Zip();
  for (const size_t length : {zip.size() / 2, zip.size() - 10}) {
    EXPECT_FALSE(ReadFeed(Write("cut.zip", zip.substr(0, length)))) << length;
  }
  ASSERT_TRUE(common::MakeFolder(folder_.Path() / "none"));
  EXPECT_FALSE(ReadFeed(folder_.Path() / "none"));
  EXPECT_FALSE(ReadFeed(folder_.Path() / "nowhere.json"));
}

}  // namespace
}  // namespace percuss::reports
