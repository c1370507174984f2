// SPDX-License-Identifier: Apache-2.0
//
// Whether a board's description and an image go together: a symbol that the description names and
// the image lacks would be watched in vain, and a failure that it stands for be told as a hang or
// not at all. Pure but for reading the description's lines, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "emulation/board.h"
#include "emulation/elf_image.h"

namespace percuss::emulation {

// Sentences for people about what the image lacks, or cannot be watched in it.
//
// kBadInput, with file and line of the description, where a symbol of it looks misspelt, or where
// none of the places of its crash rules is there. A shipped description is not of the user's
// writing: in it nothing counts as misspelt.
[[nodiscard]] common::Result<std::vector<std::string>> CheckPlaces(const Board& board,
                                                                   const ElfImage& image);

// The symbol of the image that differs from this name by a slip and that the description does not
// name itself; empty where there is none.
[[nodiscard]] std::string MeantSymbol(const std::string& name, const Board& board,
                                      const ElfImage& image);

// machine_help: what the board's emulator prints for "-machine help"; well where it is anything
// else. An error where the machine is none of those: kBadInput with file and line of a description
// of the user's, kUnavailable for a shipped one, whose machine this emulator lacks.
[[nodiscard]] common::Status CheckMachine(const Board& board, const std::string& machine_help);

}  // namespace percuss::emulation
