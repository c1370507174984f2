// SPDX-License-Identifier: Apache-2.0
//
// Firmware on an emulated board as a target of a campaign: which description is meant, how AFL++
// runs it, and how one input is run on it, by `percuss emulate`.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/model/run_record.h"
#include "common/result.h"

namespace percuss::campaign {

struct BoardFacts {
  std::filesystem::path file;
  std::vector<std::string> fidelity_limits;
};

// A name of a shipped board, or a file relative to `folder`. kBadInput.
[[nodiscard]] common::Result<BoardFacts> FindBoard(const std::string& name_or_file,
                                                   const std::filesystem::path& folder);

// Whether the image runs on this board, and what of the board's description goes unwatched in it
// (emulation/board_places.h). kBadInput; what the host lacks is none of it.
[[nodiscard]] common::Result<std::vector<std::string>> CheckFirmware(
    const std::filesystem::path& firmware, const std::filesystem::path& board);

// Asks the board's emulator whether it has the machine (emulation/board_places.h). Well where the
// emulator does not answer, which whoever runs it finds out.
[[nodiscard]] common::Status CheckMachine(const std::filesystem::path& board);

// The board's emulator and our plugin in it: a verdict and a replay lean on both.
[[nodiscard]] std::vector<common::Tool> BoardTools(const std::filesystem::path& board);

struct BoardCommand {
  std::vector<std::string> argv;
  std::map<std::string, std::string> environment;  // for afl-fuzz, which hands it on
  int64_t most_input_bytes = 0;                    // that reach the target; 0: any number
};

// For afl-fuzz to run behind "--"; begins with the emulator's path.
[[nodiscard]] common::Result<BoardCommand> FuzzedBoard(const std::filesystem::path& firmware,
                                                       const std::filesystem::path& board);

// `percuss` is the program as named; `input` a path, or the word that a path will take the place
// of.
[[nodiscard]] std::vector<std::string> EmulateCommand(const std::string& percuss,
                                                      const std::string& firmware,
                                                      const std::string& board,
                                                      const std::string& input);
// This program's own path.
[[nodiscard]] std::string ThisProgram();

}  // namespace percuss::campaign
