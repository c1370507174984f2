// SPDX-License-Identifier: Apache-2.0
#include "cli/debugger.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <utility>

#include "campaign/supervise/process.h"
#include "cli/emulated_program.h"
#include "common/fs.h"
#include "emulation/machine.h"

namespace percuss::cli {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;
using common::Result;
using common::Status;

constexpr const char* kBoardDebugger = "gdb-multiarch";

// Waits until the emulator offers its debugger stub.
Status WaitForStub(campaign::Process& emulator, const stdfs::path& socket) {
  constexpr int kMostWaits = 600;
  constexpr int kWaitMs = 50;
  std::error_code ignored;
  for (int i = 0; i < kMostWaits && !stdfs::exists(socket, ignored); ++i) {
    if (!emulator.WaitFor(kWaitMs)) continue;
    return Fail(
        ErrorCode::kUnavailable,
        "the emulator ended before the debugger came; its words:\n" + emulator.TakeStderr());
  }
  if (stdfs::exists(socket, ignored)) return {};
  return Fail(ErrorCode::kUnavailable, "the emulator offers no debugger stub");
}

Result<campaign::ProcessSpec> StoppedMachine(const campaign::FirmwareInput& input,
                                             const stdfs::path& socket) {
  auto machine = emulation::OpenMachine(input.firmware, input.board);
  if (!machine) return tl::make_unexpected(machine.error());
  campaign::ProcessSpec spec;
  spec.argv = std::move(machine->command.argv);
  // A reset would wipe out what led to it.
  spec.argv.insert(spec.argv.end(),
                   {"-S", "-gdb", fmt::format("unix:{},server=on,wait=off", socket.string()),
                    "-action", "reboot=shutdown,shutdown=pause"});
  spec.environment = std::move(machine->command.environment);
  spec.environment["PERCUSS_BOARD_INPUT"] = stdfs::absolute(input.input).string();
  spec.environment["PERCUSS_BOARD_DEBUG"] = "1";
  spec.capture_output = true;
  return spec;
}

Result<campaign::ProcessSpec> StoppedProgram(const campaign::ProgramInput& input,
                                             const stdfs::path& socket) {
  const auto program = emulation::OpenProgram(
      input.program,
      {input.setup.sysroot, input.setup.arguments, input.setup.checkpoint, input.setup.socket});
  if (!program) return tl::make_unexpected(program.error());
  const std::string path = stdfs::absolute(input.input).string();
  campaign::ProcessSpec spec;
  spec.argv = ArgvFor(*program, path);
  spec.argv.insert(spec.argv.begin() + 1, {"-g", socket.string()});
  spec.environment = program->command.environment;
  spec.environment["PERCUSS_BOARD_INPUT"] = path;
  spec.environment["PERCUSS_BOARD_DEBUG"] = "1";
  if (input.stop_after_ms > 0) {
    spec.environment["PERCUSS_BOARD_STOP_MS"] = std::to_string(input.stop_after_ms);
  }
  spec.capture_output = true;
  return spec;
}

// gdb's commands but for what they are about.
Status DebugAt(const campaign::ProcessSpec& spec, const stdfs::path& socket,
               std::vector<std::string> before, const std::string& file) {
  auto emulator = campaign::Process::Spawn(spec);
  if (!emulator) return tl::make_unexpected(emulator.error());
  if (auto offered = WaitForStub(*emulator, socket); !offered) return offered;
  std::vector<std::string> words = {kBoardDebugger, "-q"};
  words.insert(words.end(), before.begin(), before.end());
  words.insert(words.end(), {"-ex", "target remote " + socket.string(), "-ex", "continue", "-ex",
                             "backtrace", "--", file});
  auto debugged = RunDebugger(words);
  emulator->KillTree();
  return debugged;
}

}  // namespace

Status RunDebugger(const std::vector<std::string>& argv) {
  std::vector<std::string> words = argv;
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  static_cast<void>(std::fflush(nullptr));
  const pid_t pid = fork();
  if (pid == 0) {
    execvp(pointers.front(), pointers.data());
    constexpr int kNotFound = 127;
    _exit(kNotFound);
  }
  struct sigaction ignore {};
  struct sigaction before {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGINT, &ignore, &before);
  int status = 0;
  while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  sigaction(SIGINT, &before, nullptr);
  if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return Fail(ErrorCode::kUnavailable,
              fmt::format("{0} could not be started, or failed: apt-get install {0}", argv[0]));
}

Status DebugOnBoard(const campaign::FirmwareInput& input) {
  const auto folder = common::TemporaryFolder::Make("percuss-gdb");
  if (!folder) return tl::make_unexpected(folder.error());
  const stdfs::path socket = folder->Path() / "stub";
  const auto spec = StoppedMachine(input, socket);
  if (!spec) return tl::make_unexpected(spec.error());
  return DebugAt(*spec, socket, {}, input.firmware);
}

Status DebugProgram(const campaign::ProgramInput& input) {
  const auto folder = common::TemporaryFolder::Make("percuss-gdb");
  if (!folder) return tl::make_unexpected(folder.error());
  const stdfs::path socket = folder->Path() / "stub";
  const auto spec = StoppedProgram(input, socket);
  if (!spec) return tl::make_unexpected(spec.error());
  // Libraries are those of the sysroot; without one gdb would ask the stub, which has no files.
  const std::string sysroot =
      input.setup.sysroot.empty() ? "/" : stdfs::absolute(input.setup.sysroot).string();
  return DebugAt(*spec, socket, {"-ex", "set sysroot " + sysroot}, input.program);
}

}  // namespace percuss::cli
