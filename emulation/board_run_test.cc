// SPDX-License-Identifier: Apache-2.0
#include "emulation/board_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace percuss::emulation {
namespace {

using ::testing::HasSubstr;

constexpr const char* kBusFault =
    "qemu-system-arm: warning: nic lan9118.0 has no peer\n"
    "percuss-board: began\n"
    "percuss-board: ended fault pc=0x152 address=0x0 unread=3 instructions=167 ns=6680 exception=1 "
    "rule=HardFault_Handler\n"
    "percuss-board: registers R00=00000001 R01=00000002 R02=70000000 R03=00000063\n"
    "percuss-board: registers R12=00000000 R13=2000ffc8 R14=fffffff9 R15=000000c0\n"
    "percuss-board: scb cfsr=0x00008200\n"
    "percuss-board: scb bfar=0x70000000\n"
    "percuss-board: memory 0x2000ffc8 "
    "010000000200000000000070630000000c0000002b0100005001000000020021\n";

TEST(BoardRunTest, GoesBackToBeforeTheFault) {
  const BoardRun run = ReadBoardRun(kBusFault);
  EXPECT_EQ(run.ended, "fault");
  EXPECT_EQ(run.rule, "HardFault_Handler");
  EXPECT_EQ(run.instructions, 167U);
  EXPECT_EQ(run.device_ns, 6680U);
  EXPECT_EQ(run.unread, 3U);
  EXPECT_EQ(run.registers.at(2), 0x70000000U);
  EXPECT_EQ(run.registers.at(12), 0xcU);
  EXPECT_EQ(run.registers.at(14), 0x12bU);
  EXPECT_EQ(run.registers.at(15), 0x150U);
  // Eight words, and one of padding, as bit 9 of the stacked xPSR says.
  EXPECT_EQ(run.registers.at(13), 0x2000ffc8U + 36U);
}

// LR says where the frame is: 0xfffffffd, on the process stack, which the handler does not use.
TEST(BoardRunTest, GoesBackToBeforeTheFaultOfATask) {
  const std::string of_handler =
      "percuss-board: began\n"
      "percuss-board: ended fault pc=0x152 address=0x0 unread=0 instructions=1 ns=1 exception=1 "
      "rule=HardFault_Handler\n"
      "percuss-board: registers R13=2000ffc8 R14=fffffffd R15=000000c0\n"
      "percuss-board: memory 0x2000ffc8 "
      "0900000009000000090000000900000009000000090000000900000009000000\n";
  const std::string of_task =
      "percuss-board: psp 0x20004000\n"
      "percuss-board: memory 0x20004000 "
      "010000000200000000000070630000000c0000002b0100005001000000000021\n";
  const BoardRun told = ReadBoardRun(of_handler + of_task);
  EXPECT_EQ(told.registers.at(14), 0x12bU);
  EXPECT_EQ(told.registers.at(15), 0x150U);
  EXPECT_EQ(told.registers.at(13), 0x20004020U);
  // Where it is not known, what is on the other stack is nobody's frame.
  const BoardRun untold = ReadBoardRun(of_handler);
  EXPECT_EQ(untold.registers, (Registers{{15, 0x152}}));
}

TEST(BoardRunTest, TellsWhatTheFaultRegistersMean) {
  BoardRun run = ReadBoardRun(kBusFault);
  EXPECT_EQ(MeaningOf(run).bug_class, "segv");
  EXPECT_EQ(MeaningOf(run).words, "precise data bus error at 0x70000000");
  run.fault_registers = {{"cfsr", 0x82}, {"mmfar", 4}};
  EXPECT_EQ(MeaningOf(run).bug_class, "null-dereference");
  run.fault_registers = {{"cfsr", 1U << 25}};
  EXPECT_EQ(MeaningOf(run).bug_class, "division-by-zero");
  run.fault_registers = {{"cfsr", 1U << 4}};
  EXPECT_EQ(MeaningOf(run).bug_class, "stack-overflow");
  run.fault_registers = {};
  EXPECT_THAT(MeaningOf(run).words, HasSubstr("without a reason"));
}

// Without a frame of Cortex-M's the registers are those of the handler.
TEST(BoardRunTest, TakesAFaultOfCortexAAsItStands) {
  const BoardRun run = ReadBoardRun(
      "percuss-board: began\n"
      "percuss-board: ended fault pc=0x60000104 address=0x0 unread=0 instructions=9 ns=90 "
      "exception=0 rule=DataAbort_Handler\n"
      "percuss-board: registers R12=0000000c R13=60101000 R14=60001633 R15=60000104\n"
      "percuss-board: memory 0x60101000 f8150060730100206000000000000000\n");
  EXPECT_EQ(run.registers.at(13), 0x60101000U);
  EXPECT_EQ(run.registers.at(14), 0x60001633U);
  EXPECT_EQ(MeaningOf(run).bug_class, "segv");
  EXPECT_THAT(MeaningOf(run).words, HasSubstr("exception"));
}

TEST(BoardRunTest, ALockupCountsOnlyOnceAnInputRuns) {
  const std::string words =
      "qemu: fatal: Lockup: can't escalate 3 to HardFault (current 3)\n\n"
      "R00=00000001 R01=00000000\n";
  EXPECT_EQ(ReadBoardRun(words).ended, "error");
  EXPECT_THAT(ReadBoardRun(words).error, HasSubstr("before the checkpoint"));
  EXPECT_EQ(ReadBoardRun("percuss-board: began\n" + words).ended, "lockup");
}

TEST(BoardRunTest, SilenceAndNoiseAreNoVerdict) {
  EXPECT_EQ(ReadBoardRun("").ended, "error");
  EXPECT_EQ(ReadBoardRun("percuss-board: began\n").ended, "error");
  EXPECT_EQ(ReadBoardRun("done\nfault\nqemu: terminating on signal 15\n").ended, "error");
  const BoardRun missing = ReadBoardRun("percuss-board: error this build of QEMU lacks bql_lock\n");
  EXPECT_EQ(missing.ended, "error");
  EXPECT_EQ(missing.error, "this build of QEMU lacks bql_lock");
}

TEST(BoardRunTest, AnInputThatDidNotArriveIsNoneThatWentWell) {
  const std::string began = "percuss-board: began\n";
  const BoardRun whole = ReadBoardRun(
      began +
      "percuss-board: ended done pc=0x2 address=0x0 unread=1 cut=0 instructions=9 ns=3 "
      "exception=0 rule=idle\n");
  EXPECT_EQ(WhyInconclusive(whole, 4), "");
  EXPECT_EQ(WhyInconclusive(whole, 0), "");
  EXPECT_THAT(WhyInconclusive(whole, 1), HasSubstr("read no byte"));
  BoardRun cut = ReadBoardRun(
      began +
      "percuss-board: ended done pc=0x2 address=0x0 unread=0 cut=3 instructions=9 ns=3 "
      "exception=0 rule=firmware_input_done\n");
  EXPECT_TRUE(cut.began);
  EXPECT_THAT(WhyInconclusive(cut, 7), HasSubstr("the last 3 of the input's 7 bytes"));
  cut.ended = "fault";  // which is one, whatever else the input holds
  EXPECT_EQ(WhyInconclusive(cut, 7), "");
}

TEST(BoardRunTest, DamagedLinesDoNoHarm) {
  const std::string text = kBusFault;
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    const BoardRun run = ReadBoardRun(text.substr(0, cut));
    static_cast<void>(MeaningOf(run));
    static_cast<void>(TextAt(run, 0x2000ffc8));
  }
  const BoardRun run = ReadBoardRun(
      "percuss-board: began\npercuss-board: ended fault pc=zz address= exception=1 rule=\n"
      "percuss-board: registers R99=00000001 R=1 R13=xyz\n"
      "percuss-board: memory 0xffffffffffffffff 0\npercuss-board: memory\npercuss-board: scb\n");
  EXPECT_EQ(run.ended, "fault");
  EXPECT_EQ(WordOf(run, 0xfffffffffffffffe), std::nullopt);
}

TEST(BoardRunTest, KeepsTheOrderOfBlocks) {
  const BoardRun run = ReadBoardRun(
      "percuss-board: began\npercuss-board: at 0x1a76\npercuss-board: at 0x10\n"
      "percuss-board: at nowhere\npercuss-board: at 0x1a76\n");
  EXPECT_EQ(run.blocks, (std::vector<uint64_t>{0x1a76, 0x10, 0x1a76}));
}

TEST(BoardRunTest, ReadsWordsAcrossNothing) {
  BoardRun run;
  run.memory[0x100] = std::string("\x01\x02\x03\x04\x05", 5);
  EXPECT_EQ(WordOf(run, 0x100), 0x04030201U);
  EXPECT_EQ(WordOf(run, 0x101), 0x05040302U);
  EXPECT_EQ(WordOf(run, 0x102), std::nullopt);
  EXPECT_EQ(WordOf(run, 0xff), std::nullopt);
}

}  // namespace
}  // namespace percuss::emulation
