// SPDX-License-Identifier: Apache-2.0
#include "reports/evidence/package.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/hash.h"
#include "reports/evidence/package_fixture.h"
#include "reports/evidence/package_reader.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;
using common::Json;
using testing::HasSubstr;

// 0 when the document matches the schema, by a validator that is not ours; 3 when it does not.
int Validate(const char* schema, const stdfs::path& document) {
  const std::string program =
      "import json,sys,jsonschema\n"
      "v=jsonschema.Draft202012Validator(json.load(open(sys.argv[1])),"
      "format_checker=jsonschema.FormatChecker())\n"
      "errors=[e.json_path+': '+e.message for e in v.iter_errors(json.load(open(sys.argv[2])))]\n"
      "print(*errors,sep='\\n')\n"
      "sys.exit(3 if errors else 0)\n";
  const std::string schema_path = std::string(PERCUSS_SCHEMA_FOLDER) + "/" + schema;
  const pid_t child = fork();
  if (child == 0) {
    execl("/usr/bin/python3", "python3", "-c", program.c_str(), schema_path.c_str(),
          document.c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class PackageTest : public PackageFixture {
 protected:
  [[nodiscard]] Json Manifest() const {
    return common::ReadJsonFile(Path("staging/manifest.json")).value();
  }
};

TEST_F(PackageTest, SameFilesKeyIdAndTimeGiveTheSameBytes) {
  UseKey('k');
  options_.package_id = "00000000-0000-4000-8000-000000000000";
  const auto first = Seal();
  EXPECT_TRUE(first.is_signed);
  const auto later = stdfs::file_time_type::clock::now() + std::chrono::hours(5);
  stdfs::last_write_time(Path("staging/report.html"), later);
  ASSERT_EQ(chmod(Path("staging/report.html").c_str(), 0600), 0);
  options_.zip = Path("again.zip");
  const auto digest = [](const SealedPackage& sealed) {
    return common::Sha256FileHex(sealed.zip).value();
  };
  EXPECT_EQ(digest(Seal()), digest(first));
  WriteText(Path("staging/report.html"), "<!doctype html >");
  EXPECT_NE(digest(Seal()), digest(first));
}

TEST_F(PackageTest, EveryPackageHasItsOwnId) {
  const auto first = Seal();
  const auto second = Seal();
  EXPECT_NE(first.package_id, second.package_id);
  EXPECT_THAT(first.package_id,
              testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                                    "[0-9a-f]{12}"));
}

TEST_F(PackageTest, ManifestMatchesItsSchemaSignedOrNotAndAMisspeltMemberDoesNot) {
  Seal();
  EXPECT_EQ(Validate("evidence.v1.schema.json", Path("staging/manifest.json")), 0);
  EXPECT_EQ(Validate("trace.v1.schema.json", Path("staging/trace.json")), 0);
  EXPECT_EQ(
      Validate("finding.v1.schema.json", Path("staging/findings/F-0123456789ab/finding.json")), 0);
  UseKey('k');
  Seal();
  EXPECT_EQ(Validate("evidence.v1.schema.json", Path("staging/manifest.json")), 0);
  const Json sound = Manifest();
  for (const char* pointer : {"/verdit", "/targets/0/corpuss", "/findings/0/reproduction/reruns_",
                              "/integrity/siged", "/identity/packageid"}) {
    Json misspelt = sound;
    misspelt[Json::json_pointer(pointer)] = 1;
    ASSERT_TRUE(common::WriteJsonFile(Path("misspelt.json"), misspelt));
    EXPECT_EQ(Validate("evidence.v1.schema.json", Path("misspelt.json")), 3) << pointer;
  }
  for (const char* pointer : {"/verdict", "/targets/0/timing", "/integrity/files/0/sha256"}) {
    Json lacking = sound;
    lacking = lacking.patch(Json::array({Json{{"op", "remove"}, {"path", pointer}}}));
    ASSERT_TRUE(common::WriteJsonFile(Path("lacking.json"), lacking));
    EXPECT_EQ(Validate("evidence.v1.schema.json", Path("lacking.json")), 3) << pointer;
  }
}

TEST_F(PackageTest, AnEmptyRecordIsSealedAndSaysWhatItLacks) {
  const auto sealed = SealPackage(common::RunRecord(), Path("staging"), options_);
  ASSERT_TRUE(sealed) << sealed.error().Text();
  EXPECT_EQ(Validate("evidence.v1.schema.json", Path("staging/manifest.json")), 0);
  const std::string absent = Manifest()["absent"].dump();
  for (const char* section : {"sbom", "device", "tester", "scope.interfaces", "self_check",
                              "findings.disposition", "integrity.time_stamps"}) {
    EXPECT_THAT(absent, HasSubstr(section));
  }
}

TEST_F(PackageTest, UnsignedPackageSaysSoAndSignedOneNeverHoldsTheSecret) {
  EXPECT_FALSE(Seal().is_signed);
  EXPECT_EQ(Manifest()["integrity"]["signed"], false);
  EXPECT_THAT(Manifest()["integrity"]["unsigned_reason"].get<std::string>(), HasSubstr("no key"));
  EXPECT_TRUE(stdfs::exists(Path("staging/statement.json")));
  UseKey('k');
  const auto sealed = Seal();
  EXPECT_EQ(Manifest()["integrity"]["public_key"]["key_id"], sealed.key_id);
  EXPECT_FALSE(stdfs::exists(Path("staging/statement.json")));
  const std::string zip = common::ReadFile(sealed.zip).value();
  EXPECT_EQ(zip.find(std::string(kSeedBytes, 'k')), std::string::npos);
  EXPECT_EQ(zip.find(Base64Encode(std::string(kSeedBytes, 'k'))), std::string::npos);
}

TEST_F(PackageTest, ReadsBackWhatWasSealedFromZipAndFolder) {
  Seal();
  for (const char* form : {"evidence.zip", "staging"}) {
    const auto reader = PackageReader::Open(Path(form));
    ASSERT_TRUE(reader) << reader.error().Text();
    EXPECT_EQ(reader->Read("report.html").value(), "<!doctype html>");
    EXPECT_EQ(reader->Read("logs/libfuzzer.log").value(), "");
    EXPECT_EQ(reader->Read("nothing").error().code, common::ErrorCode::kNotFound);
    const auto record = ReadRunRecord(*reader);
    ASSERT_TRUE(record) << record.error().Text();
    EXPECT_EQ(record->findings[0].id, "F-0123456789ab");
    EXPECT_EQ(record->verdict, common::Verdict::kFail);
    const auto extracted = Path(std::string(form) + ".out");
    ASSERT_TRUE(reader->ExtractTo(extracted));
    EXPECT_EQ(common::ListTree(extracted).value(), common::ListTree(Path("staging")).value());
    EXPECT_EQ(access((extracted / "replay/pump/pump").c_str(), X_OK), 0);
    EXPECT_EQ(common::ReadFile(extracted / "findings/F-0123456789ab/input").value(),
              std::string("\x00\x01\xff input", 9));
  }
}

TEST_F(PackageTest, TraceGoesFromInterfaceToFinding) {
  Seal();
  const Json trace = common::ReadJsonFile(Path("staging/trace.json")).value();
  EXPECT_EQ(trace["interfaces"][0]["targets"][0]["findings"][0]["id"], "F-0123456789ab");
  EXPECT_EQ(trace["interfaces"][1]["exclusion_rationale"], "not in this campaign");
  auto record = SampleRecord();
  record.targets[0].interface_id = "i2c";
  EXPECT_EQ(TraceJson(record)["targets_without_declared_interface"][0]["interface"], "i2c");
}

TEST_F(PackageTest, WhatCannotBeSealedIsAnErrorAndLeavesNoPackage) {
  WriteText(Path("staging/caf\xc3\xa9"), "x");
  auto sealed = SealPackage(SampleRecord(), Path("staging"), options_);
  ASSERT_FALSE(sealed);
  EXPECT_THAT(sealed.error().Text(), HasSubstr("caf\\xc3\\xa9"));
  EXPECT_FALSE(stdfs::exists(options_.zip));
  stdfs::remove(Path("staging/caf\xc3\xa9"));
  stdfs::create_symlink("/etc/passwd", Path("staging/link"));
  EXPECT_FALSE(SealPackage(SampleRecord(), Path("staging"), options_));
  stdfs::remove(Path("staging/link"));
  options_.zip = Path("staging/evidence.zip");
  EXPECT_FALSE(SealPackage(SampleRecord(), Path("staging"), options_));
  options_.zip = Path("evidence.zip");
  options_.supersedes = true;
  EXPECT_FALSE(SealPackage(SampleRecord(), Path("staging"), options_));
  options_.prior_package = std::string(64, 'a');
  options_.reason = "a finding was fixed";
  Seal();
  EXPECT_EQ(Manifest()["identity"]["prior_package"], options_.prior_package);
}

}  // namespace
}  // namespace percuss::reports
