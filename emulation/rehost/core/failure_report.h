// SPDX-License-Identifier: Apache-2.0
//
// What of a run's end is a failure of the firmware, and the text that says so: in the form of
// emulation/board_run.h, so that triage reads both alike. Not thread-safe.
#pragma once

#include <string>

#include "emulation/rehost/core/fault_status.h"
#include "emulation/rehost/core/machine.h"

namespace percuss::rehost {

// The input, a limit, an exit, sleep without end and a reset that the firmware asks for are none.
[[nodiscard]] bool IsFailure(End end);
// In words.
[[nodiscard]] std::string_view NameOf(End end);

// The fault registers as the handler would have found them: where a fault ends the input, it has
// not been taken. The machine stays as it is.
[[nodiscard]] FaultStatus FaultsAt(Machine& machine, const Outcome& outcome);

// "percuss: firmware CLASS: what in FUNCTION", numbered frames, registers, fault registers, counts,
// and what the last loads from peripherals were answered with. Of a machine as the run has left it.
[[nodiscard]] std::string DescribeFailure(Machine& machine, const Outcome& outcome);

// The same for as long as it is the same failure: its class and the innermost frames.
[[nodiscard]] std::string FailureKey(Machine& machine, const Outcome& outcome);

}  // namespace percuss::rehost
