// SPDX-License-Identifier: Apache-2.0
//
// Asks percuss-confirm, a program of its own (docs/adr/0043), whether a failure on the fast core is
// one on another processor too. Thread-safe.
#pragma once

#include <filesystem>

#include "common/model/firmware_crash.h"

namespace percuss::campaign {

// Beside this program, or what PERCUSS_CONFIRM names. It need not be there.
[[nodiscard]] std::filesystem::path ConfirmProgram();

// target: the program with the machine behind it. Whatever goes wrong is told as not_run, with the
// reason; never without a verdict.
[[nodiscard]] common::Confirmation ConfirmOnOtherProcessor(const std::filesystem::path& program,
                                                           const std::filesystem::path& target,
                                                           const std::filesystem::path& input);

}  // namespace percuss::campaign
