// SPDX-License-Identifier: Apache-2.0
#include "campaign/measure/build_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "campaign/elf_reader.h"
#include "campaign/measure/distribution_packages.h"
#include "common/fs.h"
#include "common/hash.h"

namespace percuss::campaign {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const common::SbomComponent* Named(const common::BuildFacts& facts, const std::string& name) {
  const auto at = std::find_if(facts.components.begin(), facts.components.end(),
                               [&](const common::SbomComponent& c) { return c.name == name; });
  return at == facts.components.end() ? nullptr : &*at;
}

CampaignSpec CampaignOf(const TargetSpec& target) {
  CampaignSpec campaign;
  campaign.targets = {target};
  return campaign;
}

// This test's own program: dynamic, and linked by the compiler that built it.
TargetSpec ThisProgram() {
  TargetSpec target;
  target.id = "self";
  target.binaries["libfuzzer"] = "/proc/self/exe";
  return target;
}

TEST(BuildFacts, NamesTheDistributionsLibrariesWithVersionAndDigest) {
  const auto all = DescribeBuilds(CampaignOf(ThisProgram()));
  ASSERT_EQ(all.size(), 1U);
  const common::BuiltBinary& binary = all[0].binaries.at("libfuzzer");
  EXPECT_THAT(binary.compilers, Contains(HasSubstr("GCC")));
  EXPECT_FALSE(binary.machine.empty());
  const common::SbomComponent* libc = Named(all[0], "libc6");
  ASSERT_NE(libc, nullptr);
  EXPECT_FALSE(libc->version.empty());
  EXPECT_FALSE(libc->supplier.empty());
  EXPECT_THAT(libc->purl, HasSubstr("/libc6@"));
  EXPECT_GE(libc->properties.size(), 2U) << "the library and its loader, each with its digest";
  EXPECT_TRUE(libc->hashes.empty()) << "no digest is that of both";
  EXPECT_THAT(libc->properties,
              Contains(::testing::Pair(HasSubstr("/libc.so.6"), ::testing::StartsWith("sha256:"))));
  const common::SbomComponent* one_file = Named(all[0], "libgcc-s1");
  ASSERT_NE(one_file, nullptr);
  EXPECT_EQ(one_file->hashes.at(0).value.size(), 64U);
  EXPECT_THAT(binary.needs, Contains(libc->id));
}

TEST(BuildFacts, ALibraryOfNoPackageIsNamedByItsFile) {
  const auto folder = common::TemporaryFolder::Make("percuss-facts").value();
  HostRecords nobody;
  nobody.packages = folder.Path();
  nobody.os_release = folder.Path() / "os-release";
  const auto all = DescribeBuilds(CampaignOf(ThisProgram()), nobody);
  const common::SbomComponent* libc = Named(all[0], "libc.so.6");
  ASSERT_NE(libc, nullptr);
  EXPECT_TRUE(libc->version.empty());
  EXPECT_EQ(libc->hashes.at(0).value,
            common::Sha256FileHex(libc->properties.at("percuss:file")).value_or("none"));
}

TEST(BuildFacts, ARecipeNamesStaticCodeWithItsPatches) {
  const auto folder = common::TemporaryFolder::Make("percuss-facts").value();
  const auto recipe = folder.Path() / "recipe.json";
  ASSERT_TRUE(common::WriteFileAtomically(recipe, R"({ "name": "lwip", "version": "2.1.3",
    "title": "a stack", "supplier": "lwIP developers", "licence": "BSD-3-Clause",
    "source_package": "lwip", "source_version": "2.1.3+dfsg1-2", "upstream_archive": "l.tar.xz",
    "files": [{ "name": "l.tar.xz", "sha256": "abc" }], "cves": ["CVE-2020-8597"],
    "superseded": { "by": "2.2.0", "on": "2023-09-25" },
    "patches": ["eap.patch"], "patches_resolve": { "eap.patch": ["CVE-2020-8597"] } })"));
  TargetSpec target = ThisProgram();
  target.recipe = recipe;
  target.recipe_tree = "patched";
  HostRecords host;
  host.os_release = folder.Path() / "os-release";
  host.releases = folder.Path();
  ASSERT_TRUE(common::WriteFileAtomically(host.os_release, "ID=debian\n"));
  auto all = DescribeBuilds(CampaignOf(target), host);
  const common::SbomComponent* lwip = Named(all[0], "lwip");
  ASSERT_NE(lwip, nullptr);
  EXPECT_EQ(lwip->version, "2.1.3+dfsg1-2");
  EXPECT_EQ(lwip->purl, "pkg:deb/debian/lwip@2.1.3%2Bdfsg1-2?arch=source");
  EXPECT_EQ(lwip->supplier, "lwIP developers");
  EXPECT_EQ(lwip->end_of_support, "") << "nobody knows which release this is";
  EXPECT_EQ(lwip->hashes.at(0).value, "abc");
  ASSERT_EQ(lwip->patches.size(), 1U);
  EXPECT_THAT(lwip->patches[0].resolves, ElementsAre("CVE-2020-8597"));
  EXPECT_THAT(all[0].binaries.at("libfuzzer").needs, Contains(lwip->id));
  target.recipe_tree = "upstream";
  all = DescribeBuilds(CampaignOf(target));
  lwip = Named(all[0], "lwip");
  EXPECT_EQ(lwip->version, "2.1.3");
  EXPECT_TRUE(lwip->patches.empty());
  EXPECT_EQ(lwip->end_of_support + " " + lwip->support_level, "2023-09-25 no_longer_maintained");
  EXPECT_EQ(lwip->properties.at("percuss:published_defect:CVE-2020-8597"), "not mended");
}

TEST(BuildFacts, WhatIsNoElfFileHasNoParts) {
  const auto folder = common::TemporaryFolder::Make("percuss-facts").value();
  const auto bytes = common::ReadFile("/proc/self/exe");
  ASSERT_TRUE(bytes);
  for (const size_t size : {size_t{0}, size_t{4}, size_t{64}, size_t{4096}, bytes->size() / 2}) {
    const auto file = folder.Path() / "cut";
    ASSERT_TRUE(common::WriteFileAtomically(file, bytes->substr(0, size)));
    TargetSpec target;
    target.id = "cut";
    target.binaries["libfuzzer"] = file;
    EXPECT_EQ(DescribeBuilds(CampaignOf(target)).size(), 1U);
  }
}

TEST(DistributionPackages, AreFoundWithAndWithoutUsr) {
  const auto folder = common::TemporaryFolder::Make("percuss-dpkg").value();
  ASSERT_TRUE(common::MakeFolder(folder.Path() / "info"));
  ASSERT_TRUE(common::WriteFileAtomically(
      folder.Path() / "status",
      "Package: liba1\nStatus: install ok installed\nMaintainer: A Team <a@lists.debian.org>\n"
      "Architecture: amd64\nSource: a (1.0-1)\nVersion: 1.0-1+b2\n\n"
      "Package: b\nMaintainer: B <b@mydebian.org>\nArchitecture: all\nVersion: 1:2\n"));
  ASSERT_TRUE(common::WriteFileAtomically(folder.Path() / "info/liba1:amd64.list",
                                          "/.\n/lib\n/lib/liba.so.1\n"));
  ASSERT_TRUE(common::WriteFileAtomically(folder.Path() / "info/b.list", "/usr/lib/b.so\n"));
  const auto found =
      FindPackages(folder.Path(), {"/usr/lib/liba.so.1", "/usr/lib/b.so", "/usr/lib/c.so"});
  ASSERT_EQ(found.size(), 2U);
  const DistributionPackage& a = found.at("/usr/lib/liba.so.1");
  EXPECT_EQ(a.name + "|" + a.version + "|" + a.maintainer + "|" + a.source,
            "liba1|1.0-1+b2|A Team|a 1.0-1");
  EXPECT_EQ(found.at("/usr/lib/b.so").source, "b 1:2");
  EXPECT_TRUE(a.of_debian);
  EXPECT_FALSE(found.at("/usr/lib/b.so").of_debian) << "Debian supports no package of others";
  EXPECT_EQ(PackageUrl({"debian", "debian-12"}, "g++", "1:2+b", "all"),
            "pkg:deb/debian/g%2B%2B@1:2%2Bb?arch=all&distro=debian-12");
}

Distribution DistributionOf(const std::string& os_release, const std::string& releases) {
  const auto folder = common::TemporaryFolder::Make("percuss-release").value();
  EXPECT_TRUE(common::WriteFileAtomically(folder.Path() / "os-release", os_release));
  EXPECT_TRUE(common::WriteFileAtomically(folder.Path() / "debian.csv", releases));
  return ReadDistribution(folder.Path() / "os-release", folder.Path());
}

TEST(DistributionPackages, SupportEndsWhenTheReleasesDataSays) {
  const std::string releases =
      "version,codename,series,created,release,eol,eol-lts\n"
      "9,Old,old,2015-04-25,2017-06-17,2020-07-18,2022-06-30\n"
      "99,New,new,2090-01-01,2091-01-01,2094-07-18\n100,Sid,sid,,,soon,\n";
  const auto old = DistributionOf("ID=debian\nVERSION_ID=\"9\"\n", releases);
  EXPECT_EQ(old.end_of_support + " " + old.support_level, "2022-06-30 no_longer_maintained");
  const auto recent = DistributionOf("VERSION_ID=99\nID=debian\n", releases);
  EXPECT_EQ(recent.end_of_support + " " + recent.support_level, "2094-07-18 actively_maintained");
  for (const char* os : {"ID=debian\nVERSION_ID=100\n", "ID=debian\nVERSION_ID=12\n", "ID=debian\n",
                         "ID=other\nVERSION_ID=9\n"}) {
    EXPECT_EQ(DistributionOf(os, releases).end_of_support, "") << os;
    EXPECT_EQ(DistributionOf(os, releases).support_level, "") << os;
  }
}

}  // namespace
}  // namespace percuss::campaign
