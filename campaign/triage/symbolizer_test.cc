// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/symbolizer.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "campaign/supervise/run_tool.h"
#include "common/fs.h"

namespace percuss::campaign {
namespace {

__attribute__((noinline)) uintptr_t Caller() {
  return reinterpret_cast<uintptr_t>(__builtin_return_address(0));
}

// RISC-V's assembler marks code behind data so (RISC-V ABIs Specification 1.0, mapping symbols).
__attribute__((noinline)) uintptr_t HasMappingSymbol() {
  __asm__ volatile("nop\n\"$xrv32i\":");
  return Caller() - 1;
}

TEST(Symbolizer, AMappingSymbolIsNoFunction) {
  const uintptr_t place = HasMappingSymbol();
  Dl_info module;
  ASSERT_NE(dladdr(reinterpret_cast<void*>(&Caller), &module), 0);
  common::StackFrame frame;
  frame.module = std::filesystem::read_symlink("/proc/self/exe").string();
  frame.offset = place - reinterpret_cast<uintptr_t>(module.dli_fbase);
  std::vector<common::StackFrame> stack = {frame};
  Symbolize(stack);
  ASSERT_EQ(stack.size(), 1U);
  EXPECT_NE(stack[0].function.find("HasMappingSymbol"), std::string::npos) << stack[0].function;
  EXPECT_GT(stack[0].line, 0);
}

// Of a function that the linker left out the debug information stays, at 0.
TEST(Symbolizer, WhatNoSegmentHoldsIsNoFunction) {
  const auto folder = common::TemporaryFolder::Make("symbolizer");
  ASSERT_TRUE(folder);
  const std::string source = (folder->Path() / "left_out.c").string();
  const std::string module = (folder->Path() / "left_out").string();
  ASSERT_TRUE(common::WriteFileAtomically(
      source, "int left_out(int number) { return number * 3; }\nvoid kept(void) {}\n"));
  ASSERT_TRUE(RunTool({"clang-14", "-g", "-O1", "-static", "-nostdlib", "-ffunction-sections",
                       "-Wl,--gc-sections,-e,kept", source, "-o", module},
                      {}, 60'000));
  common::StackFrame frame;
  frame.module = module;
  std::vector<common::StackFrame> stack = {frame};
  Symbolize(stack);
  ASSERT_EQ(stack.size(), 1U);
  EXPECT_EQ(stack[0].function, "");
  EXPECT_EQ(stack[0].line, 0);
}

}  // namespace
}  // namespace percuss::campaign
