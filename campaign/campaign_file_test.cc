// SPDX-License-Identifier: Apache-2.0
#include "campaign/campaign_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/fs.h"

namespace percuss::campaign {
namespace {

TEST(KnownDefects, AreReadAndMatchedByClassAndFunction) {
  const auto folder = common::TemporaryFolder::Make("percuss-campaign-file").value();
  const auto file = folder.Path() / "c.json";
  ASSERT_TRUE(common::WriteFileAtomically(file, R"({ "schema": "percuss.campaign.v1", "targets": [
    { "id": "a", "binaries": { "libfuzzer": "c.json" }, "known_defects": [
      { "id": "CVE-1", "class": "hang", "functions": ["f", "g"] },
      { "id": "CVE-2", "class": "oom", "functions": ["f"] } ] } ] })"));
  const auto campaign = LoadCampaign(file, folder.Path());
  ASSERT_TRUE(campaign) << campaign.error().Text();
  common::Finding finding;
  finding.bug_class = "oom";
  finding.function = "f";
  EXPECT_EQ(KnownDefectOf(campaign->targets[0], finding), "CVE-2");
  finding.function = "g";
  EXPECT_EQ(KnownDefectOf(campaign->targets[0], finding), "");
  finding.bug_class = "hang";
  EXPECT_EQ(KnownDefectOf(campaign->targets[0], finding), "CVE-1");
}

// The record has a dictionary's digest; of a file for a folder nothing would be taken.
TEST(PathsOfInputs, AreFilesOrFoldersAsTheyMustBe) {
  const auto folder = common::TemporaryFolder::Make("percuss-campaign-file").value();
  const auto file = folder.Path() / "c.json";
  const auto mistake = [&](const std::string& member, const std::string& path) {
    EXPECT_TRUE(common::WriteFileAtomically(file, R"({ "schema": "percuss.campaign.v1", "targets": [
          { "id": "a", "binaries": { "libfuzzer": "c.json" }, ")" +
                                                      member + R"(": ")" + path + R"(" } ] })"));
    const auto campaign = LoadCampaign(file, folder.Path());
    return campaign ? std::string() : campaign.error().Text();
  };
  EXPECT_EQ(mistake("dictionary", "c.json"), "");
  EXPECT_THAT(mistake("dictionary", "."), testing::HasSubstr("name a file in it"));
  for (const char* member : {"seeds", "regression"}) {
    EXPECT_EQ(mistake(member, "."), "");
    EXPECT_THAT(mistake(member, "c.json"), testing::HasSubstr("name the folder that it is in"));
  }
}

TEST(ValidationPaths, EachValidationFileMayBeNamedAndNoOther) {
  const auto folder = common::TemporaryFolder::Make("percuss-campaign-file").value();
  const auto file = folder.Path() / "c.json";
  const std::string head = R"({ "schema": "percuss.campaign.v1",
    "targets": [ { "id": "a", "binaries": { "libfuzzer": "c.json" } } ], "validation": { ")";
  for (const char* name : {"interfaces", "requirements", "threats", "risks", "protocol", "records",
                           "compliance", "postmarket"}) {
    ASSERT_TRUE(common::WriteFileAtomically(file, head + name + R"(": "c.json" } })"));
    const auto campaign = LoadCampaign(file, folder.Path());
    ASSERT_TRUE(campaign) << campaign.error().Text();
    EXPECT_EQ(campaign->validation.at(name), file);
  }
  ASSERT_TRUE(common::WriteFileAtomically(file, head + R"(luck": "c.json" } })"));
  EXPECT_FALSE(LoadCampaign(file, folder.Path()));
}

TEST(Deadlines, AreTheFilesOwnOrThoseOfACriterion) {
  const auto folder = common::TemporaryFolder::Make("percuss-campaign-file").value();
  const auto file = folder.Path() / "c.json";
  ASSERT_TRUE(common::WriteFileAtomically(
      folder.Path() / "protocol.json",
      R"({ "criteria": [ { "id": "A-1", "check": { "measure": "worst_ms", "at_most": 2.5 } },
                         { "id": "A-2", "text": "by people" } ] })"));
  const auto load = [&](const std::string& deadline) {
    EXPECT_TRUE(common::WriteFileAtomically(
        file, R"({ "schema": "percuss.campaign.v1", "validation": { "protocol": "protocol.json" },
          "targets": [ { "id": "a", "binaries": { "libfuzzer": "c.json" }, "deadline": )" +
                  deadline + " } ] }"));
    return LoadCampaign(file, folder.Path());
  };
  const auto of_criterion = load(R"({ "source": "A-1" })");
  ASSERT_TRUE(of_criterion) << of_criterion.error().Text();
  EXPECT_EQ(of_criterion->targets[0].deadline.cpu_us, 2500);
  const auto own = load(R"({ "cpu_us": 70, "source": "A-2" })");
  ASSERT_TRUE(own) << own.error().Text();
  EXPECT_EQ(own->targets[0].deadline.cpu_us, 70);
  for (const char* wrong : {R"({})", R"({ "source": "A-2" })", R"({ "cpu_us": 0 })",
                            R"({ "cpu_us": 70, "source": "A-9" })",
                            R"({ "cpu_us": 70, "source": "A-1" })", R"({ "wall_us": 70 })"}) {
    EXPECT_FALSE(load(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace percuss::campaign
