// SPDX-License-Identifier: Apache-2.0
#include "emulation/rehost/rehost_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "emulation/rehost/small_firmware.h"

namespace percuss::emulation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

RehostRun RunOf(const rehost::MachineImage& image, const std::string& input, bool trace = false) {
  rehost::Machine machine(image);
  return RunOnCore(machine, input, {trace, [](uint32_t address) {
                                      return address == kSmallFault ? std::string("main+0x18")
                                                                    : std::string();
                                    }});
}

TEST(RehostRunTest, AFaultIsToldAsTheProcessorWouldHave) {
  const BoardRun run = RunOf(SmallFirmware(false), Words({1, 44, 7})).run;
  EXPECT_EQ(run.ended, "fault");
  EXPECT_EQ(run.rule, "main+0x18");
  EXPECT_EQ(run.pc, kSmallFault);
  EXPECT_EQ(run.registers.at(15), kSmallFault);
  EXPECT_EQ(run.registers.at(0), 44U);
  EXPECT_EQ(run.unread, 4U);
  EXPECT_EQ(run.instructions, 8U);
  EXPECT_EQ(run.fault_registers.at("cfsr"), 0x8200U);  // PRECISERR, BFARVALID
  EXPECT_EQ(run.fault_registers.at("bfar"), 44U);
  EXPECT_EQ(run.fault_registers.at("hfsr"), 0x40000000U);  // FORCED: no handler of its own is on
  const FaultMeaning meaning = MeaningOf(run);
  EXPECT_EQ(meaning.words, "precise data bus error at 0x0000002c");
  EXPECT_EQ(meaning.bug_class, "null-dereference");
  const std::string text = Describe(run, ElfImage());
  EXPECT_THAT(text,
              HasSubstr("null-dereference: precise data bus error at 0x0000002c in main+0x18"));
  EXPECT_THAT(text, HasSubstr("8 instructions, 4 bytes unread"));
}

TEST(RehostRunTest, AnInputThatIsUsedUpIsDone) {
  const BoardRun run = RunOf(SmallFirmware(false), Words({1, 2}) + "x").run;
  EXPECT_EQ(run.ended, "done");
  EXPECT_EQ(run.unread, 1U);
  EXPECT_TRUE(run.fault_registers.empty());
  EXPECT_EQ(WhyInconclusive(run, 9), "");
  EXPECT_NE(WhyInconclusive(RunOf(SmallFirmware(false), "x").run, 1), "");
}

TEST(RehostRunTest, ExitsAndAssertionsAreNamed) {
  rehost::MachineImage image = SmallFirmware(false);
  image.assertions = {kSmallFault};
  const BoardRun failed = RunOf(image, Words({44})).run;
  EXPECT_EQ(failed.ended, "assert");
  EXPECT_EQ(failed.rule, "main+0x18");
  image.exits = {kSmallFault};
  image.assertions = {};
  const BoardRun left = RunOf(image, Words({44})).run;
  EXPECT_EQ(left.ended, "done");
  EXPECT_EQ(left.rule, "main+0x18");
}

std::vector<std::string> TraceOf(const RehostRun& result) {
  std::vector<std::string> told;
  for (const RehostEvent& event : result.events) {
    if (event.kind == RehostEvent::Kind::kBlock) told.push_back("block");
    if (event.kind == RehostEvent::Kind::kException) told.push_back(ExceptionName(event.exception));
    if (event.kind == RehostEvent::Kind::kLoad) told.push_back(std::to_string(event.value));
  }
  return told;
}

TEST(RehostRunTest, TheTraceHasBlocksExceptionsAndLoadsInOrder) {
  const RehostRun result = RunOf(SmallFirmware(false), Words({1, 2}), true);
  EXPECT_THAT(TraceOf(result), ElementsAre("block", "1", "block", "2", "block"));
  EXPECT_THAT(result.run.blocks, ElementsAre(kSmallLoop, kSmallLoop, kSmallLoop));
  EXPECT_EQ(result.events[1].address, kSmallDevice);
  EXPECT_EQ(result.events[1].size, 4U);
  EXPECT_EQ(result.events[1].pc, kSmallLoop);
  EXPECT_THAT(TraceOf(RunOf(SmallFirmware(true), Words({1, 2}), true)),
              testing::Contains("interrupt 0"));
  EXPECT_EQ(RunOf(SmallFirmware(true), Words({1, 2})).events.size(), 0U);
}

TEST(RehostRunTest, TheStackIsThere) {
  rehost::MachineImage image = SmallFirmware(true);
  image.assertions = {kSmallHandler};
  const BoardRun run = RunOf(image, Words({1, 2, 3, 4, 44})).run;
  const auto stack = static_cast<uint32_t>(run.registers.at(13));
  EXPECT_EQ(stack, kSmallRam + kSmallRamBytes - 32);
  EXPECT_EQ(run.memory.at(stack).size(), 32U);
  EXPECT_EQ(WordOf(run, stack + 24), kSmallLoop);  // where the exception goes back to
}

TEST(RehostRunTest, AFirmwareThatFailsBeforeItReadsSaysNothingOfTheInput) {
  rehost::MachineImage image = SmallFirmware(false);
  image.entry = kSmallFault | 1U;
  const BoardRun run = RunOf(image, "abcd").run;
  EXPECT_EQ(run.ended, "error");
  EXPECT_THAT(run.error, HasSubstr("main+0x18"));
}

TEST(RehostRunTest, AFaultAtTheBeginningOfAFunctionStaysInTheStack) {
  rehost::Machine machine(SmallFirmware(false));
  const auto named = [](uint32_t) { return std::string("load"); };
  EXPECT_EQ(RunOnCore(machine, Words({44}), {false, named}).run.rule, "load+0x0");
}

TEST(RehostRunTest, ABreakpointIsAFault) {
  rehost::MachineImage image = SmallFirmware(false);
  image.regions[0].bytes.replace(kSmallFault - kSmallFlash, 2, Halfwords({0xbe00}));
  const BoardRun run = RunOf(image, Words({44})).run;
  EXPECT_EQ(run.ended, "fault");
  EXPECT_EQ(MeaningOf(run).bug_class, "assertion-failure");
}

}  // namespace
}  // namespace percuss::emulation
