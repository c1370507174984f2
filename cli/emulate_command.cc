// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "campaign/engine/board_target.h"
#include "campaign/supervise/heartbeat_file.h"
#include "campaign/supervise/process.h"
#include "cli/commands.h"
#include "cli/debugger.h"
#include "cli/emulate_outcome.h"
#include "cli/emulated_program.h"
#include "cli/emulated_rehost.h"
#include "cli/emulator_words.h"
#include "common/fs.h"
#include "common/log.h"
#include "emulation/board.h"
#include "emulation/board_run.h"
#include "emulation/execution_history.h"
#include "emulation/machine.h"
#include "emulation/value_history.h"

namespace percuss::cli {
namespace {

namespace stdfs = std::filesystem;
using common::Result;

struct EmulateArguments {
  std::string firmware;
  std::string board;                // empty: a Linux program says itself what runs it
  bool rehost = false;              // on the fast core
  std::string rehost_config;        // may be empty
  std::string input = "/dev/null";  // nothing arrives
  std::string sysroot;
  std::string checkpoint;  // of a program, by default kProgramCheckpoint
  std::string socket;
  std::vector<std::string> words;  // the program's arguments
  bool trace = false;
  bool gdb = false;
  bool last_writer = false;
  bool coverage = false;
  int64_t timeout_s = 60;
};

constexpr const char* kProgramCheckpoint = "main";
constexpr int64_t kMostTimeoutS = 86400;

// What arrives on a board. The plugin takes no more than AFL++ would give it.
Result<uint64_t> InputBytes(const std::string& input) {
  constexpr uint64_t kMostInputBytes = 1 << 20;
  std::error_code ignored;
  if (stdfs::is_directory(input, ignored)) {
    return common::Fail(common::ErrorCode::kBadInput, "a folder is no input", input);
  }
  if (!stdfs::is_regular_file(input, ignored)) return 0;
  const uint64_t bytes = stdfs::file_size(input, ignored);
  if (bytes <= kMostInputBytes) return bytes;
  return common::Fail(common::ErrorCode::kBadInput,
                      fmt::format("an input for a board has {} bytes at the most, this has {}",
                                  kMostInputBytes, bytes),
                      input);
}

// Of the emulator that gave up, or was stopped.
common::Error WhyNoOutcome(const EmulateArguments& arguments, const emulation::Machine& machine,
                           const EmulateOutcome& outcome, bool ended) {
  if (ended && !outcome.run.began) {
    const auto known = campaign::CheckMachine(machine.board.file);
    if (!known) return known.error();
  }
  std::string why = outcome.run.error;
  if (!ended) {
    why = outcome.run.began
              ? fmt::format("the firmware came to no end of the input within {} s",
                            arguments.timeout_s)
              : fmt::format("the firmware did not come to the checkpoint \"{}\" within {} s",
                            machine.board.checkpoint, arguments.timeout_s);
  }
  return {common::ErrorCode::kUnavailable,
          why + "; the emulator's words:\n" + ForPeople(outcome.log), arguments.firmware, 0};
}

common::Json StackJson(const std::vector<uint64_t>& stack, const emulation::ElfImage& image) {
  common::Json frames = common::Json::array();
  for (const uint64_t pc : stack) frames.push_back(image.NameOf(pc));
  return frames;
}

// Functions with offsets, innermost first.
common::Json ValueJson(const emulation::ValueHistory& value, const emulation::ElfImage& image) {
  common::Json stores = common::Json::array();
  for (const auto& store : value.stores) {
    stores.push_back({{"what", store.what}, {"stack", StackJson(store.stack, image)}});
  }
  return {{"not_known", value.why_none},
          {"value", value.value},
          {"origin", value.origin},
          {"stores", stores},
          {"allocated", StackJson(value.allocated, image)},
          {"freed", StackJson(value.released, image)}};
}

// Adds to the outcome where the bad value is from.
common::Status TellValue(const stdfs::path& executed, const emulation::ElfImage& image,
                         EmulateOutcome& outcome) {
  const auto history = emulation::ExecutionHistory::Read(executed);
  if (!history) return tl::make_unexpected(history.error());
  const auto value = emulation::HistoryOfBadValue(outcome.run, image, *history);
  outcome.text += "\n" + WithNames(emulation::Describe(value, image));
  outcome.bad_value = ValueJson(value, image);
  return {};
}

Result<EmulateOutcome> Emulate(const EmulateArguments& arguments) {
  const auto input_bytes = InputBytes(arguments.input);
  if (!input_bytes) return tl::make_unexpected(input_bytes.error());
  auto machine = emulation::OpenMachine(arguments.firmware, arguments.board);
  if (!machine) return tl::make_unexpected(machine.error());
  campaign::ProcessSpec spec;
  spec.argv = std::move(machine->command.argv);
  spec.environment = std::move(machine->command.environment);
  spec.environment["PERCUSS_BOARD_INPUT"] = stdfs::absolute(arguments.input).string();
  spec.environment["PERCUSS_BOARD_TELL"] = "1";
  if (arguments.trace) spec.environment["PERCUSS_BOARD_TRACE"] = "1";
  // Whoever runs us may judge the input's time from outside.
  if (const char* beat = std::getenv(PERCUSS_HEARTBEAT_ENV)) {
    spec.environment[PERCUSS_HEARTBEAT_ENV] = beat;
  }
  spec.capture_output = !arguments.trace;
  auto folder = common::TemporaryFolder::Make("percuss-emulate");
  if (!folder) return tl::make_unexpected(folder.error());
  if (arguments.trace) spec.stderr_path = folder->Path() / "log";  // more than what is captured
  const stdfs::path executed = folder->Path() / "executed";
  if (arguments.last_writer) {
    const auto made = common::WriteFileAtomically(executed, "");
    if (!made) return tl::make_unexpected(made.error());
    spec.environment[PERCUSS_EXECUTION_ENV] = executed.string();
  }
  auto process = campaign::Process::Spawn(spec);
  if (!process) return tl::make_unexpected(process.error());
  constexpr int64_t kMsPerS = 1000;
  const bool ended = process->WaitFor(arguments.timeout_s * kMsPerS).has_value();
  if (!ended) process->KillTree();
  EmulateOutcome outcome;
  outcome.log =
      arguments.trace ? common::ReadFile(spec.stderr_path).value_or("") : process->TakeStderr();
  outcome.run = emulation::ReadBoardRun(outcome.log);
  if (!ended || outcome.run.ended == "error") {
    return tl::make_unexpected(WhyNoOutcome(arguments, *machine, outcome, ended));
  }
  for (const uint64_t block : outcome.run.blocks) {
    outcome.trace.push_back({block, machine->image.NameOf(block), ""});
  }
  if (outcome.run.ended != "done") {
    outcome.text = WithNames(emulation::Describe(outcome.run, machine->image));
    if (arguments.last_writer) {
      const auto told = TellValue(executed, machine->image, outcome);
      if (!told) return tl::make_unexpected(told.error());
    }
  }
  outcome.inconclusive = emulation::WhyInconclusive(outcome.run, *input_bytes);
  outcome.notes = std::move(machine->notes);
  return outcome;
}

void RunOnProgram(EmulateArguments arguments, CommandContext& context) {
  if (arguments.checkpoint.empty()) arguments.checkpoint = kProgramCheckpoint;
  const auto outcome =
      EmulateProgram({arguments.firmware,
                      arguments.input,
                      {arguments.sysroot, arguments.words, arguments.checkpoint, arguments.socket},
                      arguments.trace,
                      arguments.timeout_s});
  if (!outcome) return ReportError(outcome.error(), context);
  context.exit_code = outcome->run.ended == "done" ? kExitPass : kExitFail;
  PrintProgramOutcome(*outcome, context);
  if (!arguments.gdb) return;
  constexpr int64_t kMsPerS = 1000;
  const bool hangs = outcome->run.ended == "hang";
  const auto debugged =
      DebugProgram({arguments.firmware,
                    {arguments.sysroot, arguments.words, arguments.checkpoint, arguments.socket},
                    arguments.input,
                    hangs ? arguments.timeout_s * kMsPerS : 0});
  if (!debugged) ReportError(debugged.error(), context);
}

// What only a Linux program can be given.
common::Status RefuseProgramOptions(const EmulateArguments& arguments) {
  const std::pair<const char*, bool> given[] = {{"--socket", !arguments.socket.empty()},
                                                {"--sysroot", !arguments.sysroot.empty()},
                                                {"--checkpoint", !arguments.checkpoint.empty()},
                                                {"--argument", !arguments.words.empty()}};
  for (const auto& [option, is_given] : given) {
    if (!is_given) continue;
    return common::Fail(
        common::ErrorCode::kBadInput,
        fmt::format("{} is for Linux programs, and this is run as firmware{}", option,
                    arguments.rehost ? ""
                                     : " on the board " + arguments.board +
                                           ", whose description says what it "
                                           "needs"),
        arguments.firmware);
  }
  return {};
}

void RunRehost(const EmulateArguments& arguments, CommandContext& context) {
  if (auto refused = RefuseProgramOptions(arguments); !refused) {
    return ReportError(refused.error(), context);
  }
  const RehostArguments rehost = {arguments.firmware, arguments.rehost_config, arguments.input,
                                  arguments.trace, arguments.coverage};
  const auto outcome = EmulateRehost(rehost);
  if (!outcome) return ReportError(outcome.error(), context);
  TellOutcome(*outcome, context);
  if (!arguments.gdb) return;
  const auto debugged = DebugRehost(rehost);
  if (!debugged) ReportError(debugged.error(), context);
}

void RunEmulate(EmulateArguments arguments, CommandContext& context) {
  if (arguments.rehost) return RunRehost(arguments, context);
  if (arguments.board.empty() && emulation::IsLinuxProgram(arguments.firmware)) {
    return RunOnProgram(std::move(arguments), context);
  }
  if (arguments.board.empty()) arguments.board = "mps2-an385";
  if (auto refused = RefuseProgramOptions(arguments); !refused) {
    return ReportError(refused.error(), context);
  }
  const auto outcome = Emulate(arguments);
  if (!outcome) return ReportError(outcome.error(), context);
  TellOutcome(*outcome, context);
  if (!arguments.gdb) return;
  const auto debugged = DebugOnBoard({arguments.firmware, arguments.board, arguments.input});
  if (!debugged) ReportError(debugged.error(), context);
}

void AddRehost(CLI::App& command, EmulateArguments& arguments) {
  command
      .add_option_function<std::vector<std::string>>(
          "--rehost",
          [&arguments](const std::vector<std::string>& values) {
            arguments.rehost = true;
            arguments.rehost_config = values.empty() || values[0] == "auto" ? "" : values[0];
          },
          "Run the image as shipped, on a Cortex-M whose peripherals are answered by the input; "
          "CONFIG is fuzzware's config.yml or a percuss.rehost.v1 file, without one or with "
          "\"auto\" the memory map is guessed")
      ->type_name("CONFIG")
      ->expected(0, 1)
      ->check(CLI::Validator(
          [](std::string& path) {
            return path.empty() || path == "auto" ? "" : CLI::ExistingFile(path);
          },
          ""));
  command
      .add_flag("--coverage", arguments.coverage,
                "Of an image run with --rehost: say which blocks of it ran, of those that are "
                "found statically, by function")
      ->needs("--rehost");
}

}  // namespace

void AddEmulateCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<EmulateArguments>();
  CLI::App* command = AddCommand(
      app, context, "emulate",
      "Run one input through a firmware image, on an emulated board or with its peripherals "
      "answered by the input, or through a Linux program for another processor, and say what "
      "happened: 0 it went on, 2 it failed, 3 it went on without the input, 1 cannot tell",
      "percuss emulate pump.elf --board mps2-an385 --input crash.bin\n"
      "  percuss emulate shipped.bin --rehost config.yml --input crash.bin --gdb");
  command
      ->add_option("firmware", arguments->firmware,
                   "The image or the program, an ELF file; with --rehost also an image in another "
                   "format")
      ->required()
      ->check(MustExist());
  command->add_option("--board", arguments->board,
                      "A board's name, or the file of its description; for an image mps2-an385 "
                      "where none is named");
  AddRehost(*command, *arguments);
  command
      ->add_option("--sysroot", arguments->sysroot,
                   "Of a dynamic program: the folder with its loader and libraries")
      ->check(MustExist());
  command
      ->add_option("--checkpoint", arguments->checkpoint,
                   "Of a program: where the input begins, a symbol, an address, \"entry\", or "
                   "with --socket \"listening\"")
      ->default_str(kProgramCheckpoint);
  command
      ->add_option("--argument", arguments->words,
                   "Of a program, each by itself: an argument; \"@@\" in it is the input's path, "
                   "and without one the input is standard input")
      ->allow_extra_args(false);
  command->add_option(
      "--socket", arguments->socket,
      "Of a program: the input is what a client sends to it, \"tcp\" or \"udp\", or "
      "a \"session\" of clients (percuss session); with \":PORT\" where it has "
      "several, and of a session with \",code=FIRST[-LAST]\", the bytes of each reply, from 0, to "
      "be told");
  command
      ->add_option("--input", arguments->input,
                   "What arrives on the board's interface, or what the program reads; nothing "
                   "where it is left out")
      ->check(MustExist());
  command->add_flag("--trace", arguments->trace,
                    "Print each block that runs: its address and function");
  command
      ->add_flag("--gdb", arguments->gdb,
                 "Then run it again under gdb-multiarch, which stops where the input ended")
      ->excludes(command->get_option("--json"));
  command->add_flag(
      "--last-writer", arguments->last_writer,
      "Of firmware that failed, not on a Cortex-A: say who wrote the pointer, size or return "
      "address that was bad, and where its value is from");
  command->add_option("--timeout", arguments->timeout_s, "Seconds of wall time")
      ->capture_default_str()
      ->check(CLI::Range(int64_t{1}, kMostTimeoutS));
  command->get_option("--rehost")->excludes("--board")->excludes("--last-writer");
  command->callback([arguments, &context] { RunEmulate(*arguments, context); });
}

}  // namespace percuss::cli
