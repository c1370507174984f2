// SPDX-License-Identifier: Apache-2.0
#include "campaign/core_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <optional>

#include "campaign/supervise/run_tool.h"
#include "campaign/triage/crash_report.h"
#include "common/fs.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;

constexpr const char* kSource =
    "#include <stdlib.h>\n"
    "__attribute__((noinline)) void render(int way) { if (way > 1) abort(); }\n"
    "__attribute__((noinline)) void serve(int way) { render(way); }\n"
    "int main(int count, char **words) { (void)words; serve(count); return 0; }\n";

// A real core of a program that called abort(), by gdb: where core(5) puts the kernel's is the
// host's affair.
class CoreFileTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = common::TemporaryFolder::Make("percuss-core-test");
    ASSERT_TRUE(made);
    folder_.emplace(std::move(*made));
    ASSERT_TRUE(common::WriteFileAtomically(File("program.c"), kSource));
    Build("program", "-DNOTHING");
    const auto ran = RunTool(
        {"gdb", "-nx", "-q", "-batch", "-iex", "set debuginfod enabled off", "-ex", "run", "-ex",
         "generate-core-file " + Core().string(), "--args", File("program"), "the-input"},
        {}, 60'000);
    ASSERT_TRUE(ran) << ran.error().Text();
    ASSERT_TRUE(stdfs::exists(Core())) << *ran;
  }

  [[nodiscard]] stdfs::path File(const std::string& name) const { return folder_->Path() / name; }
  [[nodiscard]] stdfs::path Core() const { return File("core.4711"); }

  void Build(const std::string& name, const std::string& option) const {
    const auto built =
        RunTool({"cc", "-g", "-O0", option, "-o", File(name), File("program.c")}, {}, 60'000);
    ASSERT_TRUE(built) << built.error().Text();
  }

  std::optional<common::TemporaryFolder> folder_;
};

TEST_F(CoreFileTest, OfTheProgramTellsWhereItFailed) {
  const auto facts = ReadCore(Core());
  ASSERT_TRUE(facts) << facts.error().Text();
  EXPECT_EQ(facts->program, File("program").string());
  EXPECT_THAT(facts->files, Contains(HasSubstr("libc.so")));
  EXPECT_TRUE(IsCoreOf(*facts, File("program")));
  Build("other", "-O2");
  EXPECT_FALSE(IsCoreOf(*facts, File("other")));
  EXPECT_FALSE(IsCoreOf(*facts, "/bin/true"));
  EXPECT_FALSE(IsCoreOf(*facts, File("none")));
  const auto told = BacktraceOf(*facts, Core(), File("program"));
  ASSERT_TRUE(told) << told.error().Text();
  const auto report = ParseCrashReport(*told, {});
  ASSERT_TRUE(report) << *told;
  EXPECT_EQ(report->bug_class, "abort") << *told;
  std::vector<std::string> functions;
  for (const auto& frame : report->stack) functions.push_back(frame.function);
  EXPECT_THAT(functions, Contains("render")) << *told;
  EXPECT_THAT(functions, Contains("serve")) << *told;
}

TEST_F(CoreFileTest, WhatItNamesIsNotOpenedButForTheSystemsLibraries) {
  auto facts = ReadCore(Core());
  ASSERT_TRUE(facts);
  const stdfs::path pipe = File("pipe");  // who opens it waits for ever
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  facts->files.insert(facts->files.end(), {pipe, "/usr/lib/../../" + pipe.string(), "/dev/zero"});
  const auto told = BacktraceOf(*facts, Core(), File("program"));
  ASSERT_TRUE(told) << told.error().Text();
  EXPECT_THAT(*told, HasSubstr("render"));
}

TEST_F(CoreFileTest, CutOffOrGarbledIsRefusedOrReadAndNeverMore) {
  const auto whole = common::ReadFile(Core());
  ASSERT_TRUE(whole);
  const stdfs::path cut = File("cut");
  for (const size_t bytes : {size_t{0}, size_t{3}, size_t{64}, size_t{700}, whole->size() / 2}) {
    ASSERT_TRUE(common::WriteFileAtomically(cut, whole->substr(0, bytes)));
    const auto read = ReadCore(cut);
    ASSERT_FALSE(read) << bytes;
    EXPECT_THAT(read.error().message, HasSubstr(bytes > 64 ? "cut off" : "core file"));
  }
  ASSERT_TRUE(common::WriteFileAtomically(cut, *whole));
  const size_t headers = std::min<size_t>(whole->size(), 8192);
  for (size_t at = 0; at < headers; at += 23) {
    std::fstream file(cut, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(~(*whole)[at]));
    file.close();
    static_cast<void>(ReadCore(cut));
  }
  stdfs::create_symlink(Core(), File("link"));
  EXPECT_FALSE(ReadCore(File("link")));
  EXPECT_FALSE(ReadCore("/dev/zero"));
}

}  // namespace
}  // namespace percuss::campaign
