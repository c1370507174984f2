// SPDX-License-Identifier: Apache-2.0
//
// How triage runs one input once, in a fresh process, without knowing how processes are started.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/model/finding.h"
#include "common/result.h"

namespace percuss::campaign {

struct Observation {
  std::string kind;  // ok|crash|hang|slow|oom|leak|deadline|error
  std::string log;   // stdout and stderr, capped by the runner
  int64_t wall_ns = 0;
  int64_t cpu_ns = 0;
  int64_t withheld_ns = 0;   // of the wall time: the host let others run
  common::TimeUse time_use;  // of hang and slow
  int signal = 0;
  int exit_code = 0;
  bool history_failed =
      false;           // the process ended before it came to the input: says nothing about it
  std::string detail;  // why, where kind is error; may be empty
};

struct RunVariation {
  double time_limit_factor = 1;  // above 1: wait longer, to see whether it ends by itself
  // Of the process, over all else. Copies of a started one are of one with the same.
  std::map<std::string, std::string> environment;
};

class InputRunner {
 public:
  virtual ~InputRunner() = default;
  // Feeds the history in order, then the input, to one new process. An Error means that the process
  // could not be run at all: triage cannot tell anything from it. Thread-safe if the implementation
  // says so.
  [[nodiscard]] virtual common::Result<Observation> Run(
      const std::vector<std::filesystem::path>& history, const std::filesystem::path& input,
      const RunVariation& variation) = 0;
};

}  // namespace percuss::campaign
