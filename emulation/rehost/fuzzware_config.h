// SPDX-License-Identifier: Apache-2.0
//
// A config.yml of the rehosting fuzzer fuzzware (README_config.yml of fuzzware-emulator), with the
// files that it names, as a machine for the fast core. The file may be hostile. Not thread-safe.
//
// Time there is counted in basic blocks, here in instructions: what is given in blocks is taken
// kInstructionsPerBlock times. What it has and the core has not (handlers in Python, models in
// Python, guidance for booting) is left out and told in a note.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/result.h"
#include "emulation/rehost/core/machine_file.h"

namespace percuss::emulation {

// Of compiled Thumb code, on average and rounded.
constexpr uint64_t kInstructionsPerBlock = 4;

struct FuzzwareConfig {
  rehost::MachineImage machine;  // sound: rehost::MistakeIn has no objection
  std::map<std::string, uint32_t> symbols;
  std::vector<std::string> notes;
};

// kBadInput with file and line for what cannot be read or meant, a name that is not known
// included.
[[nodiscard]] common::Result<FuzzwareConfig> ReadFuzzwareConfig(const std::filesystem::path& path);

}  // namespace percuss::emulation
