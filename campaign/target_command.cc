// SPDX-License-Identifier: Apache-2.0
#include "campaign/target_command.h"

#include "campaign/engine/board_target.h"
#include "campaign/engine/program_target.h"

namespace percuss::campaign {

std::string MainRole(const TargetSpec& target) {
  for (const char* role : {"libfuzzer", "aflpp", "program"}) {
    if (target.binaries.contains(role)) return role;
  }
  return "firmware";
}

std::string RoleFor(const TargetSpec& target, const std::string& engine) {
  struct EngineBuild {
    const char* engine;
    const char* role;
  };
  constexpr EngineBuild kBuilds[] = {{"msan_replay", "msan"},
                                     {"timing", "benchmark"},
                                     {"qemu-board", "firmware"},
                                     {"qemu-user", "program"},
                                     {"aflpp", "aflpp"}};
  for (const EngineBuild& build : kBuilds) {
    if (engine == build.engine && target.binaries.contains(build.role)) return build.role;
  }
  return MainRole(target);
}

bool JudgesFindings(const std::string& role) {
  return role == "libfuzzer" || role == "aflpp" || role == "msan" || role == "firmware" ||
         role == "program";
}

TargetCommand CommandOf(const std::string& role, const std::filesystem::path& binary,
                        const std::filesystem::path& board) {
  TargetCommand command;
  if (role == "firmware") {
    command.argv = EmulateCommand(ThisProgram(), binary.string(), board.string(), "@@");
    command.style = "emulate";
  } else {
    command.argv = {binary.string()};
    command.style = role == "aflpp" ? "aflpp" : "libfuzzer";
  }
  return command;
}

TargetCommand CommandOf(const std::filesystem::path& binary, const LinuxProgram& program) {
  TargetCommand command;
  command.argv = EmulateProgramCommand(ThisProgram(), binary.string(), program, "@@");
  command.style = "emulate";
  return command;
}

TargetCommand CommandFor(const TargetSpec& target, const std::string& role) {
  const auto board = target.binaries.find("board");
  const std::filesystem::path& binary = target.binaries.at(role);
  TargetCommand command =
      role == "program"
          ? CommandOf(binary, target.program)
          : CommandOf(role, binary,
                      board == target.binaries.end() ? std::filesystem::path() : board->second);
  command.environment = target.environment;
  return command;
}

InputLimits LimitsFor(const TargetSpec& target) {
  return {.wall_ms = target.limits.input_ms, .cpu_ms = 0, .rss_mib = target.limits.rss_mib};
}

}  // namespace percuss::campaign
