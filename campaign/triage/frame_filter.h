// SPDX-License-Identifier: Apache-2.0
//
// Which frames are the user's code, by a data table (in the .cc): sanitizer runtimes, allocators,
// the C and C++ libraries, fuzzing drivers and the way into abort are not. A harness's entry is the
// user's code of last resort: it counts only where the stack has nothing better. Pure functions,
// thread-safe.
#pragma once

#include <vector>

#include "common/model/finding.h"

namespace percuss::campaign {

enum class FrameOwner { kRuntime, kHarness, kUser };

[[nodiscard]] FrameOwner OwnerOf(const common::StackFrame& frame);

// Sets user_code of every frame.
void MarkUserCode(std::vector<common::StackFrame>& stack);

}  // namespace percuss::campaign
