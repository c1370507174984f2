// SPDX-License-Identifier: Apache-2.0
//
// Core files of Linux programs (System V ABI, chapter 4; core(5)): whose they are, and what gdb
// says of them.
//
// A core file is hostile: it may be cut, huge and sparse, and name any file of this host. It is
// never read whole. gdb runs under supervision, with limits on time, memory and output, without
// init files, scripts or servers of debug information, and finds no other file than the program and
// those shared libraries that lie in the system's own folders. Thread-safe.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/result.h"

namespace percuss::campaign {

struct CoreFacts {
  std::string program;                 // that the core says it is of; for a person
  std::vector<std::string> files;      // that were mapped, as it names them
  std::vector<std::string> arguments;  // of the process, the first 80 bytes of them
  std::string head;                    // bytes of the program's file, from its first on
};

// kBadInput where it is no core file, cut off, or does not hold the program's first bytes.
[[nodiscard]] common::Result<CoreFacts> ReadCore(const std::filesystem::path& core);

// Whether the core is of a process of this very program: the program's first bytes, which hold its
// headers and its build id, are those in the core.
[[nodiscard]] bool IsCoreOf(const CoreFacts& facts, const std::filesystem::path& program);

// The backtrace, as triage's parser of gdb's words wants it. kNotFound where there is no gdb,
// kUnavailable where it fails or takes too long.
[[nodiscard]] common::Result<std::string> BacktraceOf(const CoreFacts& facts,
                                                      const std::filesystem::path& core,
                                                      const std::filesystem::path& program);

}  // namespace percuss::campaign
