// SPDX-License-Identifier: Apache-2.0
#include "reports/validation/named_documents.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "common/hash.h"
#include "reports/evidence/package_fixture.h"
#include "reports/validation/validation_snapshot.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::SizeIs;

class NamedDocumentsTest : public PackageFixture {
 protected:
  void SetUp() override {
    PackageFixture::SetUp();
    WriteText(Path("device/reports/pentest.pdf"), "what they found");
    WriteText(Path("device/sbom.cdx.json"), "{}");
    WriteText(Path("secret"), "not for others");
  }

  // compliance.json that names these reports, from line 3 on.
  static std::string Naming(const std::vector<std::string>& names) {
    std::string text = "{ \"schema\": \"percuss.compliance.v1\",\n\"penetration_tests\": [";
    for (size_t i = 0; i < names.size(); ++i) {
      text += (i == 0 ? "\n" : ",\n");
      text += R"({ "id": "PT-)" + std::to_string(i) + R"(", "report": ")" + names[i] + "\" }";
    }
    return text + "] }";
  }
  [[nodiscard]] CarriedDocuments Carry(const std::vector<std::string>& names) const {
    return CarryDocuments(Naming(names), Path("device"));
  }
  // Why the only one is not carried.
  [[nodiscard]] std::string WhyNot(const std::string& name) const {
    const auto carried = Carry({name});
    EXPECT_THAT(carried.texts, IsEmpty()) << name;
    EXPECT_THAT(carried.absent, SizeIs(1)) << name;
    return carried.absent.empty() ? ""
                                  : carried.absent[0].section + ": " + carried.absent[0].reason;
  }
};

TEST_F(NamedDocumentsTest, TravelInThePackageUnderTheirNames) {
  const auto carried = Carry({"reports/pentest.pdf", "sbom.cdx.json", "reports/pentest.pdf"});
  EXPECT_THAT(carried.absent, IsEmpty());
  EXPECT_THAT(carried.texts, ElementsAre(Key("reports/pentest.pdf"), Key("sbom.cdx.json")));
  const ValidationTexts texts = {{"compliance", Naming({"reports/pentest.pdf"})}};
  ASSERT_TRUE(WriteSnapshot(texts, carried.texts, Path("staging")));
  Seal();
  const auto source = OpenValidation(Path("evidence.zip"));
  ASSERT_TRUE(source) << source.error().Text();
  EXPECT_EQ(source->loaded.texts, texts);
  EXPECT_EQ(source->documents->Sha256("reports/pentest.pdf").value(),
            common::Sha256Hex("what they found"));
  EXPECT_EQ(source->documents->Read("sbom.cdx.json").value(), "{}");
  for (const char* name : {"reports/other.pdf", "../manifest.json", "reports"}) {
    EXPECT_EQ(source->documents->Read(name).error().code, common::ErrorCode::kNotFound) << name;
  }
}

TEST_F(NamedDocumentsTest, WhatIsNotThereIsToldWithTheLineThatNamesIt) {
  EXPECT_THAT(WhyNot("reports/lost.pdf"),
              AllOf(HasSubstr("validation/reports/lost.pdf: compliance.json:3 names it (PT-0)"),
                    HasSubstr("No such file")));
}

TEST_F(NamedDocumentsTest, NothingOutsideOfTheFolderIsTakenIn) {
  stdfs::create_symlink(Path("secret"), Path("device/link.pdf"));
  stdfs::create_directory_symlink(Path(""), Path("device/up"));
  for (const std::string& name : std::vector<std::string>{
           "../secret", "reports/../../secret", "link.pdf", "up/secret", Path("secret").string()}) {
    EXPECT_THAT(WhyNot(name), HasSubstr("leads out of the folder")) << name;
    EXPECT_FALSE(DocumentsIn(Path("device"))->Sha256(name)) << name;
    EXPECT_FALSE(DocumentsIn(Path("device"))->Read(name)) << name;
  }
  stdfs::create_symlink("reports/pentest.pdf", Path("device/inner.pdf"));
  EXPECT_THAT(Carry({"inner.pdf"}).texts, ElementsAre(Key("inner.pdf"))) << "stays below";
}

TEST_F(NamedDocumentsTest, WhatIsNoDocumentIsNotTakenIn) {
  ASSERT_EQ(mkfifo(Path("device/pipe").c_str(), 0600), 0);
  EXPECT_THAT(WhyNot("pipe"), HasSubstr("not a regular file"));
  EXPECT_THAT(WhyNot("reports"), HasSubstr("not a regular file"));
  // Its place in the package is taken.
  WriteText(Path("device/interfaces.json"), "{}");
  EXPECT_THAT(WhyNot("interfaces.json"), HasSubstr("occurs twice"));
  WriteText(Path("device/Pr\xc3\xbc"
                 "fung.pdf"),
            "x");
  EXPECT_THAT(WhyNot("Pr\xc3\xbc"
                     "fung.pdf"),
              HasSubstr("ASCII"));
}

TEST_F(NamedDocumentsTest, WhatIsTooLargeIsToldWithItsDigest) {
  WriteText(Path("device/large.pdf"), "");
  stdfs::resize_file(Path("device/large.pdf"), kLargestDocument + 1);
  EXPECT_THAT(WhyNot("large.pdf"),
              AllOf(HasSubstr("67108865 bytes"),
                    HasSubstr(common::Sha256FileHex(Path("device/large.pdf")).value())));
}

TEST_F(NamedDocumentsTest, SoManyAreToldAndTheOthersCounted) {
  std::vector<std::string> names;
  for (size_t i = 0; i < kMostDocuments + 7; ++i) names.push_back("no" + std::to_string(i));
  const auto carried = Carry(names);
  ASSERT_THAT(carried.absent, SizeIs(kMostDocuments + 1));
  EXPECT_THAT(carried.absent.back().reason, HasSubstr("7 more"));
}

TEST_F(NamedDocumentsTest, NamesThatLeadOutAreMistakesInTheFile) {
  const auto loaded = ParseValidation({{"compliance", Naming({"reports/pentest.pdf", "../secret",
                                                              "/etc/passwd", "a\\\\b", "a//b"})}},
                                      "device");
  std::vector<std::string> told;
  for (const Problem& problem : loaded.problems) {
    if (problem.line > 0) told.push_back(problem.Text().substr(0, 25));
  }
  EXPECT_THAT(told, ElementsAre("device/compliance.json:4:", "device/compliance.json:5:",
                                "device/compliance.json:6:", "device/compliance.json:7:"));
}

TEST_F(NamedDocumentsTest, ABrokenFileNamesNone) {
  for (const char* text : {"", "{", "[]", "\xff\xfe", R"({ "sboms": [ { "file": 7 } ] })"}) {
    const auto carried = CarryDocuments(text, Path("device"));
    EXPECT_THAT(carried.texts, IsEmpty()) << text;
    EXPECT_THAT(carried.absent, IsEmpty()) << text;
  }
}

TEST_F(NamedDocumentsTest, APackageWithoutValidationFilesSaysWhatToDo) {
  Seal();
  EXPECT_THAT(OpenValidation(Path("evidence.zip")).error().Text(),
              HasSubstr("give a folder of them"));
}

}  // namespace
}  // namespace percuss::reports
