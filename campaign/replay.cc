// SPDX-License-Identifier: Apache-2.0
#include "campaign/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <stop_token>

#include "campaign/build_likeness.h"
#include "campaign/engine/board_target.h"
#include "campaign/engine/program_target.h"
#include "campaign/harness_facts.h"
#include "campaign/measure/deadline.h"
#include "campaign/measure/host.h"
#include "campaign/measure/retention_runner.h"
#include "campaign/replay_document.h"
#include "campaign/store/work_dir.h"
#include "campaign/supervise/sanitizer_environment.h"
#include "campaign/target_command.h"
#include "campaign/triage/confirmation.h"
#include "campaign/triage/firmware_report.h"
#include "campaign/triage/judge.h"
#include "campaign/triage/process_input_runner.h"
#include "campaign/triage/signature.h"
#include "campaign/triage/source_lines_runner.h"
#include "campaign/triage/stack_text.h"
#include "common/fs.h"
#include "common/hash.h"
#include "common/json_file.h"
#include "common/json_numbers.h"

namespace percuss::campaign {
namespace {

namespace stdfs = std::filesystem;
using common::ErrorCode;
using common::Fail;
using common::Json;
using common::Result;
using Recipe = ReplayDocument;

constexpr size_t kReasonBytes = 500;

bool IsPlainName(const std::string& name) {
  return !name.empty() && name == WorkDir::SafeName(name);
}

// The packaged binary; where none is carried, the one of the campaign's host.
Result<stdfs::path> CampaignsBinary(const stdfs::path& package, const Recipe& recipe) {
  std::error_code ignored;
  if (!recipe.packaged.empty()) {
    const stdfs::path inner = stdfs::path(recipe.packaged).lexically_normal();
    if (inner.is_absolute() || inner.begin()->string() != "replay") {
      return Fail(ErrorCode::kCorrupt, "names a binary outside of the package", recipe.packaged);
    }
    return package / inner;
  }
  if (stdfs::exists(recipe.original_path, ignored)) return stdfs::path(recipe.original_path);
  return Fail(
      ErrorCode::kNotFound,
      "the package carries no binary for this finding: pass one with --binary; its SHA-256 was " +
          recipe.sha256,
      recipe.original_path);
}

Result<stdfs::path> ChooseBinary(const stdfs::path& package, const Recipe& recipe,
                                 const ReplayOptions& options) {
  if (!options.binary.empty()) return stdfs::absolute(options.binary);
  return CampaignsBinary(package, recipe);
}

// The user's own functions in the stack of the finding; none when its file cannot be read.
std::vector<std::string> FunctionsOf(const stdfs::path& folder) {
  std::vector<std::string> functions;
  const auto finding = common::ReadJsonFile(folder / "finding.json");
  if (!finding) return functions;
  const auto read = common::FromJson<common::Finding>(*finding, folder.string());
  if (!read) return functions;
  for (const common::StackFrame& frame : read->stack) {
    if (frame.user_code && !frame.function.empty()) functions.push_back(frame.function);
  }
  return functions;
}

// That another build survives an input shows something only where it would have failed on it.
Unlikeness CompareWithCampaigns(const stdfs::path& package, const stdfs::path& binary,
                                const Recipe& recipe, const std::vector<std::string>& functions) {
  const auto original = CampaignsBinary(package, recipe);
  const auto digest = original ? common::Sha256FileHex(*original)
                               : Result<std::string>(tl::make_unexpected(original.error()));
  if (!digest || *digest != recipe.sha256) {
    return {"cannot be compared with the campaign's, which the package does not carry", false};
  }
  return CompareBuilds(*original, binary, functions);
}

// Of firmware: the description that travels beside the image.
Result<stdfs::path> ChooseBoard(const stdfs::path& package, const Recipe& recipe) {
  if (recipe.role != "firmware") return stdfs::path();
  const auto board = (package / recipe.packaged).parent_path() / "board";
  const auto digest = common::Sha256FileHex(board);
  if (recipe.packaged.empty() || !digest || *digest != recipe.board_sha256) {
    return Fail(ErrorCode::kNotFound,
                "the package does not carry the board's description of this finding; its SHA-256 "
                "was " +
                    recipe.board_sha256);
  }
  return board;
}

// Of firmware on the fast core: what its source lines are looked up in; empty where none is named.
Result<stdfs::path> ChooseImage(const stdfs::path& package, const Recipe& recipe) {
  if (!recipe.image || recipe.image->empty()) return stdfs::path();
  const stdfs::path inner = stdfs::path(*recipe.image).lexically_normal();
  if (inner.is_absolute() || inner.begin()->string() != "replay") {
    return Fail(ErrorCode::kCorrupt, "names an image outside of the package", *recipe.image);
  }
  return package / inner;
}

// Of a program: its sysroot is the one in the package; the campaign's host's may have changed.
Result<std::optional<LinuxProgram>> ChooseProgram(const stdfs::path& package,
                                                  const Recipe& recipe) {
  if (recipe.role != "program") return std::optional<LinuxProgram>();
  if (!recipe.program) return Fail(ErrorCode::kCorrupt, "does not say how its program is run");
  std::optional<LinuxProgram> program = recipe.program;
  if (program->sysroot.empty()) return program;
  const stdfs::path inner = program->sysroot.lexically_normal();
  if (inner.is_absolute() || inner.begin()->string() != "replay") {
    return Fail(ErrorCode::kCorrupt, "names a sysroot outside of the package", inner.string());
  }
  program->sysroot = package / inner;
  return program;
}

// Returns what is unlike the campaign's harness, so that surviving shows nothing; mostly empty.
std::string CompareBinary(const stdfs::path& binary, const Recipe& recipe, ReplayResult& result) {
  const auto digest = common::Sha256FileHex(binary);
  if (!digest) {
    result.cannot_tell = true;
    result.reason = digest.error().Text();
    return "";
  }
  result.binary_sha256 = *digest;
  result.campaigns_binary = *digest == recipe.sha256;
  if (!result.campaigns_binary) {
    result.warnings.push_back(fmt::format("the binary differs from the campaign's: {} now, {} then",
                                          *digest, recipe.sha256));
  }
  const auto facts = ReadHarnessFacts(binary);
  if (!facts && recipe.format_version >= 0) {
    result.cannot_tell = true;
    result.reason =
        "the binary is not built with the harness SDK as the campaign's was: nobody "
        "knows whether it reads the input";
    return "";
  }
  if (!facts || recipe.format_version < 0 || facts->input_format_version == recipe.format_version) {
    return "";
  }
  const std::string formats = fmt::format("reads input format {}, the input is of format {}",
                                          facts->input_format_version, recipe.format_version);
  result.warnings.push_back("the harness " + formats + ": it may mean something else now");
  return formats;
}

std::string TextOf(const Json& object, const char* name) {
  const bool has = object.is_object() && object.contains(name) && object[name].is_string();
  return has ? object[name].get<std::string>() : "";
}

// Of the campaign's tools only these have a say in a replay.
void CompareTools(const stdfs::path& package, std::vector<common::Tool> of_emulator,
                  ReplayResult& result) {
  const auto manifest = common::ReadJsonFile(package / "manifest.json");
  if (!manifest || !manifest->contains("tools")) return;
  std::vector<common::Tool> tools = {DescribeSelf(""), DescribeSymbolizer()};
  for (common::Tool& tool : of_emulator) tools.push_back(std::move(tool));
  for (const common::Tool& now : tools) {
    for (const Json& then : (*manifest)["tools"]) {
      if (TextOf(then, "name") != now.name || TextOf(then, "sha256") == now.sha256) continue;
      result.warnings.push_back(
          fmt::format("{} differs from the campaign's: SHA-256 {} now, {} then", now.name,
                      now.sha256.empty() ? "none" : now.sha256, TextOf(then, "sha256")));
    }
  }
}

Result<Sighting> ReadSighting(const stdfs::path& folder, const Recipe& recipe, bool minimised) {
  Sighting sighting;
  sighting.target = recipe.target;
  sighting.engine = recipe.role == "msan" ? "msan_replay" : recipe.role;
  if (recipe.role == "benchmark") sighting.engine = "timing";
  if (recipe.repetition) sighting.engine = kRetentionEngine;
  sighting.kind = recipe.kind;
  auto input = common::ReadFile(folder / (minimised ? "input.min" : "input"));
  if (!input) return tl::make_unexpected(input.error());
  sighting.input = std::move(*input);
  if (minimised) return sighting;
  for (const auto& file : common::ListFiles(folder / "history")) {
    auto earlier = common::ReadFile(file);
    if (!earlier) return tl::make_unexpected(earlier.error());
    sighting.history.push_back(std::move(*earlier));
  }
  return sighting;
}

void DescribePlainCommand(const stdfs::path& input, const TargetCommand& command,
                          const Recipe& recipe, const std::optional<Surroundings>& surroundings,
                          ReplayResult& result) {
  const Surroundings in =
      command.style == "emulate" ? Surroundings() : surroundings.value_or(Surroundings());
  result.argv = command.argv;
  result.fixed_layout = in.fixed_layout;
  if (result.argv.back() == "@@") result.argv.pop_back();
  if (input.filename() == "input") {
    for (const auto& file : common::ListFiles(input.parent_path() / "history"))
      result.argv.push_back(file.string());
  }
  result.argv.push_back(input.string());
  for (const auto& [name, value] :
       JudgingEnvironment(recipe.environment, recipe.limits.rss_mib, in.heap)) {
    result.environment.push_back(name + "=" + value);
  }
}

// What a run of percuss itself gave as the reason for its end.
std::string ReasonIn(std::string_view log) {
  while (!log.empty()) {
    std::string_view line = TakeLine(log);
    for (const std::string_view mark : {"percuss: ", "inconclusive: "}) {
      if (!line.starts_with(mark)) continue;
      line.remove_prefix(mark.size());
      if (!line.starts_with("warning: ") && !line.starts_with("info: "))
        return Printable(line, kReasonBytes);
    }
  }
  return "";
}

// Counts what a run showed.
void CountFault(const Observation& seen, std::vector<SeenFault>& faults) {
  if (seen.kind == "error" || seen.history_failed) return;
  const auto report = ParseCrashReport(seen.log, {seen.kind, seen.signal, seen.exit_code});
  if (!report || IsTimeKind(report->kind)) return;
  const std::string key = StrictKey(*report);
  const auto known = std::find_if(faults.begin(), faults.end(),
                                  [&](const SeenFault& fault) { return fault.strict_key == key; });
  if (known != faults.end()) {
    ++known->runs;
  } else {
    faults.push_back({key, LooseKey(*report), SummaryOf(*report), 1});
  }
}

// Keeps what runs showed beside what the judge makes of them. libFuzzer's driver names each file
// that it ran: where no harness SDK tells of inputs, its silence means that what ran was something
// else.
class WitnessedRunner : public InputRunner {
 public:
  WitnessedRunner(InputRunner& runner, bool driver_tells, const ReplayOptions& options,
                  const Recipe& recipe)
      : runner_(runner), driver_tells_(driver_tells), options_(options), recipe_(recipe) {}

  Result<Observation> Run(const std::vector<stdfs::path>& history, const stdfs::path& input,
                          const RunVariation& variation) override {
    auto seen = runner_.Run(history, input, variation);
    if (options_.cancel != nullptr && *options_.cancel) enough_.request_stop();
    if (!seen) return seen;
    if (seen->kind == "error") {
      why_ = ReasonIn(seen->log);
      if (why_.empty()) why_ = Printable(seen->detail, kReasonBytes);
    }
    CountFault(*seen, faults_);
    if (options_.stop_when_shown && Shown()) enough_.request_stop();
    if (!driver_tells_ || seen->kind != "ok") return seen;
    const bool told = seen->log.find("Running: ") != std::string::npos ||
                      seen->log.find("Executed ") != std::string::npos;
    silent_ = silent_ || !told;
    return seen;
  }
  [[nodiscard]] Variable Varies() const override { return runner_.Varies(); }
  [[nodiscard]] bool Silent() const { return silent_; }
  // Why the last input that could not be run was not; empty where nobody said.
  [[nodiscard]] const std::string& Why() const { return why_; }
  // All but those that are a matter of time, which have no key until they are seen together.
  [[nodiscard]] const std::vector<SeenFault>& Faults() const { return faults_; }
  [[nodiscard]] std::stop_token Enough() const { return enough_.get_token(); }

 private:
  [[nodiscard]] bool Shown() const {
    return std::any_of(faults_.begin(), faults_.end(), [&](const SeenFault& fault) {
      return fault.strict_key == recipe_.strict_key || fault.loose_key == recipe_.loose_key;
    });
  }

  InputRunner& runner_;
  bool driver_tells_;
  const ReplayOptions& options_;
  const Recipe& recipe_;
  std::stop_source enough_;
  std::vector<SeenFault> faults_;
  bool silent_ = false;
  std::string why_;
};

// The faults of all reruns, and how many of them are the finding.
void TellFaults(std::vector<SeenFault> faults, const Recipe& recipe, ReplayResult& result) {
  const common::Finding& seen = result.seen;
  if (result.reproduced > 0 && IsTimeKind(seen.kind)) {
    faults.push_back({seen.strict_key, seen.loose_key, seen.summary, result.reproduced});
  }
  std::stable_sort(faults.begin(), faults.end(), [](const SeenFault& one, const SeenFault& other) {
    return one.runs > other.runs;
  });
  for (const SeenFault& fault : faults) {
    if (fault.strict_key == recipe.strict_key) {
      result.shown += fault.runs;
    } else if (fault.loose_key == recipe.loose_key) {
      result.shown_loosely += fault.runs;
    }
  }
  result.faults = std::move(faults);
}

void CannotTell(const std::string& why, ReplayResult& result) {
  result.cannot_tell = true;
  result.reason = why;
}

// Runs of the command, with the image's source lines where there is one.
std::unique_ptr<InputRunner> Plain(const TargetCommand& command, const InputLimits& limits,
                                   const Recipe& recipe, const RunOptions& running) {
  auto runner = std::make_unique<ProcessInputRunner>(command, limits, running);
  if (!recipe.image || recipe.image->empty()) return runner;
  return std::make_unique<SourceLinesRunner>(std::move(runner), *recipe.image);
}

// Judges the sighting on the command; what survives must be known to have been tested.
void RunAgain(const TargetCommand& command, const Recipe& recipe, const ReplayOptions& options,
              const Sighting& sighting, ReplayResult& result) {
  const auto surroundings = SurroundingsNamed(result.surroundings);
  RunOptions running;
  running.cancel = options.cancel;
  std::unique_ptr<InputRunner> processes = Plain(command, recipe.limits, recipe, running);
  DeadlineRunner deadlines(
      {command.argv.front(), recipe.environment, recipe.deadline_us, recipe.deadline_source},
      options.scratch);
  RetentionRunner repeated(command, recipe.limits, recipe.repetition.value_or(kRepetition),
                           options.cancel);
  const bool of_deadline = recipe.role == "benchmark";
  InputRunner* chosen = processes.get();
  if (of_deadline) chosen = &deadlines;
  if (recipe.repetition) chosen = &repeated;
  const stdfs::path binary = command.argv.front();
  const bool driver_tells = command.style == "libfuzzer" && recipe.format_version < 0 &&
                            !options.binary.empty() && HasLibFuzzer(binary);
  TargetCommand telling = command;
  telling.environment[kExplainVariable] = "1";
  const std::unique_ptr<InputRunner> explaining =
      Plain(telling, LimitsToExplain(recipe.limits), recipe, running);
  WitnessedRunner runner(*chosen, driver_tells && chosen == processes.get(), options, recipe);
  FindingBook book;
  JudgeOptions judging;
  judging.reruns = options.runs;
  judging.times_where_reruns_differ = 1;
  judging.surroundings = surroundings;
  judging.package_folder = options.scratch / "judged";
  judging.scratch_folder = options.scratch / "inputs";
  if (recipe.image) {
    judging.last_writer = explaining.get();
    judging.confirm = [binary](const stdfs::path& input) {
      return ConfirmOnOtherProcessor(ConfirmProgram(), binary, input);
    };
  }
  Judge judge(runner, book, judging);
  auto judgement = judge.JudgeSighting(sighting, runner.Enough());
  if (options.cancel != nullptr && *options.cancel) return CannotTell("interrupted", result);
  if (!judgement) return CannotTell(judgement.error().Text(), result);
  result.seen = std::move(judgement->finding);
  result.reproduced = result.seen.reproduction.reproduced;
  result.reruns = result.seen.reproduction.reruns;
  result.same_bug = result.reproduced > 0 && result.seen.strict_key == recipe.strict_key;
  TellFaults(runner.Faults(), recipe, result);
  if (result.reruns == 0) {
    const std::string why = runner.Why().empty() ? "" : ": " + runner.Why();
    CannotTell("the binary could not run the input" + why, result);
  }
  if (result.reproduced == 0 && surroundings) {
    const Variable varies = runner.Varies();
    if (!varies.exact && Within(*surroundings, varies) != *surroundings) {
      CannotTell(fmt::format("it is asked for in the surroundings \"{}\", which cannot be had here",
                             result.surroundings),
                 result);
    }
  }
  if (result.reproduced == 0 && runner.Silent()) {
    CannotTell("libFuzzer in the binary did not say that it ran the input", result);
  }
}

}  // namespace

void to_json(Json& json, const SeenFault& fault) {
  json = {{"strict_key", fault.strict_key},
          {"loose_key", fault.loose_key},
          {"summary", fault.summary},
          {"runs", fault.runs}};
}

void from_json(const Json& json, SeenFault& fault) {
  json.at("strict_key").get_to(fault.strict_key);
  json.at("loose_key").get_to(fault.loose_key);
  json.at("summary").get_to(fault.summary);
  json.at("runs").get_to(fault.runs);
}

std::vector<std::string> FindingsIn(const stdfs::path& package_folder) {
  std::vector<std::string> ids;
  std::error_code error;
  for (stdfs::directory_iterator it(package_folder / "findings", error), end; !error && it != end;
       it.increment(error)) {
    ids.push_back(it->path().filename().string());
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

Result<ReplayResult> ReplayFinding(const stdfs::path& package_folder, const std::string& id,
                                   const ReplayOptions& options) {
  const auto folder = package_folder / "findings" / id;
  std::error_code ignored;
  if (!IsPlainName(id) || !stdfs::is_directory(folder, ignored)) {
    return Fail(ErrorCode::kBadInput, "the package has no finding " + id);
  }
  auto recipe = ReadReplayDocument(folder / "replay.json");
  if (!recipe) return tl::make_unexpected(recipe.error());
  const auto image = ChooseImage(package_folder, *recipe);
  if (!image) return tl::make_unexpected(image.error());
  if (recipe->image) recipe->image = image->string();
  ReplayResult result;
  result.id = id;
  if (!recipe->has_input) {
    CannotTell("no input was at hand: a log is all that is known of it", result);
    return result;
  }
  const auto sighting = ReadSighting(folder, *recipe, options.minimised);
  if (!sighting) return tl::make_unexpected(sighting.error());
  const auto input = folder / (options.minimised ? "input.min" : "input");
  const auto binary = ChooseBinary(package_folder, *recipe, options);
  if (!binary) {
    result.cannot_tell = true;
    result.reason = binary.error().Text();
    return result;
  }
  const std::string other_format = CompareBinary(*binary, *recipe, result);
  Unlikeness unlike;
  if (!result.campaigns_binary) {
    const auto functions = options.same_target ? std::vector<std::string>() : FunctionsOf(folder);
    unlike = CompareWithCampaigns(package_folder, *binary, *recipe, functions);
    if (unlike.takes_no_input) CannotTell("the binary " + unlike.what, result);
    if (unlike.what.empty()) unlike.what = other_format;
  }
  if (result.cannot_tell) return result;

  const auto board = ChooseBoard(package_folder, *recipe);
  if (!board) {
    result.cannot_tell = true;
    result.reason = board.error().Text();
    return result;
  }
  const auto program = ChooseProgram(package_folder, *recipe);
  if (!program) return tl::make_unexpected(program.error());
  std::vector<common::Tool> of_emulator;
  if (*program) of_emulator = ProgramTools(*binary);
  if (!board->empty()) of_emulator = BoardTools(*board);
  CompareTools(package_folder, std::move(of_emulator), result);
  if (*program) {
    const bool hangs = recipe->kind == "hang";
    result.in_program = {binary->string(), **program, input.string(),
                         hangs ? recipe->limits.wall_ms : 0};
  }
  TargetCommand command =
      *program ? CommandOf(*binary, **program) : CommandOf(recipe->role, *binary, *board);
  command.environment = recipe->environment;
  result.surroundings = options.surroundings.empty() ? recipe->surroundings : options.surroundings;
  if (result.surroundings.empty()) result.surroundings = kSeriesName;
  const auto surroundings = SurroundingsNamed(result.surroundings);
  DescribePlainCommand(input, command, *recipe, surroundings, result);
  if (!board->empty()) {
    result.on_board = {binary->string(), board->string(), input.string()};
  }
  if (recipe->image) result.on_core = {binary->string(), *recipe->image, input.string()};
  RunAgain(command, *recipe, options, *sighting, result);
  if (result.reproduced == 0 && !result.cannot_tell && !unlike.what.empty()) {
    CannotTell("the binary " + unlike.what + ": that it survives shows nothing", result);
  }
  return result;
}

std::string ShellWord(const std::string& word) {
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string ShellLine(const ReplayResult& replay) {
  std::string line;
  for (const auto& variable : replay.environment) {
    const size_t equals = variable.find('=');
    line += variable.substr(0, equals + 1) + ShellWord(variable.substr(equals + 1)) + " ";
  }
  if (replay.fixed_layout) line += "setarch -R ";
  for (const auto& argument : replay.argv) line += ShellWord(argument) + " ";
  line.pop_back();
  return line;
}

}  // namespace percuss::campaign
