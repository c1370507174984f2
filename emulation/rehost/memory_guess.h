// SPDX-License-Identifier: Apache-2.0
//
// What machine a firmware image is for, from the image alone: where its vector table is, which
// processor, how much flash and RAM. Every guess is told in a sentence. Pure, thread-safe; the
// image may be hostile.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "emulation/rehost/core/machine_file.h"
#include "emulation/rehost/firmware_file.h"

namespace percuss::emulation {

struct VectorTable {
  uint32_t address = 0;
  uint32_t initial_sp = 0;
  uint32_t entry = 0;
};

// The lowest one whose stack pointer and handlers are plausible. Where the file names its entry,
// one that leads there comes first.
[[nodiscard]] std::optional<VectorTable> FindVectorTable(const FirmwareFile& firmware);

// Where raw bytes belong, of the places where flash usually begins: where the handlers that their
// vector table names lie within them.
[[nodiscard]] std::optional<uint32_t> GuessRawAddress(const std::string& bytes);

// Processor by the build attributes, or else one that can run everything.
void GuessArchitecture(const FirmwareFile& firmware, rehost::MachineImage& machine,
                       std::vector<std::string>& notes);
// The part of the address space that the architecture has for them.
void GuessPeripherals(rehost::MachineImage& machine, std::vector<std::string>& notes);
// All that the firmware enables, in turn.
void GuessInterrupts(rehost::MachineImage& machine, std::vector<std::string>& notes);

// Memory and the vector table. kBadInput where there is none, and for another kind of processor.
[[nodiscard]] common::Status GuessMemory(const FirmwareFile& firmware,
                                         rehost::MachineImage& machine,
                                         std::vector<std::string>& notes);

}  // namespace percuss::emulation
