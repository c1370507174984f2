// SPDX-License-Identifier: Apache-2.0
#include "campaign/target_command.h"

namespace percuss::campaign {

TargetCommand CommandFor(const TargetSpec& target, const std::string& role) {
  TargetCommand command;
  command.argv = {target.binaries.at(role).string()};
  command.style = role == "aflpp" ? "aflpp" : "libfuzzer";
  command.environment = target.environment;
  return command;
}

InputLimits LimitsFor(const TargetSpec& target) {
  return {.wall_ms = target.limits.input_ms, .cpu_ms = 0, .rss_mib = target.limits.rss_mib};
}

}  // namespace percuss::campaign
