// SPDX-License-Identifier: Apache-2.0
#include "campaign/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "campaign/build_likeness.h"
#include "campaign/supervise/run_tool.h"
#include "common/fs.h"
#include "common/hash.h"
#include "common/json_file.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kFinding = "F-0123456789ab";
constexpr const char* kParts = "libFuzzer __asan_init";

// A package whose binary is a program that survives everything; what makes it a harness for whoever
// compares are bytes at its end, which a loader passes over.
class OtherBuild : public testing::Test {
 protected:
  void SetUp() override {
    auto made = common::TemporaryFolder::Make("percuss-replay");
    ASSERT_TRUE(made);
    folder_.emplace(std::move(*made));
    const stdfs::path original = Program("package/replay/parser/libfuzzer", "/bin/echo", kParts);
    const stdfs::path finding = Package() / "findings" / kFinding;
    ASSERT_TRUE(common::MakeFolder(finding));
    ASSERT_TRUE(common::WriteFileAtomically(finding / "input", "x"));
    const common::Json recipe = {{"target", "parser"},
                                 {"binary",
                                  {{"role", "libfuzzer"},
                                   {"sha256", common::Sha256FileHex(original).value()},
                                   {"packaged", "replay/parser/libfuzzer"}}},
                                 {"limits", {{"input_ms", 1000}, {"rss_mib", 2048}}},
                                 {"input_format_version", -1},
                                 {"expected", {{"kind", "crash"}, {"strict_key", "0"}}},
                                 {"history", common::Json::array()}};
    ASSERT_TRUE(common::WriteFileAtomically(finding / "replay.json", recipe.dump()));
  }

  [[nodiscard]] stdfs::path Package() const { return folder_->Path() / "package"; }

  [[nodiscard]] stdfs::path Program(const std::string& name, const stdfs::path& from,
                                    const std::string& end) const {
    const stdfs::path file = folder_->Path() / name;
    EXPECT_TRUE(common::MakeFolder(file.parent_path()));
    EXPECT_TRUE(common::WriteFileAtomically(file, common::ReadFile(from).value_or("") + end));
    stdfs::permissions(file, stdfs::perms::owner_all);
    return file;
  }

  // `scratch` is in the paths of the inputs, which /bin/echo says.
  [[nodiscard]] ReplayResult Replay(const stdfs::path& binary, const std::string& scratch) const {
    const stdfs::path place = folder_->Path() / scratch;
    EXPECT_TRUE(common::MakeFolder(place));
    const auto replay = ReplayFinding(Package(), kFinding, {2, binary, place, false});
    EXPECT_TRUE(replay) << replay.error().Text();
    return replay.value_or(ReplayResult());
  }

  std::optional<common::TemporaryFolder> folder_;
};

TEST_F(OtherBuild, OfTheSameKindThatRanTheInputSurvives) {
  const auto fixed = Program("fixed", "/bin/echo", std::string(kParts) + " fixed");
  const ReplayResult replay = Replay(fixed, "Executed by libFuzzer");
  EXPECT_FALSE(replay.cannot_tell) << replay.reason;
  EXPECT_EQ(replay.reproduced, 0);
  EXPECT_EQ(replay.reruns, 2);
}

TEST_F(OtherBuild, ThatDoesNotSayThatItRanTheInputTellsNothing) {
  const auto fixed = Program("fixed", "/bin/echo", std::string(kParts) + " fixed");
  const ReplayResult replay = Replay(fixed, "scratch");
  EXPECT_TRUE(replay.cannot_tell);
  EXPECT_THAT(replay.reason, HasSubstr("did not say that it ran the input"));
}

TEST_F(OtherBuild, IsRunInSurroundingsThatAreKnownAndInNoOthers) {
  const stdfs::path file = Package() / "findings" / kFinding / "replay.json";
  auto recipe = common::ReadJsonFile(file);
  ASSERT_TRUE(recipe);
  const stdfs::path place = folder_->Path() / "Executed";
  ASSERT_TRUE(common::MakeFolder(place));
  (*recipe)["surroundings"] = "zeros";
  ASSERT_TRUE(common::WriteFileAtomically(file, recipe->dump()));
  const auto replay = ReplayFinding(Package(), kFinding, {1, {}, place, false});
  ASSERT_TRUE(replay) << replay.error().Text();
  EXPECT_EQ(replay->surroundings, "zeros");
  EXPECT_THAT(ShellLine(*replay), HasSubstr("MALLOC_PERTURB_='255'"));
  for (const common::Json& hostile :
       {common::Json("LD_PRELOAD=/tmp/x.so"), common::Json(7), common::Json::object()}) {
    (*recipe)["surroundings"] = hostile;
    ASSERT_TRUE(common::WriteFileAtomically(file, recipe->dump()));
    const auto refused = ReplayFinding(Package(), kFinding, {1, {}, place, false});
    ASSERT_FALSE(refused) << hostile.dump();
    EXPECT_THAT(refused.error().Text(), HasSubstr("replay.json"));
  }
}

TEST_F(OtherBuild, OfAnotherKindTellsNothing) {
  const auto expect = [&](const stdfs::path& binary, const std::string& why) {
    const ReplayResult replay = Replay(binary, "Executed by libFuzzer");
    EXPECT_TRUE(replay.cannot_tell) << binary;
    EXPECT_THAT(replay.reason, HasSubstr(why));
  };
  expect("/bin/true", "is built without libFuzzer, AddressSanitizer");
  expect(Program("script", "/dev/null", "#!/bin/sh\nexit 0\n"), "is no ELF file");
  expect(Program("plain", "/bin/echo", "libFuzzer"), "is built without AddressSanitizer");
  expect(Program("msan", "/bin/echo", std::string(kParts) + "__msan_init"),
         "is built with MemorySanitizer");
  stdfs::remove(Package() / "replay/parser/libfuzzer");
  expect(Program("fixed", "/bin/echo", std::string(kParts) + " fixed"),
         "cannot be compared with the campaign's");
}

TEST_F(OtherBuild, OfOtherCodeIsNoBuildOfTheTarget) {
  const std::vector<std::string> functions = {"percuss::campaign::CompareBuilds", "inlined"};
  const stdfs::path self = "/proc/self/exe";
  EXPECT_THAT(CompareBuilds(self, Program("again", self, " "), functions).what, IsEmpty());

  const auto other = Program("other", "/bin/true",
                             "libFuzzer __AFL_SHM_ID __asan_init "
                             "__hwasan_init __msan_init __tsan_init "
                             "__ubsan_handle_");
  const Unlikeness unlike = CompareBuilds(self, other, functions);
  EXPECT_THAT(unlike.what, HasSubstr("lacks functions in which it failed ("
                                     "percuss::campaign::CompareBuilds)"));
  EXPECT_FALSE(unlike.takes_no_input);
}

TEST_F(OtherBuild, ThatSharesOnlyTheOuterFunctionsIsAnotherProgram) {
  const auto build = [&](const std::string& name, const std::string& source) {
    const stdfs::path file = folder_->Path() / (name + ".c");
    const stdfs::path binary = folder_->Path() / name;
    EXPECT_TRUE(common::WriteFileAtomically(file, source));
    const auto built = RunTool({"cc", "-O0", "-o", binary, file}, {}, 60'000);
    EXPECT_TRUE(built) << built.error().Text();
    return binary;
  };
  const char* outer = "void serve(void) {}\nint main(void) { serve(); return 0; }\n";
  const auto one = build("one", std::string("void parse(void) {}\nvoid drop(void) {}\n") + outer);
  const auto fixed = build("drops_no_more", std::string("void parse(void) {}\n") + outer);
  const auto other = build("another", std::string("void render(void) {}\n") + outer);
  const std::vector<std::string> stack = {"drop", "parse", "serve"};
  EXPECT_THAT(CompareBuilds(one, fixed, stack).what, IsEmpty());
  EXPECT_THAT(CompareBuilds(one, other, stack).what, HasSubstr("(drop, parse)"));
}

TEST_F(OtherBuild, ARepetitionBeyondItsBoundsIsRefused) {
  const stdfs::path file = Package() / "findings" / kFinding / "replay.json";
  auto recipe = common::ReadJsonFile(file);
  ASSERT_TRUE(recipe);
  constexpr std::pair<int64_t, int64_t> kRefused[] = {
      {1'000'000'000, 1}, {0, 16}, {-1, 16}, {1000, 101}, {16, 0}, {1000, INT64_MAX}};
  for (const auto& [rounds, inputs] : kRefused) {
    (*recipe)["repetition"] = {{"rounds", rounds}, {"inputs", inputs}};
    ASSERT_TRUE(common::WriteFileAtomically(file, recipe->dump()));
    const auto replay = ReplayFinding(Package(), kFinding, {});
    ASSERT_FALSE(replay) << rounds;
    EXPECT_EQ(replay.error().code, common::ErrorCode::kCorrupt);
  }
}

}  // namespace
}  // namespace percuss::campaign
