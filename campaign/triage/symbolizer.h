// SPDX-License-Identifier: Apache-2.0
//
// Names for the frames of a report that was made without symbols, by llvm-symbolizer and the debug
// information of the modules as they are now.
#pragma once

#include <vector>

#include "common/model/finding.h"

namespace percuss::campaign {

// Frames that have a module and no function get their names, and where calls were inlined, become
// several. What cannot be named (no tool, no such module, a stripped one) stays as it is.
// Thread-safe.
void Symbolize(std::vector<common::StackFrame>& stack);

}  // namespace percuss::campaign
