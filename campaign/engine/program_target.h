// SPDX-License-Identifier: Apache-2.0
//
// A Linux program for another processor as a target of a campaign: how AFL++ runs it, how one input
// is run through it, by `percuss emulate`, and what of its sysroot has to travel with it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "campaign/engine/board_target.h"
#include "campaign/linux_program.h"
#include "common/model/run_record.h"
#include "common/result.h"

namespace percuss::campaign {

// kBadInput for a file or a setup with which no emulator could run it. That there is no emulator is
// no mistake of the campaign file.
[[nodiscard]] common::Status CheckProgram(const std::filesystem::path& file,
                                          const LinuxProgram& program);

// The program's emulator and our plugin in it.
[[nodiscard]] std::vector<common::Tool> ProgramTools(const std::filesystem::path& file);

// For afl-fuzz to run behind "--".
[[nodiscard]] common::Result<BoardCommand> FuzzedProgram(const std::filesystem::path& file,
                                                         const LinuxProgram& program);

// As EmulateCommand.
[[nodiscard]] std::vector<std::string> EmulateProgramCommand(const std::string& percuss,
                                                             const std::string& file,
                                                             const LinuxProgram& program,
                                                             const std::string& input);

// Copies the loader and the libraries that a dynamic program asks for.
[[nodiscard]] common::Status CopySysroot(const std::filesystem::path& file,
                                         const LinuxProgram& program,
                                         const std::filesystem::path& to);

}  // namespace percuss::campaign
