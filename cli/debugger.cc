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
  auto emulator = campaign::Process::Spawn(*spec);
  if (!emulator) return tl::make_unexpected(emulator.error());
  if (auto offered = WaitForStub(*emulator, socket); !offered) return offered;
  auto debugged = RunDebugger({kBoardDebugger, "-q", "-ex", "target remote " + socket.string(),
                               "-ex", "continue", "-ex", "backtrace", "--", input.firmware});
  emulator->KillTree();
  return debugged;
}

}  // namespace percuss::cli
