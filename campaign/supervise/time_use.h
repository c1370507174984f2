// SPDX-License-Identifier: Apache-2.0
//
// Whether an input over its time worked or waited, and for what: from its cpu clock, the state of
// its process and the system call that it is in (proc(5): stat, syscall, wchan, fd).
//
// Thread-safe for distinct clocks.
#pragma once

#include "campaign/supervise/input_clock.h"
#include "common/model/finding.h"

namespace percuss::campaign {

// While the process still runs. What cannot be read is left out: `how` is then unknown.
[[nodiscard]] common::TimeUse LookAtTimeUse(const InputClock& clock);

// Of a process that has ended, or tells nothing: by its clock alone.
[[nodiscard]] common::TimeUse TimeUseByClock(const InputClock& clock);

}  // namespace percuss::campaign
