// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/symbolizer.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <filesystem>

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

}  // namespace
}  // namespace percuss::campaign
