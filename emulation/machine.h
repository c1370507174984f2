// SPDX-License-Identifier: Apache-2.0
//
// The command that runs a firmware image on a board, with our plugin loaded. With AFL++ on the
// other side it serves one input after another; otherwise it runs the input of PERCUSS_BOARD_INPUT.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/result.h"
#include "emulation/board.h"
#include "emulation/elf_image.h"

namespace percuss::emulation {

struct MachineCommand {
  std::vector<std::string> argv;
  std::map<std::string, std::string> environment;
};

// kBadInput when the image lacks the board's checkpoint or buffer; kUnavailable when the plugin was
// not built.
[[nodiscard]] common::Result<MachineCommand> MachineFor(const Board& board, const ElfImage& image);

struct Machine {
  Board board;
  ElfImage image;
  MachineCommand command;
};

// board: a name of a shipped board, or the path of a description. Errors as LoadBoard,
// ElfImage::Open and MachineFor.
[[nodiscard]] common::Result<Machine> OpenMachine(const std::filesystem::path& firmware,
                                                  const std::string& board);

// In an option of QEMU a comma is written twice.
[[nodiscard]] std::string EscapedOption(const std::string& text);

// The plugin beside this program; empty when it was not built.
[[nodiscard]] std::filesystem::path BoardPlugin();

}  // namespace percuss::emulation
