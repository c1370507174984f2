// SPDX-License-Identifier: Apache-2.0
//
// What firmware on the fast core prints of a failure when it is asked to explain it
// (emulation/rehost/core/crash_rules.h), as data. The text is hostile: the firmware's names are in
// it. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "campaign/supervise/run_input.h"
#include "common/model/firmware_crash.h"

namespace percuss::campaign {

// In the environment of a target: explain what fails.
inline constexpr const char* kExplainVariable = "PERCUSS_EXPLAIN";

// An explanation takes many runs of the input.
[[nodiscard]] InputLimits LimitsToExplain(const InputLimits& limits);

// All empty where nothing of it is in the log. What is malformed is left out.
[[nodiscard]] common::FirmwareCrash ReadFirmwareCrash(std::string_view log);

// For a person, with ends of lines; empty where nothing is known.
[[nodiscard]] std::string FirmwareCrashText(const common::FirmwareCrash& crash);
// "confirmed by ..., after 12 instructions"; empty where it is no matter of this finding.
[[nodiscard]] std::string ConfirmationText(const common::Confirmation& confirmation);

}  // namespace percuss::campaign
