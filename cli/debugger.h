// SPDX-License-Identifier: Apache-2.0
//
// The debugger at a crash, in this terminal, until the user leaves it.
#pragma once

#include <string>
#include <vector>

#include "campaign/replay.h"
#include "common/result.h"

namespace percuss::cli {

// Runs a debugger's command; Ctrl-C is for the debugger. kUnavailable when it could not be started,
// or failed; its Debian package has the program's name.
[[nodiscard]] common::Status RunDebugger(const std::vector<std::string>& argv);

// gdb-multiarch on the firmware and on the board's emulator, which stops where the input would end.
[[nodiscard]] common::Status DebugOnBoard(const campaign::FirmwareInput& input);

// The same on a Linux program, which runs on where its input does: a signal stops it, or SIGTRAP
// where it waits for the next input or takes too long.
[[nodiscard]] common::Status DebugProgram(const campaign::ProgramInput& input);

}  // namespace percuss::cli
