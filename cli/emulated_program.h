// SPDX-License-Identifier: Apache-2.0
//
// One input through a Linux program for another processor.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "common/result.h"
#include "emulation/program.h"

namespace percuss::cli {

struct ProgramArguments {
  std::string program;
  std::string input;
  emulation::ProgramSetup setup;
  bool trace = false;
  int64_t timeout_s = 60;
};

struct ProgramOutcome {
  emulation::ProgramRun run;
  std::string text;  // what happened, as a sanitizer would say it; empty where the program exited
  std::string said;  // by the program and its emulator
  std::vector<std::pair<uint64_t, std::string>> trace;  // blocks and where they lie
};

// kUnavailable when nobody can tell what the program did with the input.
[[nodiscard]] common::Result<ProgramOutcome> EmulateProgram(const ProgramArguments& arguments);

// The emulator's command for one input: its path takes its place in the program's arguments.
[[nodiscard]] std::vector<std::string> ArgvFor(const emulation::Program& program,
                                               const std::string& input);

// To standard output, as the context wants it.
void PrintProgramOutcome(const ProgramOutcome& outcome, const CommandContext& context);

}  // namespace percuss::cli
