// SPDX-License-Identifier: Apache-2.0
#include "campaign/engine/program_target.h"

#include <utility>

#include "campaign/measure/host.h"
#include "common/fs.h"
#include "common/hash.h"
#include "emulation/program.h"

namespace percuss::campaign {
namespace {

emulation::ProgramSetup SetupOf(const LinuxProgram& program) {
  return {program.sysroot, program.arguments, program.checkpoint, program.socket};
}

}  // namespace

common::Status CheckProgram(const std::filesystem::path& file, const LinuxProgram& program) {
  const auto opened = emulation::OpenProgram(file, SetupOf(program));
  if (opened || opened.error().code != common::ErrorCode::kBadInput) return {};
  return tl::make_unexpected(opened.error());
}

std::vector<common::Tool> ProgramTools(const std::filesystem::path& file) {
  const std::string emulator = emulation::EmulatorOf(file);
  if (emulator.empty()) return {};
  const auto plugin = emulation::BoardPlugin();
  return {DescribeTool(emulator, {emulator, "--version"}),
          {"board plugin", "of this percuss", plugin.string(),
           common::Sha256FileHex(plugin).value_or("")}};
}

common::Result<BoardCommand> FuzzedProgram(const std::filesystem::path& file,
                                           const LinuxProgram& program) {
  auto opened = emulation::OpenProgram(file, SetupOf(program));
  if (!opened) return tl::make_unexpected(opened.error());
  BoardCommand command;
  command.argv = std::move(opened->command.argv);
  command.environment = std::move(opened->command.environment);
  command.environment["AFL_SKIP_BIN_CHECK"] = "1";
  if (const auto preload = command.environment.extract("LD_PRELOAD")) {
    command.environment["AFL_PRELOAD"] = preload.mapped();
  }
  if (program.socket.starts_with("udp")) command.most_input_bytes = emulation::kMostDatagramBytes;
  return command;
}

std::vector<std::string> EmulateProgramCommand(const std::string& percuss, const std::string& file,
                                               const LinuxProgram& program,
                                               const std::string& input) {
  std::vector<std::string> argv = {percuss, "emulate", file, "--checkpoint=" + program.checkpoint};
  if (!program.sysroot.empty()) argv.push_back("--sysroot=" + program.sysroot.string());
  if (!program.socket.empty()) argv.push_back("--socket=" + program.socket);
  for (const std::string& argument : program.arguments) argv.push_back("--argument=" + argument);
  argv.insert(argv.end(), {"--input", input});
  return argv;
}

common::Status CopySysroot(const std::filesystem::path& file, const LinuxProgram& program,
                           const std::filesystem::path& to) {
  for (const auto& part : emulation::SharedParts(file, program.sysroot)) {
    const auto place = (to / part).lexically_normal();
    if (auto made = common::MakeFolder(place.parent_path()); !made) return made;
    if (auto copied = common::CopyFile(program.sysroot / part, place); !copied) return copied;
  }
  return {};
}

}  // namespace percuss::campaign
