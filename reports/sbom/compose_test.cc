// SPDX-License-Identifier: Apache-2.0
#include "reports/sbom/compose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "common/fs.h"
#include "common/hash.h"
#include "reports/sbom/package_sbom.h"

namespace percuss::reports {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

common::RunRecord Record() {
  common::RunRecord record;
  record.tool_version = "0.1.0";
  record.device.name = "Pump";
  record.device.software_version = "4.2.1";
  record.tester.organisation = "Lab";
  record.campaign.ended_at = "2026-02-01T00:00:00Z";
  for (const char* id : {"eap", "modbus"}) {
    common::TargetRun target;
    target.id = id;
    target.binaries = {{"libfuzzer", "/b", std::string(64, 'b'), "", "", ""}};
    record.targets.push_back(target);
  }
  return record;
}

SbomComponent Component(const std::string& id, const std::string& purl) {
  SbomComponent component;
  component.id = component.name = id;
  component.type = "library";
  component.version = "1";
  component.purl = purl;
  return component;
}

common::BuildFacts Built(const std::string& target) {
  common::BuildFacts facts;
  facts.target = target;
  facts.components = {Component("libc6", "pkg:deb/debian/libc6@2.36%2Bdeb12?arch=amd64")};
  facts.components[0].supplier = "GNU Libc Maintainers";
  facts.components[0].hashes = {{"SHA-256", std::string(64, 'c')}};
  facts.binaries["libfuzzer"] = {{"libc6"}, {"clang 14"}, "0123", "x86_64"};
  return facts;
}

Sbom Given() {
  Sbom given;
  given.format = "CycloneDX";
  given.spec_version = "1.6";
  given.subject = "app";
  SbomComponent app = Component("app", "");
  app.supplier = "Example Medical";
  app.depends_on = {"c", "z"};
  SbomComponent libc = Component("c", "pkg:deb/debian/libc6@2.36+deb12");
  libc.supplier = "Debian";
  libc.end_of_support = "2028-06-30";
  given.components = {app, libc, Component("z", "pkg:generic/zlib@1.3")};
  return given;
}

const SbomComponent* Find(const Sbom& sbom, const std::string& id) {
  const auto at = std::find_if(sbom.components.begin(), sbom.components.end(),
                               [&](const SbomComponent& c) { return c.id == id; });
  return at == sbom.components.end() ? nullptr : &*at;
}

TEST(ComposeSbom, GoesFromTheDeviceToWhatEachBuildNeeds) {
  const Sbom sbom = ComposeSbom(Record(), {{Built("eap"), {}}, {Built("modbus"), {}}});
  EXPECT_THAT(sbom.authors, ElementsAre("Lab"));
  EXPECT_THAT(sbom.tools, ElementsAre("percuss 0.1.0"));
  const SbomComponent* device = Find(sbom, sbom.subject);
  ASSERT_NE(device, nullptr);
  EXPECT_EQ(device->version, "4.2.1");
  EXPECT_THAT(device->depends_on, ElementsAre("target/eap", "target/modbus"));
  EXPECT_THAT(Find(sbom, "target/modbus")->depends_on, ElementsAre("libc6"));
  const SbomComponent* build = Find(sbom, "target/eap/libfuzzer");
  ASSERT_NE(build, nullptr);
  EXPECT_EQ(build->hashes.at(0).value, std::string(64, 'b'));
  EXPECT_EQ(build->parent, "target/eap");
  EXPECT_EQ(build->properties.at("percuss:compiler"), "clang 14");
  EXPECT_EQ(std::count_if(sbom.components.begin(), sbom.components.end(),
                          [](const SbomComponent& c) { return c.name == "libc6"; }),
            1);
}

TEST(ComposeSbom, TheUsersWordCountsAndNothingIsThereTwice) {
  const Sbom sbom = ComposeSbom(Record(), {{Built("eap"), Given()}, {Built("modbus"), Given()}});
  const SbomComponent* target = Find(sbom, "target/eap");
  EXPECT_EQ(target->name, "app");
  EXPECT_EQ(target->supplier, "Example Medical");
  EXPECT_THAT(target->depends_on, ElementsAre("libc6", "sbom/eap/z"));
  const SbomComponent* libc = Find(sbom, "libc6");
  EXPECT_EQ(libc->supplier, "Debian");
  EXPECT_EQ(libc->end_of_support, "2028-06-30");
  EXPECT_EQ(libc->hashes.size(), 1U) << "what the build shows stays";
  EXPECT_THAT(Find(sbom, "target/modbus")->depends_on, ElementsAre("libc6", "sbom/eap/z"));
  EXPECT_EQ(Find(sbom, "sbom/modbus/z"), nullptr);
}

Sbom GivenOfTheDevice() {
  Sbom given;
  given.subject = "px";
  SbomComponent device = Component("px", "");
  device.supplier = "Example Medical";
  device.depends_on = {"target/eap", "radio"};
  SbomComponent eap = Component("target/eap", "pkg:generic/eap@7");
  eap.version = "7";
  eap.supplier = "Example Medical";
  eap.support_level = "actively_maintained";
  eap.end_of_support = "2030-01-01";
  given.components = {device, eap, Component("radio", "")};
  return given;
}

TEST(ComposeSbom, ADocumentOfTheDeviceTellsOfItsTargetsAndTheirBuilds) {
  const Sbom device = GivenOfTheDevice();
  const Sbom sbom = ComposeSbom(Record(), {{Built("eap"), {}}, {Built("modbus"), {}}}, &device);
  EXPECT_EQ(Find(sbom, sbom.subject)->supplier, "Example Medical");
  EXPECT_THAT(Find(sbom, sbom.subject)->depends_on,
              ElementsAre("target/eap", "target/modbus", "sbom/device:/radio"));
  EXPECT_EQ(Find(sbom, "target/eap")->purl, "pkg:generic/eap@7");
  const SbomComponent* build = Find(sbom, "target/eap/libfuzzer");
  EXPECT_EQ(build->version + "|" + build->supplier + "|" + build->support_level + "|" +
                build->end_of_support,
            "7|Example Medical|actively_maintained|2030-01-01");
  EXPECT_EQ(build->purl, "") << "it is another file";
  EXPECT_EQ(Find(sbom, "target/modbus/libfuzzer")->version, "") << "nobody told of its target";
}

TEST(ComposeSbom, ADocumentOfATargetGoesBeforeThatOfTheDevice) {
  const Sbom device = GivenOfTheDevice();
  Sbom given = Given();
  given.components[0].version = "8";
  const Sbom sbom = ComposeSbom(Record(), {{Built("eap"), given}}, &device);
  EXPECT_EQ(Find(sbom, "target/eap")->version, "8");
  EXPECT_EQ(Find(sbom, "target/eap/libfuzzer")->version, "8");
}

TEST(ComposeSbom, IntoThePackageWithTheUsersOwnFile) {
  const auto folder = common::TemporaryFolder::Make("sbom_test");
  ASSERT_TRUE(folder);
  const std::string text = R"({"bomFormat":"CycloneDX","specVersion":"1.4",)"
                           R"("components":[{"type":"library","name":"z"}]})";
  ASSERT_TRUE(common::WriteFileAtomically(folder->Path() / "mine.json", text));
  const auto users = ReadUsersSbom("eap", folder->Path() / "mine.json");
  ASSERT_TRUE(users) << users.error().Text();
  common::RunRecord record = Record();
  const auto staging = folder->Path() / "staging";
  ASSERT_TRUE(common::MakeFolder(staging));
  auto whole = ReadUsersSbom("", folder->Path() / "mine.json");
  ASSERT_TRUE(whole) << whole.error().Text();
  const auto sbom = AddSbomToPackage(record, staging, {Built("eap")}, {*whole, *users});
  ASSERT_TRUE(sbom) << sbom.error().Text();
  EXPECT_TRUE(record.sbom.present);
  EXPECT_EQ(record.sbom.sha256, common::Sha256FileHex(staging / "sbom.cdx.json").value_or(""));
  EXPECT_EQ(record.sbom.components, static_cast<int64_t>(sbom->components.size()));
  EXPECT_GT(record.sbom.gaps, 0);
  ASSERT_EQ(record.sbom.given.size(), 2U);
  EXPECT_EQ(record.sbom.given[0].path, "sbom.device.json");
  EXPECT_EQ(record.sbom.given[1].path, "sboms/eap.json");
  EXPECT_EQ(common::ReadFile(staging / "sboms/eap.json").value_or(""), text);
  const auto again = ReadSbom(staging / "sbom.cdx.json");
  ASSERT_TRUE(again) << again.error().Text();
  EXPECT_EQ(again->components.size(), sbom->components.size());
  EXPECT_NE(Find(*again, "sbom/eap/#/components/0"), nullptr);
}

}  // namespace
}  // namespace percuss::reports
