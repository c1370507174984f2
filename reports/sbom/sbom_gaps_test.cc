// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "reports/sbom/sbom.h"

namespace percuss::reports {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A device with one library, of which everything is said.
Sbom CompleteSbom() {
  Sbom sbom;
  sbom.timestamp = "2026-03-01T10:00:00Z";
  sbom.authors = {"Example Medical"};
  sbom.subject = "device";
  SbomComponent device;
  device.id = "device";
  device.name = "pump";
  device.version = "4.2.1";
  device.supplier = "Example Medical";
  device.purl = "pkg:generic/pump@4.2.1";
  device.support_level = "actively maintained";
  device.end_of_support = "2031-12-31";
  device.depends_on = {"lwip"};
  SbomComponent lwip = device;
  lwip.id = lwip.name = "lwip";
  lwip.depends_on.clear();
  sbom.components = {device, lwip};
  return sbom;
}

std::vector<std::string> Gaps(const Sbom& sbom) {
  std::vector<std::string> gaps;
  for (const SbomGap& gap : FindSbomGaps(sbom)) {
    gaps.push_back(gap.component + ":" + gap.field);
    EXPECT_FALSE(gap.what.empty());
  }
  return gaps;
}

TEST(SbomGaps, NothingIsMissingWhereAllIsSaid) { EXPECT_THAT(Gaps(CompleteSbom()), IsEmpty()); }

TEST(SbomGaps, EachFieldThatIsNotSaidIsAGap) {
  Sbom sbom = CompleteSbom();
  SbomComponent& lwip = sbom.components[1];
  lwip.version.clear();
  lwip.supplier.clear();
  lwip.purl.clear();
  lwip.support_level.clear();
  lwip.end_of_support.clear();
  sbom.components[0].depends_on.clear();
  sbom.timestamp.clear();
  sbom.authors.clear();
  EXPECT_THAT(Gaps(sbom),
              ElementsAre(":author", ":timestamp", "device:dependencies", "lwip:version",
                          "lwip:supplier", "lwip:unique_id", "lwip:dependencies",
                          "lwip:support_level", "lwip:end_of_support"));
  EXPECT_THAT(Gaps(Sbom()), ElementsAre(":author", ":timestamp", ":components"));
}

TEST(SbomGaps, AMakerServesAsSupplierAndAHashAsId) {
  Sbom sbom = CompleteSbom();
  SbomComponent& lwip = sbom.components[1];
  lwip.supplier.clear();
  lwip.manufacturer = "lwIP developers";
  lwip.purl.clear();
  lwip.hashes = {{"SHA-256", std::string(64, 'a')}};
  EXPECT_THAT(Gaps(sbom), IsEmpty());
}

TEST(SbomGaps, ADayThatNoCalendarHasIsAGap) {
  Sbom sbom = CompleteSbom();
  for (const char* no : {"2027-02-30", "soon", "2027"}) {
    sbom.components[1].end_of_support = no;
    EXPECT_THAT(Gaps(sbom), ElementsAre("lwip:end_of_support")) << no;
  }
  sbom.components[1].end_of_support = "2027-02-28T00:00:00Z";
  EXPECT_THAT(Gaps(sbom), IsEmpty());
  sbom.timestamp = "2026-03-01";
  EXPECT_THAT(Gaps(sbom), ElementsAre(":timestamp"));
}

}  // namespace
}  // namespace percuss::reports
