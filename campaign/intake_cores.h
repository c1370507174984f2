// SPDX-License-Identifier: Apache-2.0
//
// Core files that were handed in, held against the target's programs: those of one become what gdb
// says of them, a log without an input; all others are passed over with the reason. Runs gdb.
#pragma once

#include <atomic>

#include "campaign/campaign_file.h"
#include "campaign/intake/intake.h"

namespace percuss::campaign {

// None is left in intake.cores. What is not looked at once `interrupted` is set is passed over.
// Thread-safe for distinct intakes.
void TakeCores(const TargetSpec& target, const std::atomic<bool>& interrupted, Intake& intake);

}  // namespace percuss::campaign
