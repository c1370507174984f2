// SPDX-License-Identifier: Apache-2.0
#include "reports/comply/device_chapters.h"

#include <gmock/gmock.h>

#include "reports/comply/device_fixture.h"
#include "reports/validation/trace_text.h"
#include "reports/validation/validation_snapshot.h"

namespace percuss::reports {
namespace {

using testing::AllOf;
using testing::Each;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class DeviceChaptersTest : public DeviceFixture {
 protected:
  [[nodiscard]] ValidationTexts Texts() const {
    auto loaded = LoadValidation(Folder());
    EXPECT_TRUE(loaded && loaded->problems.empty());
    return loaded ? loaded->texts : ValidationTexts();
  }
  [[nodiscard]] PackageRecord ThePackage() const { return Complete().packages.at(0); }
};

std::string Rows(const SectionPage& page, const std::string& section) {
  std::string text;
  for (const TraceSection& one : page.sections) {
    if (one.id == section) text = SectionText(one);
  }
  return text;
}

TEST_F(DeviceChaptersTest, APackageAloneIsTracedAndSaysWhatItLacks) {
  const auto chapters =
      DeviceChaptersOf(ThePackage(), Texts(), DocumentsIn(Folder()), "2026-03-01");
  ASSERT_EQ(chapters.size(), 3U);
  EXPECT_THAT(chapters, Each(Field(&SectionChapter::why_not, IsEmpty())));
  EXPECT_THAT(chapters, Each(Field(&SectionChapter::note,
                                   AllOf(HasSubstr("this package alone"),
                                         HasSubstr("percuss report PACKAGE --records FILE"),
                                         HasSubstr("--store FOLDER")))));
  const SectionPage& trace = chapters[0].page;
  EXPECT_EQ(trace.sections.at(0).id, "gaps");
  EXPECT_THAT(Rows(trace, "gaps"), HasSubstr("F-1"));
  EXPECT_THAT(Rows(trace, "gaps"), Not(HasSubstr("F-2"))) << "records.json has decided on it";
  EXPECT_THAT(
      Rows(chapters[1].page, "missing"),
      AllOf(HasSubstr("F-1 in run.zip: nobody has decided"), HasSubstr("percuss disposition")));
  EXPECT_THAT(Rows(chapters[1].page, "satisfied"), HasSubstr("validation/compliance.json:"));
  EXPECT_THAT(Rows(chapters[2].page, "releases"), HasSubstr("1.0"));
}

TEST_F(DeviceChaptersTest, DocumentsAreThoseOfThePackageAndNoOthers) {
  const auto with = DeviceChaptersOf(ThePackage(), Texts(), DocumentsIn(Folder()), "2026-03-01");
  EXPECT_THAT(Rows(with[1].page, "satisfied"), HasSubstr("validation/pentest.pdf"));
  ASSERT_TRUE(common::MakeFolder(Folder() / "empty"));
  const auto without =
      DeviceChaptersOf(ThePackage(), Texts(), DocumentsIn(Folder() / "empty"), "2026-03-01");
  EXPECT_THAT(Rows(without[1].page, "missing"), HasSubstr("PT-1: its report cannot be read"));
}

TEST_F(DeviceChaptersTest, WithRecordsAndPackagesNothingIsSaidToLack) {
  DeviceEvidence evidence = Complete();
  evidence.packages.push_back(evidence.packages[0]);
  for (const SectionChapter& chapter : DeviceChapters(evidence)) {
    EXPECT_THAT(chapter.note, HasSubstr("this package and 1 more"));
    EXPECT_THAT(chapter.note, Not(HasSubstr("percuss report")));
  }
}

TEST_F(DeviceChaptersTest, WithoutValidationFilesEachSaysSo) {
  const auto chapters = DeviceChaptersOf(ThePackage(), {}, nullptr, "2026-03-01");
  ASSERT_EQ(chapters.size(), 3U);
  EXPECT_THAT(chapters, Each(Field(&SectionChapter::why_not, HasSubstr("--validation DIR"))));
}

TEST_F(DeviceChaptersTest, MistakesInTheFilesAreToldInPlaceOfTables) {
  ValidationTexts texts = Texts();
  texts.at("threats") = "{\n\"schema\": 7";
  texts.erase("risks");
  const auto chapters = DeviceChaptersOf(ThePackage(), texts, nullptr, "2026-03-01");
  EXPECT_THAT(chapters, Each(Field(&SectionChapter::why_not,
                                   AllOf(HasSubstr("validation/risks.json: is missing"),
                                         HasSubstr("more problem")))));
  texts = Texts();
  Write("compliance", R"("not_applicable": [ { "id": "FDA-LUCK", "rationale": "r" } ])");
  texts.at("compliance") = Texts().at("compliance");
  EXPECT_THAT(DeviceChaptersOf(ThePackage(), texts, nullptr, "2026-03-01").at(1).why_not,
              HasSubstr("validation/compliance.json:2: the matrix has no row FDA-LUCK"));
}

}  // namespace
}  // namespace percuss::reports
