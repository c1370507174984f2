// SPDX-License-Identifier: Apache-2.0
#include "emulation/program.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "common/fs.h"

namespace percuss::emulation {
namespace {

// This test's own program is for another processor than any that is emulated.
ElfImage Own() { return ElfImage::OpenAny("/proc/self/exe").value(); }

TEST(ProgramRun, TellsSignalAddressAndFramesAsLinked) {
  const auto self = Own().Path().string();
  const ProgramRun run = ReadProgramRun(
      "percuss-board: began\nhello"
      "percuss-board: ended signal pc=0x5500001284 address=0x4 moved=0x5500000000 "
      "instructions=31322 signal=11 fault=1 rule=SIGSEGV\n"
      "percuss-board: frame 0x5500001284 0x5500000000 " +
          self + "\npercuss-board: frame 0x3f6d7614 0x3f6b9000 /lib/libx y.so\n",
      Own());
  EXPECT_EQ(run.ended, "signal");
  EXPECT_EQ(run.rule, "SIGSEGV");
  EXPECT_EQ(run.instructions, 31322U);
  EXPECT_EQ(run.address, 4U);
  ASSERT_EQ(run.stack.size(), 2U);
  EXPECT_EQ(run.stack[0].offset, 0x1284U);
  EXPECT_EQ(run.stack[1].offset, 0x1e614U);
  EXPECT_EQ(run.stack[1].module, "/lib/libx y.so");
  const std::string text = Describe(run);
  EXPECT_NE(text.find("percuss: firmware null-dereference: SIGSEGV at 0x00000004\n"),
            std::string::npos);
  EXPECT_NE(text.find("    #1 0x1e614  (/lib/libx y.so+0x1e614)\n"), std::string::npos);
}

TEST(ProgramRun, WhatTheProgramPrintsItselfDoesNotCount) {
  const std::string last =
      "percuss-board: ended done pc=0x10 address=0x0 moved=0x0 instructions=5 signal=0 fault=0 "
      "rule=exit code 3\n";
  const ProgramRun run = ReadProgramRun(
      "percuss-board: began\n"
      "percuss-board: ended signal signal=11 rule=SIGSEGV\n"
      "percuss-board: frame 0x10 0x0 /x\n" +
          last,
      Own());
  EXPECT_EQ(run.ended, "done");
  EXPECT_EQ(run.rule, "exit code 3");
  EXPECT_TRUE(run.stack.empty());
  EXPECT_EQ(Describe(run), "");
  EXPECT_EQ(ReadProgramRun(last, Own()).ended, "error") << "no input began";
  EXPECT_EQ(ReadProgramRun("percuss-board: began\npercuss-board: ended nonsense\n", Own()).ended,
            "error");
}

TEST(ProgramRun, TellsThatTheInputWasSent) {
  const std::string began = "percuss-board: began\n";
  EXPECT_FALSE(ReadProgramRun(began, Own()).sent);
  EXPECT_TRUE(ReadProgramRun(began + "percuss-board: sent\n", Own()).sent);
}

TEST(Program, OnlyForeignLinuxProgramsAreTaken) {
  EXPECT_FALSE(IsLinuxProgram("/proc/self/exe"));
  EXPECT_EQ(EmulatorOf("/proc/self/exe"), "");
  const auto opened = OpenProgram("/proc/self/exe", {});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, common::ErrorCode::kBadInput);
  const auto folder = common::TemporaryFolder::Make("program-test").value();
  const auto text = folder.Path() / "text";
  std::ofstream(text) << "no program";
  EXPECT_FALSE(IsLinuxProgram(text));
  EXPECT_FALSE(OpenProgram(text, {}));
}

}  // namespace
}  // namespace percuss::emulation
