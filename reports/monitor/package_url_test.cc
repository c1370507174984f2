// SPDX-License-Identifier: Apache-2.0
#include "reports/monitor/package_url.h"

#include <gtest/gtest.h>

namespace percuss::reports {
namespace {

TEST(PackageUrl, ReadsItsParts) {
  const auto url =
      ParsePackageUrl("pkg:deb/Debian/libLwip0@2.1.3%2Bdfsg1-2?arch=amd64&distro=debian-12");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->type, "deb");
  EXPECT_EQ(url->name_space, "debian");
  EXPECT_EQ(url->name, "liblwip0");
  EXPECT_EQ(url->version, "2.1.3+dfsg1-2");
  EXPECT_EQ(url->qualifiers.at("distro"), "debian-12");
  for (const char* scoped : {"pkg:npm/%40angular/core@1.0.0", "pkg:npm/@angular/core@1.0.0"}) {
    const auto npm = ParsePackageUrl(scoped);
    ASSERT_TRUE(npm);
    EXPECT_EQ(npm->name_space, "@angular");
    EXPECT_EQ(npm->version, "1.0.0");
  }
  EXPECT_EQ(ParsePackageUrl("pkg:pypi/Foo_Bar")->name, "foo-bar");
}

TEST(PackageUrl, WhatIsNoneIsNone) {
  for (const char* text :
       {"", "pkg:", "pkg:npm", "pkg:/x", "pkg:npm/", "http://x/y", "pkg:npm/@1"}) {
    const auto url = ParsePackageUrl(text);
    EXPECT_TRUE(!url || !url->name.empty()) << text;
  }
  EXPECT_FALSE(ParsePackageUrl("pkg:npm/"));
  EXPECT_EQ(ParsePackageUrl("pkg:generic/a%2")->name, "a%2");
}

TEST(Cpe, ReadsBothForms) {
  const auto formatted = ParseCpe("cpe:2.3:a:lwip_project:lwIP:2.1.2:rc1:*:*:*:*:*:*");
  ASSERT_TRUE(formatted);
  EXPECT_EQ(formatted->vendor, "lwip_project");
  EXPECT_EQ(formatted->product, "lwip");
  EXPECT_EQ(formatted->version, "2.1.2");
  EXPECT_EQ(ParseCpe("cpe:/a:foo:bar")->version, "*");
  EXPECT_EQ(ParseCpe(R"(cpe:2.3:a:x:a\:b:1)")->product, "a:b");
  EXPECT_FALSE(ParseCpe("cpe:2.3:a"));
}

}  // namespace
}  // namespace percuss::reports
