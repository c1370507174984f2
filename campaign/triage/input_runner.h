// SPDX-License-Identifier: Apache-2.0
//
// How triage runs one input once, in a fresh process, without knowing how processes are started.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "campaign/supervise/surroundings.h"
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
      false;  // the process ended before it came to the input: says nothing about it
  // With a history: the bytes of the input that ran last, where the target tells.
  std::optional<std::string> last_input;
  std::string detail;  // why, where kind is error; may be empty
};

struct RunVariation {
  double time_limit_factor = 1;  // above 1: wait longer, to see whether it ends by itself
  // Of the process, over all else. Copies of a started one are of one with the same.
  std::map<std::string, std::string> environment;
  Surroundings surroundings;     // no more than varies
  bool history_has_time = true;  // false: its inputs have no more time each than the input itself
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
  // As Run, for inputs that are no files yet: the last one, with those before it as its history.
  // The folder is for such files; they may be left there.
  [[nodiscard]] virtual common::Result<Observation> RunInOrder(
      const std::vector<std::string>& inputs, const std::filesystem::path& folder,
      const RunVariation& variation);
  // Inputs, with the history's, that one process runs in order without much of a cost; 1: none but
  // the input itself.
  [[nodiscard]] virtual size_t MostInOneProcess() const { return 1; }
  // Of the surroundings of its runs.
  [[nodiscard]] virtual Variable Varies() const { return {}; }
};

}  // namespace percuss::campaign
