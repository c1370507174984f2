// SPDX-License-Identifier: Apache-2.0
#include "campaign/engine/board_target.h"

#include "campaign/measure/host.h"
#include "campaign/supervise/run_tool.h"
#include "common/hash.h"
#include "emulation/board.h"
#include "emulation/board_places.h"
#include "emulation/machine.h"

namespace percuss::campaign {

namespace stdfs = std::filesystem;
using common::Result;

Result<BoardFacts> FindBoard(const std::string& name_or_file, const stdfs::path& folder) {
  std::error_code ignored;
  const stdfs::path beside = folder / name_or_file;
  const bool is_file = stdfs::is_regular_file(beside, ignored);
  const auto board = emulation::LoadBoard(is_file ? stdfs::absolute(beside).string() : name_or_file,
                                          emulation::ShippedBoards());
  if (!board) return tl::make_unexpected(board.error());
  return BoardFacts{board->file, board->fidelity_limits};
}

Result<std::vector<std::string>> CheckFirmware(const stdfs::path& firmware,
                                               const stdfs::path& board) {
  auto machine = emulation::OpenMachine(firmware, board.string());
  if (machine) return std::move(machine->notes);
  if (machine.error().code != common::ErrorCode::kBadInput) return std::vector<std::string>();
  return tl::make_unexpected(machine.error());
}

common::Status CheckMachine(const stdfs::path& board_file) {
  constexpr int64_t kTimeoutMs = 30'000;
  const auto board = emulation::LoadBoard(board_file.string(), emulation::ShippedBoards());
  if (!board) return tl::make_unexpected(board.error());
  const auto help = RunTool({board->emulator, "-machine", "help"}, {}, kTimeoutMs);
  return help ? emulation::CheckMachine(*board, *help) : common::Status();
}

std::vector<common::Tool> BoardTools(const stdfs::path& board_file) {
  const auto board = emulation::LoadBoard(board_file.string(), emulation::ShippedBoards());
  if (!board) return {};
  const auto plugin = emulation::BoardPlugin();
  return {DescribeTool(board->emulator, {board->emulator, "--version"}),
          {"board plugin", "of this percuss", plugin.string(),
           common::Sha256FileHex(plugin).value_or("")}};
}

Result<BoardCommand> FuzzedBoard(const stdfs::path& firmware, const stdfs::path& board_file) {
  auto machine = emulation::OpenMachine(firmware, board_file.string());
  if (!machine) return tl::make_unexpected(machine.error());
  BoardCommand command;
  command.argv = std::move(machine->command.argv);
  if (const auto emulator = FindInPath(command.argv.front()); !emulator.empty()) {
    command.argv.front() = emulator.string();
  }
  // afl-fuzz itself must not run on the devices' clock.
  command.environment = std::move(machine->command.environment);
  command.environment["AFL_PRELOAD"] = command.environment["LD_PRELOAD"];
  command.environment.erase("LD_PRELOAD");
  command.environment["AFL_SKIP_BIN_CHECK"] = "1";
  if (machine->board.input.kind == "memory") {
    command.most_input_bytes = static_cast<int64_t>(machine->board.input.buffer_bytes);
  }
  return command;
}

std::vector<std::string> EmulateCommand(const std::string& percuss, const std::string& firmware,
                                        const std::string& board, const std::string& input) {
  return {percuss, "emulate", firmware, "--board", board, "--input", input};
}

std::string ThisProgram() {
  std::error_code ignored;
  return stdfs::read_symlink("/proc/self/exe", ignored).string();
}

}  // namespace percuss::campaign
