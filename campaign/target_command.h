// SPDX-License-Identifier: Apache-2.0
//
// How a target of the campaign file is run on one input.
#pragma once

#include <string>

#include "campaign/campaign_file.h"
#include "campaign/supervise/run_input.h"

namespace percuss::campaign {

// The role that runs seeds and regression inputs: libfuzzer where there is one, else aflpp, else
// firmware or a program.
[[nodiscard]] std::string MainRole(const TargetSpec& target);
// Which build answers for what an engine saw: the main one where the target has none of its own for
// that engine.
[[nodiscard]] std::string RoleFor(const TargetSpec& target, const std::string& engine);
// Builds that can judge a finding; they travel with the package, firmware with its board.
[[nodiscard]] bool JudgesFindings(const std::string& role);
// role: libfuzzer, aflpp, msan, firmware or program; the target must have a binary of it.
[[nodiscard]] TargetCommand CommandFor(const TargetSpec& target, const std::string& role);
// The same from a file that may lie elsewhere, with the board's description for firmware.
[[nodiscard]] TargetCommand CommandOf(const std::string& role, const std::filesystem::path& binary,
                                      const std::filesystem::path& board);
[[nodiscard]] TargetCommand CommandOf(const std::filesystem::path& binary,
                                      const LinuxProgram& program);
[[nodiscard]] InputLimits LimitsFor(const TargetSpec& target);

}  // namespace percuss::campaign
