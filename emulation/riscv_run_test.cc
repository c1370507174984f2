// SPDX-License-Identifier: Apache-2.0
#include "emulation/riscv_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace percuss::emulation {
namespace {

using ::testing::HasSubstr;

// As QEMU 7.2 prints a hart.
std::string Log(const std::string& ended, const std::string& cause, const std::string& value) {
  return "percuss-board: began\n"
         "percuss-board: ended " +
         ended +
         " pc=0x80000100 address=0x0 unread=0 instructions=50262 ns=502620 exception=1 "
         "rule=Exception_Handler\n"
         "percuss-board: registers  V      =   0\n"
         "percuss-board: registers  pc       800004f8\n"
         "percuss-board: registers  mstatus  00001880\n"
         "percuss-board: registers  mepc     80000966\n"
         "percuss-board: registers  mcause   " +
         cause + "\npercuss-board: registers  mtval    " + value +
         "\npercuss-board: registers  x0/zero  00000000 x1/ra    8000095c x2/sp    80404ec0\n"
         "percuss-board: registers  x8/s0    8040521c x9/s1    00000000 x10/a0   80404ec4\n"
         "percuss-board: memory 0x80404ec0 f453408068656c6c6f00\n";
}

TEST(RiscvRunTest, AFaultIsWhereMepcSays) {
  const BoardRun run = ReadBoardRun(Log("fault", "00000005", "00000004"));
  EXPECT_TRUE(run.riscv);
  EXPECT_EQ(run.registers.at(kProgramCounterOfRiscv), 0x80000966U);
  EXPECT_EQ(run.registers.at(1), 0x8000095cU);
  EXPECT_EQ(run.registers.at(2), 0x80404ec0U);
  EXPECT_EQ(run.registers.at(10), 0x80404ec4U);
  EXPECT_EQ(run.fault_registers.at("mcause"), 5U);
  EXPECT_EQ(RegisterName(run, 10), "a0");
  EXPECT_EQ(RegisterName(run, kProgramCounterOfRiscv), "pc");
}

// The registers are then those of the handler, and mepc is an older interrupt's.
TEST(RiscvRunTest, WhatIsNoFaultHasNoCause) {
  const BoardRun run = ReadBoardRun(Log("property", "80000007", "00000000"));
  EXPECT_EQ(run.registers.at(kProgramCounterOfRiscv), 0x800004f8U);
  EXPECT_TRUE(run.fault_registers.empty());
}

TEST(RiscvRunTest, TheCauseIsToldInWordsWithItsClass) {
  struct Case {
    const char* cause;
    const char* value;
    const char* bug_class;
    const char* words;
  };
  const Case cases[] = {
      {"00000000", "90000001", "segv", "instruction address misaligned at 0x90000001"},
      {"00000001", "90000000", "segv", "instruction access fault at 0x90000000"},
      {"00000001", "00000000", "null-dereference", "instruction access fault at 0x00000000"},
      {"00000002", "0000ffff", "illegal-instruction", "illegal instruction 0xffff"},
      {"00000003", "00000000", "trap", "breakpoint"},
      {"00000004", "80404001", "misaligned-access", "load address misaligned at 0x80404001"},
      {"00000005", "00000004", "null-dereference", "load access fault at 0x00000004"},
      {"00000006", "80404001", "misaligned-access", "store address misaligned at 0x80404001"},
      {"00000007", "80000000", "segv", "store access fault at 0x80000000"},
      {"00000007", "80404eb8", "stack-overflow", "store access fault at 0x80404eb8"},
      {"00000005", "80404ecc", "stack-overflow", "load access fault at 0x80404ecc"},
      {"0000000c", "80404ecc", "segv", "instruction page fault at 0x80404ecc"},
      {"00000018", "00000000", "segv", "the processor took exception 24"},
  };
  for (const Case& one : cases) {
    const FaultMeaning meaning = MeaningOf(ReadBoardRun(Log("fault", one.cause, one.value)));
    EXPECT_EQ(meaning.bug_class, one.bug_class) << one.cause << " " << one.value;
    EXPECT_EQ(meaning.words, one.words);
  }
}

TEST(RiscvRunTest, DamagedLinesDoNoHarm) {
  const std::string text = Log("fault", "00000005", "00000004");
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    const BoardRun run = ReadBoardRun(text.substr(0, cut));
    static_cast<void>(MeaningOf(run));
  }
  const BoardRun run = ReadBoardRun(
      "percuss-board: began\npercuss-board: ended fault exception=1 rule=x\n"
      "percuss-board: registers x99/sp 1 x/ 2 x1/ra zz pc x2/sp\n"
      "percuss-board: registers x3/gp 00000007\n"
      "percuss-board: registers mcause\npercuss-board: registers x\n");
  EXPECT_EQ(run.registers, (Registers{{3, 7}}));
  EXPECT_THAT(MeaningOf(run).words, HasSubstr("exception"));
}

}  // namespace
}  // namespace percuss::emulation
