// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/frame_filter.h"

#include <gtest/gtest.h>

namespace percuss::campaign {
namespace {

// Debian's picolibc comes with lines; whom to look at is who called it.
TEST(FrameFilterTest, FirmwaresLibraryIsNoCodeOfTheUser) {
  common::StackFrame copy;
  copy.function = "__aeabi_memcpy8";
  copy.file = "./arm-none-eabi/../../../newlib/libc/machine/arm/../../string/memcpy.c";
  copy.line = 80;
  common::StackFrame caller;
  caller.function = "pump_library_read";
  caller.file = "./targets/reference/pump/pump_library.c";
  caller.line = 80;
  std::vector<common::StackFrame> stack = {copy, caller};
  MarkUserCode(stack);
  EXPECT_FALSE(stack[0].user_code);
  EXPECT_TRUE(stack[1].user_code);
}

}  // namespace
}  // namespace percuss::campaign
