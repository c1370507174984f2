// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <optional>

#include "campaign/replay.h"
#include "campaign/supervise/keeper.h"
#include "campaign/supervise/surroundings.h"
#include "campaign/triage/firmware_report.h"
#include "cli/commands.h"
#include "cli/debugger.h"
#include "cli/emulated_rehost.h"
#include "cli/package_to_run.h"
#include "common/fs.h"
#include "common/hash.h"
#include "reports/evidence/package_reader.h"

namespace percuss::cli {
namespace {

namespace stdfs = std::filesystem;
using common::Json;
using common::Result;

struct ReproArguments {
  std::string package;
  std::string finding;
  std::string binary;
  std::string surroundings;
  int runs = 10;
  bool minimised = false;
  bool gdb = false;
};

// Where packages are unpacked. They stay, so that the printed plain command works afterwards.
Result<stdfs::path> UnpackFolder(const reports::PackageReader& reader) {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  stdfs::path base;
  if (cache != nullptr && *cache != '\0') {
    base = cache;
  } else if (home != nullptr && *home != '\0') {
    base = stdfs::path(home) / ".cache";
  } else {
    return common::Fail(common::ErrorCode::kUnavailable, "neither XDG_CACHE_HOME nor HOME is set");
  }
  std::vector<std::string> digests;
  for (const auto& entry : reader.List()) digests.push_back(entry.sha256);
  constexpr size_t kDigits = 16;
  return base / "percuss" / "replay" / common::Sha256OfSet(digests).substr(0, kDigits);
}

// The unpacked package.
Result<stdfs::path> Unpack(const ReproArguments& arguments) {
  const auto reader = OpenToRun(arguments.package);
  if (!reader) return tl::make_unexpected(reader.error());
  const auto folder = UnpackFolder(*reader);
  if (!folder) return folder;
  std::error_code ignored;
  stdfs::remove_all(*folder, ignored);
  if (auto made = common::MakeFolder(folder->parent_path()); !made)
    return tl::make_unexpected(made.error());
  if (auto unpacked = reader->ExtractTo(*folder); !unpacked)
    return tl::make_unexpected(unpacked.error());
  return *folder;
}

Json ReplayJson(const campaign::ReplayResult& replay) {
  return {{"id", replay.id},
          {"reproduced", replay.reproduced},
          {"reruns", replay.reruns},
          {"same_bug", replay.same_bug},
          {"cannot_tell", replay.cannot_tell},
          {"reason", replay.reason},
          {"class", replay.seen.bug_class},
          {"function", replay.seen.function},
          {"firmware", Json(replay.seen).at("firmware")},
          {"surroundings", replay.surroundings},
          {"warnings", replay.warnings},
          {"command", replay.argv.empty() ? "" : ShellLine(replay)}};
}

void PrintReplay(const campaign::ReplayResult& replay) {
  if (replay.cannot_tell) {
    fmt::print("{}: cannot tell: {}\n", replay.id, replay.reason);
  } else if (replay.reproduced == 0) {
    fmt::print("{}: not reproduced, 0 of {}\n", replay.id, replay.reruns);
  } else {
    fmt::print("{}: reproduced {} of {}{}\n  {}\n", replay.id, replay.reproduced, replay.reruns,
               replay.same_bug ? ", the same bug" : ", but ANOTHER bug than the package says",
               replay.seen.summary);
    for (size_t i = 0; i < replay.seen.stack.size(); ++i) {
      const auto& frame = replay.seen.stack[i];
      fmt::print("  #{} {} {}:{}\n", i, frame.function.empty() ? "??" : frame.function,
                 frame.file.empty() ? frame.module : frame.file, frame.line);
    }
    fmt::print("{}", campaign::FirmwareCrashText(replay.seen.firmware));
  }
  if (campaign::SurroundingsNamed(replay.surroundings)) {
    fmt::print("  in surroundings \"{}\", see docs/triage.md\n", replay.surroundings);
  }
  if (replay.argv.empty()) return;
  const bool emulated = replay.on_board || replay.in_program;
  fmt::print("  {}:\n  {}\n", emulated ? "one such run" : "without percuss", ShellLine(replay));
}

// The debugger, stopped at the crash.
common::Status OpenDebugger(const campaign::ReplayResult& replay) {
  if (replay.on_board) return DebugOnBoard(*replay.on_board);
  if (replay.on_core) return DebugOnCore(*replay.on_core);
  if (replay.in_program) return DebugProgram(*replay.in_program);
  std::vector<std::string> words = {"gdb", "-q"};
  for (const auto& variable : replay.environment) {
    const size_t equals = variable.find('=');
    words.insert(words.end(), {"-ex", "set environment " + variable.substr(0, equals) + " " +
                                          variable.substr(equals + 1)});
  }
  // gdb randomises nothing by itself.
  if (campaign::SurroundingsNamed(replay.surroundings) && !replay.fixed_layout) {
    words.insert(words.end(), {"-ex", "set disable-randomization off"});
  }
  words.insert(words.end(), {"-ex", "run", "-ex", "backtrace", "--args"});
  words.insert(words.end(), replay.argv.begin(), replay.argv.end());
  return RunDebugger(words);
}

Result<std::vector<campaign::ReplayResult>> ReplayAll(const ReproArguments& arguments) {
  const auto folder = Unpack(arguments);
  if (!folder) return tl::make_unexpected(folder.error());
  std::vector<std::string> ids = {arguments.finding};
  if (arguments.finding.empty()) ids = campaign::FindingsIn(*folder);
  if (arguments.gdb && ids.size() > 1) {
    return common::Fail(
        common::ErrorCode::kBadInput,
        fmt::format("the package holds {} findings: name one for gdb with --finding", ids.size()),
        arguments.package);
  }
  if (ids.empty()) {
    return common::Fail(common::ErrorCode::kBadInput, "the package holds no finding",
                        arguments.package);
  }
  const auto scratch = common::TemporaryFolder::Make("percuss-repro");
  if (!scratch) return tl::make_unexpected(scratch.error());
  std::vector<campaign::ReplayResult> replays;
  campaign::ReplayOptions options;
  options.runs = arguments.runs;
  options.binary = arguments.binary;
  options.scratch = scratch->Path();
  options.minimised = arguments.minimised;
  options.surroundings = arguments.surroundings;
  for (const std::string& id : ids) {
    auto replay = campaign::ReplayFinding(*folder, id, options);
    if (!replay) return tl::make_unexpected(replay.error());
    replays.push_back(std::move(*replay));
  }
  return replays;
}

void Repro(const ReproArguments& arguments, CommandContext& context) {
  const auto replays = ReplayAll(arguments);
  if (!replays) return ReportError(replays.error(), context);
  bool reproduced = false;
  bool cannot_tell = false;
  Json list = Json::array();
  for (const auto& replay : *replays) {
    for (const auto& warning : replay.warnings) {
      fmt::print(stderr, "percuss: {}: {}\n", replay.id, warning);
    }
    reproduced = reproduced || replay.reproduced > 0;
    cannot_tell = cannot_tell || replay.cannot_tell;
    list.push_back(ReplayJson(replay));
    if (!context.json) PrintReplay(replay);
  }
  if (context.json) PrintJson({{"findings", list}});
  context.exit_code = kExitPass;
  if (cannot_tell) context.exit_code = kExitInfrastructure;
  if (reproduced) context.exit_code = kExitFail;
  if (arguments.gdb && !replays->front().argv.empty()) {
    if (auto opened = OpenDebugger(replays->front()); !opened) ReportError(opened.error(), context);
  }
}

}  // namespace

void AddReproCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<ReproArguments>();
  CLI::App* command = AddCommand(
      app, context, "repro",
      "Run a package's findings again, from the package alone. This runs programs that the package "
      "carries. Exit 2 reproduced, 0 not reproduced, 1 cannot tell",
      "percuss repro out/nightly.zip --finding F-0123456789ab --runs 20");
  command->add_option("PACKAGE", arguments->package, "A package, zip or folder")
      ->required()
      ->check(MustExist());
  command->add_option("--finding", arguments->finding, "One finding; all by default");
  command->add_option("--runs", arguments->runs, "Runs of each input, in fresh processes")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  command->add_option("--binary", arguments->binary, "Another build, in place of the packaged one")
      ->check(MustExist());
  command
      ->add_option("--surroundings", arguments->surroundings,
                   "What layout and heap the runs have: a name of docs/triage.md, or series. By "
                   "default what shows the finding best")
      ->check(CLI::IsMember(
          {campaign::kSeriesName, "plain", "fixed", "zeros", "fixed-zeros", "ones", "fixed-ones"}));
  command->add_flag("--minimised", arguments->minimised,
                    "The minimised inputs in place of the original ones");
  command->add_flag("--gdb", arguments->gdb, "Open gdb at the crash afterwards")
      ->excludes("--json");
  command->callback([arguments, &context] {
    if (const auto code = campaign::BecomeKeptWorker(kExitInfrastructure)) {
      context.exit_code = *code;
    } else {
      Repro(*arguments, context);
    }
  });
}

}  // namespace percuss::cli
