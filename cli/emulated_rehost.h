// SPDX-License-Identifier: Apache-2.0
//
// One input on the fast core: any Cortex-M image, its peripherals answered by the input.
#pragma once

#include <string>

#include "campaign/replay.h"
#include "cli/emulate_outcome.h"
#include "common/result.h"

namespace percuss::cli {

struct RehostArguments {
  std::string firmware;
  std::string config;  // empty: the memory map is guessed
  std::string input;
  bool trace = false;
  bool coverage = false;  // which blocks ran
};

// kUnavailable when nobody can tell what the firmware does with the input.
[[nodiscard]] common::Result<EmulateOutcome> EmulateRehost(const RehostArguments& arguments);

// gdb-multiarch, in this terminal until the user leaves it, on the same input from its first byte
// on: it stops where the input ends, and can go back from there.
[[nodiscard]] common::Status DebugRehost(const RehostArguments& arguments);

// The same of a finding, on the machine that is behind its program.
[[nodiscard]] common::Status DebugOnCore(const campaign::CoreInput& input);

}  // namespace percuss::cli
