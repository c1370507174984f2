// SPDX-License-Identifier: Apache-2.0
//
// Packages made to harm whoever opens them: each must be a clear error, and nothing may be written
// outside.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "reports/evidence/package_fixture.h"
#include "reports/evidence/package_reader.h"
#include "reports/verify/script_run.h"
#include "reports/verify/verify.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;
using testing::HasSubstr;

struct Hostile {
  const char* what;
  const char* program;  // fills the zip z
  const char* message;  // what the error must say
};

constexpr Hostile kHostile[] = {
    {"parent folder", "z.writestr('../escaped','x')", "'../escaped'"},
    {"hidden parent folder", "z.writestr('a/../../escaped','x')", "component of dots"},
    {"absolute", "z.writestr('/tmp/escaped','x')", "is absolute"},
    {"drive letter", "z.writestr('C:/escaped','x')", "drive letter"},
    {"backslash",
     "i=zipfile.ZipInfo('a');i.filename='..\\\\escaped';i.create_system=3;"
     "z.writestr(i,'x')",
     "'../escaped'"},
    {"empty component", "z.writestr('a//b','x')", "empty component"},
    {"control character", "z.writestr('a\\x1b[2Jb','x')", "\\x1b"},
    {"not ASCII", "z.writestr('\\u00e9','x')", "printable ASCII"},
    {"long name", "z.writestr('a/'*600+'b','x')", "1,024"},
    {"twice", "z.writestr('a','x');z.writestr('a','y')", "occurs twice"},
    {"case", "z.writestr('report','x');z.writestr('Report','y')", "case only"},
    {"case of a folder", "z.writestr('a/x','x');z.writestr('A/y','y')", "case only"},
    {"file as folder", "z.writestr('a','x');z.writestr('a/b','y')", "through a file"},
    {"folder as file", "z.writestr('a/b','x');z.writestr('a','y')", "file and a folder"},
    {"symbolic link",
     "i=zipfile.ZipInfo('link');i.create_system=3;"
     "i.external_attr=0o120777<<16;z.writestr(i,'/etc/passwd')",
     "is a link"},
    {"device",
     "i=zipfile.ZipInfo('null');i.create_system=3;"
     "i.external_attr=0o020666<<16;z.writestr(i,'')",
     "neither a file nor a folder"},
    {"bomb", "z.writestr('bomb',b'\\0'*(200<<20),zipfile.ZIP_DEFLATED)", "'bomb'"},
    {"bomb in many", "[z.writestr('b%d'%i,b'\\0'*(20<<20),zipfile.ZIP_DEFLATED) for i in range(9)]",
     "past the size"},
    {"many", "[z.writestr('f%d'%i,b'') for i in range(65100)]", "more entries"},
};

class HostileTest : public PackageFixture {
 protected:
  // Nothing of a refused package may come to lie anywhere.
  void ExpectRefused(const stdfs::path& package, const std::string& message,
                     const std::string& what) const {
    const auto reader = PackageReader::Open(package);
    ASSERT_FALSE(reader) << what;
    EXPECT_EQ(reader.error().code, common::ErrorCode::kCorrupt) << what;
    EXPECT_THAT(reader.error().Text(), HasSubstr(message)) << what;
    EXPECT_THAT(reader.error().Text(), HasSubstr(package.string())) << what;
    const auto result = VerifyPackage(package, std::nullopt);
    ASSERT_TRUE(result) << what;
    EXPECT_FALSE(result->sealed) << what;
    EXPECT_EQ(VerifyExitCode(*result), 2) << what;
    EXPECT_EQ(RunVerifyScript(package, std::nullopt).exit_code, 2) << what;
    EXPECT_FALSE(stdfs::exists(Path("escaped"))) << what;
  }
};

TEST_F(HostileTest, HostileZipsAreRefusedWithAMessage) {
  for (const auto& hostile : kHostile) {
    const auto zip = Path("hostile.zip");
    ASSERT_EQ(RunPython("import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1],'w')\n" +
                            std::string(hostile.program) + "\nz.close()\n",
                        {zip}),
              0)
        << hostile.what;
    ExpectRefused(zip, hostile.message, hostile.what);
  }
}

TEST_F(HostileTest, WhatIsNoZipIsRefused) {
  for (const std::string& bytes : {std::string(), std::string("PK"), std::string(100000, 'A'),
                                   std::string("PK\x05\x06") + std::string(18, '\xff')}) {
    WriteText(Path("hostile.zip"), bytes);
    ExpectRefused(Path("hostile.zip"), "not a zip", bytes.substr(0, 4));
  }
}

TEST_F(HostileTest, ACutZipIsRefusedAtEveryLength) {
  Seal();
  const std::string sound = common::ReadFile(Path("evidence.zip")).value();
  for (size_t length = 0; length < sound.size(); length += 97) {
    WriteText(Path("cut.zip"), sound.substr(0, length));
    const auto reader = PackageReader::Open(Path("cut.zip"));
    ASSERT_FALSE(reader) << length;
    EXPECT_EQ(reader.error().code, common::ErrorCode::kCorrupt) << length;
  }
}

TEST_F(HostileTest, FoldersWithLinksOrPipesAreRefused) {
  Seal();
  stdfs::create_symlink("/etc/passwd", Path("staging/link"));
  ExpectRefused(Path("staging"), "'link'", "link");
  stdfs::remove(Path("staging/link"));
  stdfs::create_directory_symlink("/etc", Path("staging/link"));
  ExpectRefused(Path("staging"), "'link'", "link to a folder");
  stdfs::remove(Path("staging/link"));
  ASSERT_EQ(mkfifo(Path("staging/pipe").c_str(), 0600), 0);
  ExpectRefused(Path("staging"), "'pipe'", "pipe");
  ASSERT_EQ(mkfifo(Path("pipe.zip").c_str(), 0600), 0);
  ExpectRefused(Path("pipe.zip"), "zip file or a folder", "a pipe as the package");
}

TEST_F(HostileTest, ManifestsOfAnyShapeAreProblemsNotCrashes) {
  for (const char* manifest :
       {"", "[]", "null", "{", "{\"integrity\":3}", "{\"integrity\":{\"files\":[3,null,{}]}}",
        "{\"integrity\":{\"public_key\":[]},\"identity\":\"x\",\"verdict\":{}}", "\xff\xfe"}) {
    for (const char* statement : {"statement.json", "statement.dsse.json"}) {
      for (const char* text : {"", "[]", "{\"subject\":[{\"name\":3}]}", manifest}) {
        std::error_code ignored;
        stdfs::remove_all(Path("hostile"), ignored);
        WriteText(Path("hostile/manifest.json"), manifest);
        WriteText(Path(std::string("hostile/") + statement), text);
        const auto result = VerifyPackage(Path("hostile"), std::nullopt);
        ASSERT_TRUE(result);
        EXPECT_FALSE(result->sealed) << manifest << text;
      }
    }
    EXPECT_EQ(RunVerifyScript(Path("hostile"), std::nullopt).exit_code, 2) << manifest;
  }
}

TEST_F(HostileTest, ExtractsOnlyIntoAnEmptyFolder) {
  Seal();
  const auto reader = PackageReader::Open(Path("evidence.zip"));
  ASSERT_TRUE(reader);
  WriteText(Path("full/file"), "mine");
  EXPECT_FALSE(reader->ExtractTo(Path("full")));
  EXPECT_EQ(common::ReadFile(Path("full/file")).value(), "mine");
}

}  // namespace
}  // namespace percuss::reports
