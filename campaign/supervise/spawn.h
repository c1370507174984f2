// SPDX-License-Identifier: Apache-2.0
//
// fork and exec through Boost.Process, with what our children need set up in between.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "campaign/supervise/process.h"
#include "common/result.h"

namespace percuss::campaign {

struct SpawnRequest {
  std::filesystem::path executable;      // absolute
  std::vector<std::string> arguments;    // without argv[0]
  std::vector<std::string> environment;  // "NAME=value"
  std::filesystem::path folder;          // absolute or empty
  int stdin_fd = -1;
  int stdout_fd = -1;
  int stderr_fd = -1;
  bool fixed_layout = false;
  ProcessLimits limits;
};

// Returns when the child runs the executable, registered as a root (RootRegistry). Thread-safe: all
// children are forked by one thread that never ends, because PR_SET_PDEATHSIG fires at the end of
// the thread that forked.
[[nodiscard]] common::Result<pid_t> SpawnChild(const SpawnRequest& request);

}  // namespace percuss::campaign
