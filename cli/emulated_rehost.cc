// SPDX-License-Identifier: Apache-2.0
#include "cli/emulated_rehost.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "campaign/triage/firmware_report.h"
#include "cli/debugger.h"
#include "cli/emulator_words.h"
#include "common/fs.h"
#include "emulation/rehost/block_report.h"
#include "emulation/rehost/core/attached_machine.h"
#include "emulation/rehost/core/crash_rules.h"
#include "emulation/rehost/core/failure_report.h"
#include "emulation/rehost/gdb_stub.h"
#include "emulation/rehost/rehost_run.h"
#include "emulation/rehost/rehost_target.h"

namespace percuss::cli {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;
using common::Result;
using common::Status;
using emulation::RehostEvent;
using emulation::RehostRun;
using emulation::RehostTarget;

constexpr uint64_t kMostInputBytes = 16 << 20;
// Where the configuration has no limit: some minutes at the most.
constexpr uint64_t kMostInstructions = 10'000'000'000;

Result<RehostTarget> OpenTarget(const RehostArguments& arguments) {
  auto target = emulation::OpenRehost(arguments.firmware, arguments.config);
  if (target && target->machine.limits.instructions == 0) {
    target->machine.limits.instructions = kMostInstructions;
    target->notes.push_back(fmt::format(
        "the configuration has no limit of instructions: {} are taken", kMostInstructions));
  }
  return target;
}

emulation::RehostRunOptions OptionsOf(const RehostArguments& arguments,
                                      const RehostTarget& target) {
  return {arguments.trace, [&target](uint32_t address) { return target.NameOfCode(address); }};
}

std::string WhatHappened(const RehostEvent& event, const RehostTarget& target) {
  if (event.kind == RehostEvent::Kind::kBlock) return "";
  if (event.kind == RehostEvent::Kind::kException) {
    return emulation::ExceptionName(event.exception) + " is taken";
  }
  const std::string name = target.NameOfRegister(event.address);
  return fmt::format("reads {:#010x}{}{}, {} {}: {:#x}", event.address, name.empty() ? "" : " ",
                     name, event.size, event.size == 1 ? "byte" : "bytes", event.value);
}

std::vector<TraceLine> TraceOf(const RehostRun& run, const RehostTarget& target) {
  std::map<uint32_t, std::string> places;
  std::vector<TraceLine> lines;
  lines.reserve(run.events.size());
  for (const RehostEvent& event : run.events) {
    const auto [place, is_new] = places.try_emplace(event.pc);
    if (is_new) place->second = target.NameOfCode(event.pc);
    lines.push_back({event.pc, place->second, WhatHappened(event, target)});
  }
  return lines;
}

// An image without symbols has no names, but its code is its code.
std::string TextOf(const emulation::BoardRun& run, const RehostTarget& target) {
  if (target.symbols) return WithNames(emulation::Describe(run, *target.symbols));
  std::string text = emulation::Describe(run, emulation::ElfImage());
  const std::string nobody_knows = "  (no code of the image)";
  const size_t at = text.find(nobody_knows);
  if (at != std::string::npos) {
    const std::string name = target.NameOfCode(static_cast<uint32_t>(run.pc));
    text.replace(at, nobody_knows.size(), name.empty() ? "" : "  (" + name + ")");
  }
  return text;
}

// A socket that a debugger connects to.
Result<int> Listen(const stdfs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = path.string();
  if (name.size() >= sizeof(address.sun_path)) {
    return Fail(ErrorCode::kIo, "the path of a socket is too long", name);
  }
  std::copy(name.begin(), name.end(), address.sun_path);
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) return common::FailErrno(errno, "making a socket", name);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listener, 1) != 0) {
    const int why = errno;
    close(listener);
    return common::FailErrno(why, "listening at a socket", name);
  }
  return listener;
}

// In a process of its own, until the debugger leaves.
[[noreturn]] void ServeAt(int listener, rehost::Machine& machine, const std::string& input,
                          const RehostTarget& target) {
  static_cast<void>(prctl(PR_SET_PDEATHSIG, SIGKILL));
  // Ctrl-C is the debugger's, which tells of it.
  static_cast<void>(std::signal(SIGINT, SIG_IGN));
  int connection = -1;
  do {
    connection = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  } while (connection < 0 && errno == EINTR);
  if (connection < 0) _exit(1);
  emulation::DebugSession session(machine, input);
  emulation::GdbStub stub(session,
                          [&target](uint32_t address) { return target.NameOfRegister(address); });
  const auto served = emulation::ServeDebugger(connection, stub);
  _exit(served ? 0 : 1);
}

// Which blocks ran, before the input and with it: a run of its own, which is traced.
void AddCoverage(const RehostTarget& target, const std::string& input, EmulateOutcome& outcome) {
  constexpr size_t kMostFunctions = 40;
  emulation::BlockTracer tracer(target.machine);
  tracer.Run(input);
  const emulation::BlockCoverage coverage = tracer.Coverage();
  outcome.coverage = emulation::BlocksJson(coverage);
  outcome.coverage_text = emulation::BlocksText(coverage, kMostFunctions);
}

// Whether a crash is a bug or an artefact, and why: what campaigns say of a finding, from runs of
// the input with other answers.
common::FirmwareCrash Judge(const RehostTarget& target, const std::string& input) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
  const auto* bytes = reinterpret_cast<const uint8_t*>(input.data());
  const rehost::CrashFacts facts = rehost::ProbeCrash(target.machine, bytes, input.size());
  if (!rehost::IsFailure(facts.outcome.end)) return {};
  return campaign::ReadFirmwareCrash(rehost::DescribeCrash(target.machine, facts));
}

Status Debug(const RehostTarget& target, const std::string& input) {
  const auto folder = common::TemporaryFolder::Make("percuss-gdb");
  if (!folder) return tl::make_unexpected(folder.error());
  const stdfs::path socket = folder->Path() / "stub";
  const auto listener = Listen(socket);
  if (!listener) return tl::make_unexpected(listener.error());
  rehost::Machine machine(target.machine);
  static_cast<void>(machine.Boot());
  static_cast<void>(std::fflush(nullptr));
  const pid_t server = fork();
  if (server == 0) ServeAt(*listener, machine, input, target);
  const int why = errno;
  close(*listener);
  if (server < 0) return common::FailErrno(why, "starting the debugger's other side");
  // The stub has no watchpoints: without being told, gdb would ask for them and give up.
  std::vector<std::string> words = {"gdb-multiarch", "-q"};
  for (const std::string& command :
       {std::string("set can-use-hw-watchpoints 0"), "target remote " + socket.string(),
        std::string("continue"), std::string("backtrace")}) {
    words.insert(words.end(), {"-ex", command});
  }
  if (target.symbols) words.insert(words.end(), {"--", target.symbols->Path().string()});
  auto debugged = RunDebugger(words);
  kill(server, SIGKILL);
  while (waitpid(server, nullptr, 0) < 0 && errno == EINTR) {
  }
  return debugged;
}

}  // namespace

Result<EmulateOutcome> EmulateRehost(const RehostArguments& arguments) {
  const auto input = common::ReadFile(arguments.input, kMostInputBytes);
  if (!input) return tl::make_unexpected(input.error());
  auto target = OpenTarget(arguments);
  if (!target) return tl::make_unexpected(target.error());
  rehost::Machine machine(target->machine);
  const RehostRun result = emulation::RunOnCore(machine, *input, OptionsOf(arguments, *target));
  if (result.run.ended == "error") {
    return Fail(ErrorCode::kUnavailable, result.run.error, arguments.firmware);
  }
  EmulateOutcome outcome;
  outcome.run = result.run;
  outcome.trace = TraceOf(result, *target);
  if (outcome.run.ended != "done") {
    outcome.text = TextOf(outcome.run, *target);
    outcome.firmware = Judge(*target, *input);
  }
  outcome.inconclusive = emulation::WhyInconclusive(outcome.run, input->size());
  outcome.notes = target->notes;
  if (arguments.coverage) AddCoverage(*target, *input, outcome);
  if (result.events_left_out > 0) {
    outcome.notes.push_back(
        fmt::format("the first {} lines of the trace are left out, the last {} "
                    "are there",
                    result.events_left_out, emulation::kMostRehostEvents));
  }
  return outcome;
}

Status DebugRehost(const RehostArguments& arguments) {
  const auto input = common::ReadFile(arguments.input, kMostInputBytes);
  if (!input) return tl::make_unexpected(input.error());
  const auto target = OpenTarget(arguments);
  if (!target) return tl::make_unexpected(target.error());
  return Debug(*target, *input);
}

Status DebugOnCore(const campaign::CoreInput& of_finding) {
  const auto input = common::ReadFile(of_finding.input, kMostInputBytes);
  if (!input) return tl::make_unexpected(input.error());
  RehostTarget target;
  std::string why;
  if (rehost::ReadAttachedMachine(of_finding.program, target.machine, why) !=
      rehost::Attached::kRead) {
    return Fail(ErrorCode::kBadInput, why.empty() ? "no machine is behind this program" : why,
                of_finding.program);
  }
  if (!of_finding.image.empty()) {
    if (auto image = emulation::ElfImage::Open(of_finding.image)) target.symbols = *image;
  }
  return Debug(target, *input);
}

}  // namespace percuss::cli
