// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/memory_block.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "campaign/triage/crash_fixture.h"

namespace percuss::campaign {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

common::MemoryBlock Block(const std::string& name) {
  const auto text = common::ReadFile(std::string(PERCUSS_TRIAGE_FIXTURES) + "/" + name + ".log");
  return ReadMemoryBlock(text.value_or(""), Fixture(name));
}

// The user's own, with their lines.
std::vector<std::string> Places(const std::vector<common::StackFrame>& stack) {
  std::vector<std::string> places;
  for (const auto& frame : stack) {
    if (frame.user_code) places.push_back(frame.function + ":" + std::to_string(frame.line));
  }
  return places;
}

TEST(MemoryBlockTest, TellsWhoAllocatedAndWhoFreed) {
  const auto block = Block("asan_use_after_free");
  EXPECT_EQ(block.what, "1 bytes inside of 8-byte region");
  EXPECT_THAT(Places(block.allocated), ElementsAre("UseAfterFree:48", "TableOne:152"));
  EXPECT_THAT(Places(block.freed), ElementsAre("UseAfterFree:49", "TableOne:152"));
}

TEST(MemoryBlockTest, TellsTheSameOfValgrind) {
  const auto block = Block("valgrind_use_after_free");
  EXPECT_EQ(block.what, "1 bytes inside a block of size 8 free'd");
  EXPECT_THAT(Places(block.allocated), ElementsAre("UseAfterFree:48", "TableOne:159"));
  EXPECT_THAT(Places(block.freed), ElementsAre("UseAfterFree:49", "TableOne:159"));
  EXPECT_THAT(Block("valgrind_heap_write").freed, IsEmpty());
}

TEST(MemoryBlockTest, TellsWhereWhatIsNotInitialisedCameFrom) {
  const auto block = Block("msan_uninitialised");
  EXPECT_EQ(block.what, "Uninitialized value was created by a heap allocation");
  EXPECT_THAT(Places(block.allocated), ElementsAre("Uninitialised:118", "TableTwo:180"));
}

TEST(MemoryBlockTest, KeepsModuleAndOffsetWhereThereAreNoNames) {
  const auto block = Block("asan_unsymbolised");
  ASSERT_FALSE(block.allocated.empty());
  EXPECT_FALSE(block.allocated.front().module.empty());
  EXPECT_NE(block.allocated.front().offset, 0U);
}

TEST(MemoryBlockTest, ReadsWhereFirmwaresBadValueIsFrom) {
  const std::string text =
      "percuss: firmware heap-use-after-free: read of 2 bytes at 0x2000d9c8\n"
      "    #0 0x15bc in get_status ./therapy.c:22\n\n  r0=0x00000000\n\n"
      "bad value: r3, base of `ldrh r3, [r3]` at 0x000015bc; it is what the allocator gave\n\n"
      "written by: (4 bytes to 0x200043b4)\n    #0 0x169c in give_bolus ./therapy.c:59\n\n"
      "written before that by: (4 bytes to 0x20003f7c)\n    #0 0x28ce in other ./other.c:80\n\n"
      "allocated by:\n    #0 0x168b in give_bolus ./therapy.c:56\n\n"
      "freed by:\n    #0 0x1639 in end_bolus ./therapy.c:41\n\n";
  CrashReport report;
  report.message = "firmware heap-use-after-free: read of 2 bytes";
  const auto block = ReadMemoryBlock(text, report);
  EXPECT_EQ(block.bad_value,
            "r3, base of `ldrh r3, [r3]` at 0x000015bc; it is what the allocator gave");
  EXPECT_THAT(Places(block.written), ElementsAre("give_bolus:59"));
  EXPECT_THAT(Places(block.allocated), ElementsAre("give_bolus:56"));
  EXPECT_THAT(Places(block.freed), ElementsAre("end_bolus:41"));
  report.message = "firmware reset";
  const std::string unknown = "percuss: firmware reset\nbad value: not known: no access failed\n";
  EXPECT_EQ(ReadMemoryBlock(unknown, report).bad_value, "");
}

TEST(MemoryBlockTest, SaysNothingWhereTheLogDoesNot) {
  const auto block = Block("asan_div_zero");
  EXPECT_EQ(block.what, "");
  EXPECT_THAT(block.allocated, IsEmpty());
  EXPECT_THAT(block.freed, IsEmpty());
}

// Cut off anywhere, and with a stack that does not end.
TEST(MemoryBlockTest, ReadsWhatIsCutOffOrEndless) {
  const std::string text =
      common::ReadFile(std::string(PERCUSS_TRIAGE_FIXTURES) + "/asan_use_after_free.log").value();
  const CrashReport report = Fixture("asan_use_after_free");
  for (size_t size = 0; size < text.size(); size += 37) {
    EXPECT_LE(ReadMemoryBlock(text.substr(0, size), report).freed.size(), kMostBlockFrames);
  }
  std::string endless = text.substr(0, text.find("freed by thread"));
  endless += "freed by thread T0 here:\n";
  for (int i = 0; i < 5000; ++i) endless += "    #" + std::to_string(i) + " 0x1 in f /a.c:1:1\n";
  EXPECT_EQ(ReadMemoryBlock(endless, report).freed.size(), kMostBlockFrames);
}

}  // namespace
}  // namespace percuss::campaign
