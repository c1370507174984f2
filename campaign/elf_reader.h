// SPDX-License-Identifier: Apache-2.0
//
// ELF files of any machine (System V ABI, chapter 4), opened and closed in one place. Nothing in
// them is believed. Thread-safe.
#pragma once

#include <libelf.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace percuss::campaign {

// Calls `read` when the file is there and is ELF; the handle ends with the call.
void ReadElf(const std::filesystem::path& file, const std::function<void(Elf*)>& read);

// What a file says of where it comes from and what it needs.
struct ElfFacts {
  std::string machine;  // "x86_64", "arm", "riscv"; "machine 40" for one that we do not know
  std::vector<std::string> needed;     // DT_NEEDED
  std::vector<std::string> folders;    // DT_RUNPATH, else DT_RPATH, with $ORIGIN as it stands there
  std::vector<std::string> compilers;  // distinct lines of .comment
  std::string build_id;                // GNU build id in hex
};

[[nodiscard]] std::optional<ElfFacts> ReadElfFacts(const std::filesystem::path& file);

}  // namespace percuss::campaign
