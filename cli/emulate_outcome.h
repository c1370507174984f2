// SPDX-License-Identifier: Apache-2.0
//
// What `percuss emulate` tells of firmware, whatever ran it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "common/json_file.h"
#include "common/model/firmware_crash.h"
#include "emulation/board_run.h"

namespace percuss::cli {

// A block that was entered; or, with `what`, what happened at that address.
struct TraceLine {
  uint64_t address = 0;
  std::string place;
  std::string what;
};

struct EmulateOutcome {
  emulation::BoardRun run;
  std::string inconclusive;        // why, where the run says nothing of the input
  std::vector<std::string> notes;  // on what goes unwatched, or is guessed
  std::string text;  // what happened, as a sanitizer would say it; empty where the input went well
  std::string log;   // of the emulator
  std::vector<TraceLine> trace;
  common::Json bad_value;          // where it was asked for
  common::Json coverage;           // the same
  std::string coverage_text;       // for people
  common::FirmwareCrash firmware;  // of a crash on the fast core, but for the registers
};

// Exit code, notes, and the outcome to standard output, as the context wants it.
void TellOutcome(const EmulateOutcome& outcome, CommandContext& context);

}  // namespace percuss::cli
