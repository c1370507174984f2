// SPDX-License-Identifier: Apache-2.0
#include "cli/emulated_program.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "campaign/supervise/heartbeat_file.h"
#include "campaign/supervise/process.h"
#include "cli/emulator_words.h"
#include "common/fs.h"

namespace percuss::cli {
namespace {

namespace stdfs = std::filesystem;
using common::Result;
using emulation::Program;
using emulation::ProgramRun;

}  // namespace

// The program's arguments come last.
std::vector<std::string> ArgvFor(const Program& program, const std::string& input) {
  std::vector<std::string> argv = program.command.argv;
  const std::string word = emulation::kInputArgument;
  const auto first = std::find(argv.begin(), argv.end(), program.image.Path().string());
  for (auto argument = first; argument != argv.end(); ++argument) {
    const size_t at = argument->find(word);
    if (argument != first && at != std::string::npos) argument->replace(at, word.size(), input);
  }
  return argv;
}

Result<ProgramOutcome> EmulateProgram(const ProgramArguments& arguments) {
  std::error_code ignored;
  if (stdfs::is_directory(arguments.input, ignored)) {
    return common::Fail(common::ErrorCode::kBadInput, "a folder is no input", arguments.input);
  }
  const auto program = emulation::OpenProgram(arguments.program, arguments.setup);
  if (!program) return tl::make_unexpected(program.error());
  const auto folder = common::TemporaryFolder::Make("percuss-emulate");
  if (!folder) return tl::make_unexpected(folder.error());
  const std::string input = stdfs::absolute(arguments.input).string();
  campaign::ProcessSpec spec;
  spec.argv = ArgvFor(*program, input);
  spec.environment = program->command.environment;
  spec.environment["PERCUSS_BOARD_INPUT"] = input;
  spec.environment["PERCUSS_BOARD_TELL"] = "1";
  if (arguments.trace) spec.environment["PERCUSS_BOARD_TRACE"] = "1";
  // Whoever runs us may judge the input's time from outside.
  if (const char* beat = std::getenv(PERCUSS_HEARTBEAT_ENV)) {
    spec.environment[PERCUSS_HEARTBEAT_ENV] = beat;
  }
  spec.stdout_path = folder->Path() / "out";
  spec.stderr_path = folder->Path() / "log";
  auto process = campaign::Process::Spawn(spec);
  if (!process) return tl::make_unexpected(process.error());
  constexpr int64_t kMsPerS = 1000;
  const bool ended = process->WaitFor(arguments.timeout_s * kMsPerS).has_value();
  if (!ended) process->KillTree();
  const std::string log = common::ReadFile(spec.stderr_path).value_or("");
  ProgramOutcome outcome;
  outcome.run = emulation::ReadProgramRun(log, program->image);
  if (!ended) {
    outcome.run.ended = outcome.run.began ? "hang" : "error";
    outcome.run.replies.clear();
    outcome.run.rule = fmt::format("the program did not end within {} s", arguments.timeout_s);
    outcome.run.error = fmt::format("the program did not come to the checkpoint \"{}\" within {} s",
                                    arguments.setup.checkpoint, arguments.timeout_s);
  }
  if (!ended && !arguments.setup.socket.empty() && !outcome.run.sent && outcome.run.began) {
    outcome.run.ended = "error";
    outcome.run.error = fmt::format("the program did not offer the socket \"{}\" within {} s",
                                    arguments.setup.socket, arguments.timeout_s);
  }
  outcome.said = common::ReadFile(spec.stdout_path).value_or("") + ForPeople(log);
  if (outcome.run.ended == "error") {
    return common::Fail(
        common::ErrorCode::kUnavailable,
        outcome.run.error + "; the program's and the emulator's words:\n" + outcome.said,
        arguments.program);
  }
  for (const uint64_t block : outcome.run.blocks) {
    outcome.trace.emplace_back(block, program->image.NameOf(block));
  }
  const std::string text = emulation::Describe(outcome.run);
  if (!text.empty()) outcome.text = WithNames(text);
  return outcome;
}

void PrintProgramOutcome(const ProgramOutcome& outcome, const CommandContext& context) {
  const ProgramRun& run = outcome.run;
  if (context.json) {
    common::Json trace = common::Json::array();
    for (const auto& [address, place] : outcome.trace) {
      trace.push_back({{"address", fmt::format("{:#010x}", address)}, {"place", place}});
    }
    common::Json registers = common::Json::object();
    for (const auto& [name, value] : run.registers) {
      registers[name] = fmt::format("{:#010x}", value);
    }
    return PrintJson({{"ended", run.ended},
                      {"rule", run.rule},
                      {"signal", run.signal},
                      {"pc", fmt::format("{:#010x}", run.pc)},
                      {"instructions", run.instructions},
                      {"registers", registers},
                      {"trace", trace},
                      {"replies", run.replies},
                      {"report", outcome.text}});
  }
  fmt::print("{}{}", outcome.said,
             outcome.said.empty() || outcome.said.ends_with('\n') ? "" : "\n");
  for (const auto& [address, place] : outcome.trace) fmt::print("{:#010x} {}\n", address, place);
  if (!run.replies.empty()) fmt::print("replies: {}\n", fmt::join(run.replies, " "));
  fmt::print("{}", outcome.text);
  if (outcome.text.empty()) {
    fmt::print("{}: the program ended after {} instructions\n", run.rule, run.instructions);
  }
}

}  // namespace percuss::cli
