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
  std::vector<std::string>
      notes;  // on what of the board's description goes unwatched (CheckPlaces)
};

// Whether it defines a function that allocates or frees memory, of those that are watched.
[[nodiscard]] bool HasKnownAllocator(const ElfImage& image);

// board: a name of a shipped board, or the path of a description. Errors as LoadBoard,
// ElfImage::Open, CheckPlaces and MachineFor.
[[nodiscard]] common::Result<Machine> OpenMachine(const std::filesystem::path& firmware,
                                                  const std::string& board);

// In an option of QEMU a comma is written twice.
[[nodiscard]] std::string EscapedOption(const std::string& text);

// The plugin beside this program; empty when it was not built.
[[nodiscard]] std::filesystem::path BoardPlugin();

// Whether an emulator's program can load it: one that is linked statically cannot.
[[nodiscard]] bool TakesPlugins(const std::filesystem::path& emulator);
inline constexpr const char* kTakesNoPlugins =
    "is linked statically and takes no plugins, as in Debian since 9.1: put one on PATH before it "
    "that does, for example Debian 12's own qemu-user";

}  // namespace percuss::emulation
