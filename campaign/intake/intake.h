// SPDX-License-Identifier: Apache-2.0
//
// Crashes from anywhere: what the files that a user hands in are, and what their source says of
// each. Nothing is run here.
//
// All of it is hostile. Symbolic links below a path are not followed, devices and pipes not opened,
// sizes, depth and number are limited, and what is left out is in the result with its reason.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/result.h"

namespace percuss::campaign {

struct IntakeLimits {
  size_t entries = 100'000;  // of folders looked into: files, folders and what else is there
  int depth = 16;            // of folders below a path
  uint64_t input_bytes = uint64_t{64} << 20;
  uint64_t log_bytes = uint64_t{16} << 20;
};

// One input, or one log without an input.
struct HandedIn {
  std::string source;          // name in the registry (source.cc)
  std::string path;            // for a person: below what was named
  std::filesystem::path file;  // the input; empty where a log is all that there is
  std::string sha256;          // that its source says it has; empty where it does not
  std::vector<std::filesystem::path> history;  // inputs before it in the same process
  std::string log;                             // what its source says of the fault; may be empty
  std::string engine;          // that saw it: of a journal or package, else the source's name
  std::string target;          // its target's id, of a journal or a package; else empty
  std::string kind = "crash";  // crash|hang|slow|oom|leak, as its source says; empty: it does not
  int signal = 0;              // as its source says
  double first_seen_s = -1;
  int64_t first_seen_executions = -1;
  bool failed_before = true;  // its source keeps only what failed
  std::string note;           // what its name says of it
};

struct PassedOver {
  std::string path;
  std::string why;
};

// A core file, of which somebody must ask whose it is and what it says.
struct HandedInCore {
  std::string path;  // for a person
  std::filesystem::path file;
};

struct Intake {
  std::vector<HandedIn> items;  // in the order of the paths, then by name
  std::vector<HandedInCore> cores;
  std::vector<PassedOver> passed_over;
};

// kBadInput when a path is not there, cannot be read, or holds more than the limits allow.
[[nodiscard]] common::Result<Intake> TakeIn(const std::vector<std::filesystem::path>& paths,
                                            const IntakeLimits& limits = {});

// A regular file's bytes. Never follows a link, never waits for a pipe. kBadInput for anything else
// and for more than limit_bytes, kIo where the system refuses.
[[nodiscard]] common::Result<std::string> ReadRegularFile(const std::filesystem::path& file,
                                                          uint64_t limit_bytes);

}  // namespace percuss::campaign
