// SPDX-License-Identifier: Apache-2.0
//
// Every way to change a package must be found, and the file named, by our verifier and by the one
// in Python alike.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "reports/evidence/package_fixture.h"
#include "reports/evidence/package_reader.h"
#include "reports/evidence/stored_zip.h"
#include "reports/verify/script_run.h"
#include "reports/verify/verify.h"

namespace percuss::reports {
namespace {

namespace stdfs = std::filesystem;
using common::Json;
using testing::Contains;
using testing::IsEmpty;

using Files = std::map<std::string, std::string>;

std::set<std::string> ProblemPaths(const Json& result) {
  std::set<std::string> paths;
  for (const auto& problem : result["problems"]) paths.insert(problem["path"].get<std::string>());
  return paths;
}

class TamperTest : public PackageFixture {
 protected:
  void SealSigned() {
    UseKey('k');
    ASSERT_TRUE(key_->Save(Path("keys")));
    key_file_ = Path("keys/key-k.pub");
    Seal();
  }

  [[nodiscard]] Files ReadFiles() const {
    const auto reader = PackageReader::Open(Path("evidence.zip"));
    Files files;
    for (const auto& entry : reader.value().List()) {
      files[entry.path] = reader->Read(entry.path).value();
    }
    return files;
  }

  // A zip in the one form, so that only the files themselves can give the change away.
  void WriteZip(const Files& files) const {
    std::string bytes;
    StoredZipWriter writer([&](std::string_view part) -> common::Status {
      bytes += part;
      return {};
    });
    for (const auto& [path, content] : files) ASSERT_TRUE(writer.Add(path, content));
    ASSERT_TRUE(writer.Finish());
    WriteText(Path("evidence.zip"), bytes);
  }

  // What both verifiers say; they must agree on everything but the words.
  [[nodiscard]] Json Verify(const stdfs::path& package, bool with_key = true) const {
    std::optional<stdfs::path> key;
    if (with_key && !key_file_.empty()) key = key_file_;
    const auto result = VerifyPackage(package, key);
    EXPECT_TRUE(result) << result.error().Text();
    if (!result) return Json();
    Json ours = VerifyJson(*result);
    const ScriptRun script = RunVerifyScript(package, key);
    EXPECT_EQ(script.exit_code, VerifyExitCode(*result)) << ours << script.output;
    const auto theirs = common::ParseJson(script.output, "percuss_verify.py");
    EXPECT_TRUE(theirs) << script.output;
    if (!theirs) return ours;
    for (const char* member : {"sealed", "signed", "signer", "key_verified"}) {
      EXPECT_EQ((*theirs)[member], ours[member]) << member << ours << *theirs;
    }
    EXPECT_EQ(ProblemPaths(*theirs), ProblemPaths(ours)) << ours << *theirs;
    return ours;
  }

  void ExpectBroken(const std::string& path, const std::string& why) const {
    const Json result = Verify(Path("evidence.zip"));
    EXPECT_EQ(result["sealed"], false) << why;
    EXPECT_EQ(result["signed"], false) << why;
    EXPECT_THAT(ProblemPaths(result), Contains(path)) << why << result;
  }

  stdfs::path key_file_;
};

TEST_F(TamperTest, UntouchedSignedPackageIsSealedAndSigned) {
  SealSigned();
  for (const char* form : {"evidence.zip", "staging", "staging/"}) {
    const Json result = Verify(Path(form));
    EXPECT_EQ(result["sealed"], true) << result;
    EXPECT_EQ(result["signed"], true) << result;
    EXPECT_EQ(result["key_verified"], true) << result;
    EXPECT_EQ(result["signer"], options_.key->Public().Id());
    EXPECT_EQ(result["files"], 9);
    EXPECT_EQ(result["verdict"], "fail");
    EXPECT_THAT(result["problems"], IsEmpty());
    EXPECT_THAT(result["notes"], IsEmpty());
  }
}

TEST_F(TamperTest, WithoutAKeyOfTheCallersItSaysThatTheSignerIsNotKnown) {
  SealSigned();
  const Json result = Verify(Path("evidence.zip"), false);
  EXPECT_EQ(result["signed"], true);
  EXPECT_EQ(result["key_verified"], false);
  EXPECT_THAT(result["notes"].dump(), testing::HasSubstr("key was not verified"));
}

TEST_F(TamperTest, UnsignedPackageIsSealedButSaysSo) {
  Seal();
  const Json result = Verify(Path("evidence.zip"));
  EXPECT_EQ(result["sealed"], true) << result;
  EXPECT_EQ(result["signed"], false);
  EXPECT_EQ(result["signer"], "");
  EXPECT_THAT(result["notes"].dump(), testing::HasSubstr("not signed"));
}

TEST_F(TamperTest, ChangedSecretlyAndSealedAnewIsFoundByTheKey) {
  SealSigned();
  options_.key.reset();
  Seal();
  Json result = Verify(Path("evidence.zip"));
  EXPECT_EQ(result["sealed"], true);
  EXPECT_EQ(result["signed"], false);
  EXPECT_THAT(ProblemPaths(result), Contains("statement.json"));
  UseKey('o');
  Seal();
  result = Verify(Path("evidence.zip"));
  EXPECT_EQ(result["signed"], false);
  EXPECT_THAT(ProblemPaths(result), Contains("statement.dsse.json"));
}

TEST_F(TamperTest, AChangedByteIsFoundInEveryFileAndNamed) {
  for (const bool is_signed : {true, false}) {
    if (is_signed) SealSigned();
    if (!is_signed) {
      options_.key.reset();
      key_file_.clear();
      Seal();
    }
    const Files sound = ReadFiles();
    for (const auto& [path, content] : sound) {
      Files files = sound;
      if (content.empty()) {
        files[path] = "x";
      } else {
        char& middle = files[path][content.size() / 2];
        middle = static_cast<char>(middle ^ 1);
      }
      WriteZip(files);
      ExpectBroken(path, "changed byte");
    }
  }
}

TEST_F(TamperTest, AddedRemovedRenamedAndSwappedFilesAreNamed) {
  SealSigned();
  const Files sound = ReadFiles();
  Files files = sound;
  files["findings/F-0123456789ab/extra"] = "";
  WriteZip(files);
  ExpectBroken("findings/F-0123456789ab/extra", "added");
  for (const auto& [path, content] : sound) {
    files = sound;
    files.erase(path);
    WriteZip(files);
    ExpectBroken(path, "removed");
  }
  files = sound;
  files["report.htm"] = files["report.html"];
  files.erase("report.html");
  WriteZip(files);
  ExpectBroken("report.html", "renamed");
  ExpectBroken("report.htm", "renamed");
  files = sound;
  std::swap(files["findings/F-0123456789ab/input"], files["findings/F-0123456789ab/input.min"]);
  WriteZip(files);
  ExpectBroken("findings/F-0123456789ab/input", "swapped");
  ExpectBroken("findings/F-0123456789ab/input.min", "swapped");
}

TEST_F(TamperTest, ASignatureThatWasTakenAwayOrReplacedIsFound) {
  SealSigned();
  const Files sound = ReadFiles();
  auto envelope = common::ParseJson(sound.at("statement.dsse.json"), "envelope").value();
  Files files = sound;
  files.erase("statement.dsse.json");
  files["statement.json"] = Base64Decode(envelope["payload"].get<std::string>()).value();
  WriteZip(files);
  ExpectBroken("statement.json", "signature stripped");
  files["statement.dsse.json"] = sound.at("statement.dsse.json");
  WriteZip(files);
  ExpectBroken("statement.json", "second statement");
  const std::pair<const char*, Json> changes[] = {
      {"/signatures/0/keyid", "0000000000000000"},
      {"/signatures/0/sig", Base64Encode(std::string(kSignatureBytes, 'x'))},
      {"/signatures/1", envelope["signatures"][0]},
      {"/payloadType", "text/plain"},
      {"/comment", "harmless"},
  };
  for (const auto& [pointer, value] : changes) {
    auto changed = envelope;
    changed[Json::json_pointer(pointer)] = value;
    files = sound;
    files["statement.dsse.json"] = common::JsonText(changed);
    WriteZip(files);
    ExpectBroken("statement.dsse.json", pointer);
  }
  files["statement.dsse.json"] = envelope.dump();
  WriteZip(files);
  ExpectBroken("statement.dsse.json", "other white space");
}

// All of the directory and of the first headers, and a sample of what is between.
TEST_F(TamperTest, EveryByteOfTheZipCounts) {
  SealSigned();
  const std::string sound = common::ReadFile(Path("evidence.zip")).value();
  const auto key = std::optional<stdfs::path>(key_file_);
  constexpr size_t kHead = 300;
  constexpr size_t kTail = 900;
  for (size_t at = 0; at < sound.size(); at += at < kHead || at + kTail > sound.size() ? 1U : 37U) {
    std::string changed = sound;
    changed[at] = static_cast<char>(changed[at] ^ (1 << (at % 8)));
    std::ofstream(Path("changed.zip"), std::ios::binary | std::ios::trunc) << changed;
    const auto result = VerifyPackage(Path("changed.zip"), key);
    ASSERT_TRUE(result) << at << result.error().Text();
    ASSERT_FALSE(result->sealed) << "byte " << at << " of " << sound.size();
    ASSERT_FALSE(result->problems.empty());
  }
}

TEST_F(TamperTest, TheContainerIsCheckedToo) {
  SealSigned();
  const std::string sound = common::ReadFile(Path("evidence.zip")).value();
  const std::string changes[] = {
      sound + "x",
      "x" + sound,
      sound + std::string(22, '\0'),
      sound.substr(0, sound.size() - 1),
      sound.substr(0, sound.size() / 2),
      sound.substr(0, 10),
      "",
      sound + sound,
  };
  for (const auto& changed : changes) {
    WriteText(Path("evidence.zip"), changed);
    ExpectBroken("evidence.zip", "length " + std::to_string(changed.size()));
  }
}

TEST_F(TamperTest, ARepackedZipIsNotWhatWasSealedButItsFolderIs) {
  SealSigned();
  ASSERT_EQ(RunPython("import sys,zipfile\n"
                      "a=zipfile.ZipFile(sys.argv[1])\n"
                      "b=zipfile.ZipFile(sys.argv[2],'w',zipfile.ZIP_DEFLATED)\n"
                      "[b.writestr(n,a.read(n)) for n in sorted(a.namelist())]\nb.close()\n",
                      {Path("evidence.zip"), Path("repacked.zip")}),
            0);
  const Json result = Verify(Path("repacked.zip"));
  EXPECT_EQ(result["sealed"], false);
  EXPECT_EQ(ProblemPaths(result), std::set<std::string>{"repacked.zip"});
  const auto reader = PackageReader::Open(Path("repacked.zip"));
  ASSERT_TRUE(reader) << reader.error().Text();
  ASSERT_TRUE(reader->ExtractTo(Path("extracted")));
  EXPECT_EQ(Verify(Path("extracted"))["sealed"], true);
}

TEST_F(TamperTest, QuestionsThatCannotBeAnsweredAreErrors) {
  SealSigned();
  EXPECT_FALSE(VerifyPackage(Path("none.zip"), std::nullopt));
  EXPECT_EQ(RunVerifyScript(Path("none.zip"), std::nullopt).exit_code, 1);
  EXPECT_FALSE(VerifyPackage(Path("evidence.zip"), Path("none.pub")));
  EXPECT_EQ(RunVerifyScript(Path("evidence.zip"), Path("none.pub")).exit_code, 1);
  EXPECT_FALSE(VerifyPackage(Path("evidence.zip"), Path("staging/report.html")));
}

}  // namespace
}  // namespace percuss::reports
