// SPDX-License-Identifier: Apache-2.0
//
// From what a user has, an image and perhaps a configuration, to a machine that the fast core runs.
// Thread-safe; the files may be hostile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "emulation/elf_image.h"
#include "emulation/rehost/core/machine_file.h"
#include "emulation/rehost/rehost_file.h"
#include "emulation/rehost/svd_file.h"

namespace percuss::emulation {

struct RehostTarget {
  rehost::MachineImage machine;           // sound: rehost::MistakeIn has no objection
  std::optional<ElfImage> symbols;        // where the image, or an ELF file beside it, has some
  std::map<uint32_t, std::string> names;  // of functions, from a fuzzware configuration
  std::vector<std::string> notes;         // for the user: what was guessed or left out
  std::optional<SvdFile> svd;

  // "main+0x1c", or empty.
  [[nodiscard]] std::string NameOfCode(uint32_t address) const;
  // "UART0.DR", or empty.
  [[nodiscard]] std::string NameOfRegister(uint32_t address) const;
};

// firmware: an image in any format of firmware_file.h; may be empty where the configuration names
// it. config: fuzzware's config.yml (.yml, .yaml) or a percuss.rehost.v1 (.json); empty for none,
// then everything is guessed. Symbols are those of the ELF file that a percuss.rehost.v1 names,
// else of the image, else of an ELF file of the same name beside it. Of the last two, one with
// other bytes than the image is of another build: kBadInput where it is named, else left out with a
// note. The machine has the functions' symbols, and the usual failures where the configuration
// names none (firmware_functions.h). kBadInput with what is wrong, where and what to do.
[[nodiscard]] common::Result<RehostTarget> OpenRehost(const std::filesystem::path& firmware,
                                                      const std::filesystem::path& config = {});

}  // namespace percuss::emulation
