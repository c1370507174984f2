// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/stack_text.h"

#include <gtest/gtest.h>

#include "campaign/triage/crash_report.h"

namespace percuss::campaign {
namespace {

TEST(ParseFrameTest, SourceForm) {
  const auto frame = ParseFrame("    #1 0x55d0 in parse_pdu(char const*) /src/my dir/pdu.cc:42:7");
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->function, "parse_pdu");
  EXPECT_EQ(frame->file, "/src/my dir/pdu.cc");
  EXPECT_EQ(frame->line, 42);
  EXPECT_EQ(frame->column, 7);
}

TEST(ParseFrameTest, ModuleForms) {
  const auto named = ParseFrame("#2 0x1 in main (/bin/tar get+0x25d1) (BuildId: 1f2e)");
  ASSERT_TRUE(named);
  EXPECT_EQ(named->function, "main");
  EXPECT_EQ(named->module, "/bin/tar get");
  EXPECT_EQ(named->offset, 0x25d1u);
  const auto bare = ParseFrame("    #3 0x7fe7  (/lib/libc.so.6+0x3c04f) (BuildId: 93)");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->function, "");
  EXPECT_EQ(bare->module, "/lib/libc.so.6");
  EXPECT_EQ(bare->offset, 0x3c04fu);
}

TEST(ParseFrameTest, RelativeFileAndObjectFile) {
  const auto relative = ParseFrame("#0 0x1 in operator new(unsigned long) lib/new.cc:9");
  ASSERT_TRUE(relative);
  EXPECT_EQ(relative->function, "operator new");
  EXPECT_EQ(relative->file, "lib/new.cc");
  EXPECT_EQ(relative->line, 9);
  const auto object = ParseFrame("#4 0x55 in ExecuteFilesOnyByOne aflpp_driver.o");
  ASSERT_TRUE(object);
  EXPECT_EQ(object->function, "ExecuteFilesOnyByOne");
  EXPECT_EQ(object->file, "aflpp_driver.o");
  EXPECT_EQ(object->line, 0);
}

TEST(ParseFrameTest, RejectsWhatIsNoFrame) {
  for (const char* line : {"", "#", "#x 0x1", "#1 12", "# 1 0x", "#99999999999999999999 0x1",
                           "SUMMARY: AddressSanitizer: x"}) {
    EXPECT_FALSE(ParseFrame(line)) << line;
  }
}

TEST(BareFunctionNameTest, LeavesTheName) {
  EXPECT_EQ(BareFunctionName("(anonymous namespace)::Parse(int)"), "(anonymous namespace)::Parse");
  EXPECT_EQ(BareFunctionName("Box::Get(int) const"), "Box::Get");
  EXPECT_EQ(BareFunctionName("void ns::Run<int (*)(char)>(int (*)(char))"),
            "ns::Run<int (*)(char)>");
  EXPECT_EQ(BareFunctionName("f.constprop.0"), "f");
  EXPECT_EQ(BareFunctionName("X::operator()(int) const"), "X::operator()");
  EXPECT_EQ(BareFunctionName("parse_pdu"), "parse_pdu");
}

TEST(ReadStackTest, StopsAtTheFirstStacksEndAndAtTheLimit) {
  const auto stack = ReadStack(
      "noise\n    #0 0x1 in a /f.c:1\n    #1 0x2 in b /f.c:2\n\nfreed by:\n    #0 0x3 in c "
      "/f.c:3\n");
  ASSERT_EQ(stack.size(), 2u);
  EXPECT_EQ(stack[1].function, "b");
  std::string endless = "#0 0x1 in a /f.c:1\n";
  for (int i = 1; i < 200000; i++) endless += "#1 0x1 in a /f.c:1\n";
  EXPECT_EQ(ReadStack(endless).size(), kFrameLimit);
}

}  // namespace
}  // namespace percuss::campaign
