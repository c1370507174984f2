// SPDX-License-Identifier: Apache-2.0
#include "emulation/program.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

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

TEST(ProgramRun, TellsTheCodesOfRepliesAndNoneThatTheProgramPrinted) {
  const ProgramRun run = ReadProgramRun(
      "percuss-board: began\n"
      "percuss-board: replies ff\n"
      "percuss-board: ended done pc=0x10 address=0x0 moved=0x0 instructions=5 signal=0 fault=0 "
      "rule=waits for the next input\n"
      "percuss-board: replies 02 short 04\n",
      Own());
  EXPECT_EQ(run.replies, (std::vector<std::string>{"02", "short", "04"}));
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

using Registers = std::vector<std::pair<std::string, uint64_t>>;

Registers RegistersIn(const std::string& lines) {
  std::string log = "percuss-board: began\npercuss-board: ended signal signal=11 rule=SIGSEGV\n";
  for (size_t at = 0; at < lines.size();) {
    const size_t end = std::min(lines.find('\n', at), lines.size());
    log += "percuss-board: registers " + lines.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return ReadProgramRun(log, Own()).registers;
}

// As QEMU 7.2 prints them.
TEST(ProgramRun, ReadsTheRegistersOfEachArchitecture) {
  EXPECT_EQ(RegistersIn("R00=00000000 R10=408003fc\nPSR=20010030 --C- T usr32"),
            (Registers{{"r0", 0}, {"r10", 0x408003fc}, {"psr", 0x20010030}}));
  EXPECT_EQ(RegistersIn(" PC=0000000000402c10 X00=0000000000000001\nPSTATE=20000000 --C- EL0t"),
            (Registers{{"pc", 0x402c10}, {"x0", 1}, {"pstate", 0x20000000}}));
  EXPECT_EQ(RegistersIn(
                " pc       000000000001217a\n x0/zero  0000000000000000 x10/a0   ff00000000000000"),
            (Registers{{"pc", 0x1217a}, {"zero", 0}, {"a0", 0xff00000000000000}}));
  EXPECT_EQ(RegistersIn("pc=0x00403f8c HI=0x00000037 LO=0x00000000 ds 00e2 00403f70 0\n"
                        "GPR00: r0 00000000 at 00000001 v0 deadbeef v1 67b91d00\n"
                        "CP0 Status  0x24000010 Cause   0x00000000 EPC    0x00000000\n"
                        "    Config0 0x80000482 Config1 0x9e190c8f LLAddr 0x0000000000000000"),
            (Registers{{"pc", 0x403f8c},
                       {"hi", 0x37},
                       {"lo", 0},
                       {"r0", 0},
                       {"at", 1},
                       {"v0", 0xdeadbeef},
                       {"v1", 0x67b91d00}}));
  EXPECT_EQ(RegistersIn("RAX=0000000000000000 RBX=00000040010031f0\n"
                        "R8 =0000000000000001 R10=0000000000000008\n"
                        "RIP=0000000000401665 RFL=00000202 [-------] CPL=3 II=0 A20=1 SMM=0 HLT=0\n"
                        "ES =0000 0000000000000000 00000000 00000000\n"
                        "GDT=     000000400080d000 0000007f\n"
                        "CR0=80010001 CR2=0000000000000000 CR3=0000000000000000 CR4=00000220\n"
                        "CCS=0000000000000000 CCD=0000000000000000 CCO=EFLAGS\n"
                        "EFER=0000000000000500"),
            (Registers{{"rax", 0},
                       {"rbx", 0x40010031f0},
                       {"r8", 1},
                       {"r10", 8},
                       {"rip", 0x401665},
                       {"rfl", 0x202}}));
  EXPECT_TRUE(RegistersIn("\n 00000000 11111111\nR0=\n=12345678").empty());
}

TEST(ProgramRun, TellsThatTheInputWasSent) {
  const std::string began = "percuss-board: began\n";
  EXPECT_FALSE(ReadProgramRun(began, Own()).sent);
  EXPECT_TRUE(ReadProgramRun(began + "percuss-board: sent\n", Own()).sent);
}

TEST(Program, LinuxProgramsAreTakenThisProcessorsToo) {
  EXPECT_TRUE(IsLinuxProgram("/proc/self/exe"));
  EXPECT_EQ(EmulatorOf("/proc/self/exe"), "qemu-x86_64");
  const auto opened = OpenProgram("/proc/self/exe", {});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, common::ErrorCode::kBadInput);
  EXPECT_NE(opened.error().message.find("name its sysroot"), std::string::npos);
  const auto folder = common::TemporaryFolder::Make("program-test").value();
  const auto text = folder.Path() / "text";
  std::ofstream(text) << "no program";
  EXPECT_FALSE(IsLinuxProgram(text));
  EXPECT_FALSE(OpenProgram(text, {}));
}

}  // namespace
}  // namespace percuss::emulation
