// SPDX-License-Identifier: Apache-2.0
#include "campaign/triage/finding_files.h"

#include <fmt/format.h>

#include "campaign/supervise/sanitizer_environment.h"
#include "campaign/triage/surroundings_effect.h"
#include "common/fs.h"
#include "common/hash.h"
#include "common/json_file.h"

namespace percuss::campaign {

namespace {

using common::Result;
using common::Status;

std::string HistoryName(size_t index) { return fmt::format("history/{:04}", index); }

// The arguments with the input's files, in the order in which they run, in the place of @INPUT@.
std::vector<std::string> ExpandArguments(const ReplayRecipe& recipe,
                                         const std::vector<std::string>& inputs) {
  std::vector<std::string> arguments;
  bool placed = false;
  for (const std::string& argument : recipe.argv) {
    if (argument != kInputPlaceholder) {
      arguments.push_back(argument);
      continue;
    }
    placed = true;
    arguments.insert(arguments.end(), inputs.begin(), inputs.end());
  }
  if (!placed) arguments.insert(arguments.end(), inputs.begin(), inputs.end());
  return arguments;
}

// For a POSIX shell's prompt; only ever shown to a person.
std::string Quoted(const std::string& argument) {
  constexpr const char* kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=/.,:@%";
  if (!argument.empty() && argument.find_first_not_of(kPlain) == std::string::npos) {
    return argument;
  }
  std::string quoted = "'";
  for (const char c : argument) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string PlainCommand(const ReplayRecipe& recipe, const common::Finding& finding) {
  std::vector<std::string> inputs;
  for (int64_t i = 0; i < finding.history_inputs; i++) {
    inputs.push_back(finding.folder + "/" + HistoryName(static_cast<size_t>(i)));
  }
  inputs.push_back(finding.folder + "/input");
  const Surroundings surroundings = SurroundingsToShow(finding);
  std::string command;
  for (const auto& [name, value] :
       surroundings.heap == HeapFill::kOwn
           ? recipe.environment
           : JudgingEnvironment(recipe.target_environment, recipe.rss_limit_mib,
                                surroundings.heap)) {
    command += name + "=" + Quoted(value) + " ";
  }
  if (surroundings.fixed_layout) command += "setarch -R ";
  const std::vector<std::string> arguments = ExpandArguments(recipe, inputs);
  for (size_t i = 0; i < arguments.size(); i++) {
    if (i > 0) command += ' ';
    command += Quoted(arguments[i]);
  }
  return command;
}

common::Json ReplayJson(const ReplayRecipe& recipe, const common::Finding& finding) {
  common::Json history = common::Json::array();
  for (int64_t i = 0; i < finding.history_inputs; i++) {
    history.push_back(HistoryName(static_cast<size_t>(i)));
  }
  common::Json json = {
      {"schema", "percuss.replay.v1"},
      {"finding", finding.id},
      {"target", finding.target},
      {"engine", finding.engine},
      {"harness", recipe.harness},
      {"input_format_version", recipe.input_format_version},
      {"binary",
       {{"role", recipe.binary_role},
        {"sha256", recipe.binary_sha256},
        {"packaged", recipe.binary_packaged},
        {"path", recipe.binary_path}}},
      {"argv", recipe.argv},
      {"environment", recipe.environment},
      {"target_environment", recipe.target_environment},
      {"limits", {{"input_ms", recipe.input_limit_ms}, {"rss_mib", recipe.rss_limit_mib}}},
      {"input", finding.input_sha256.empty() ? "" : "input"},
      {"minimised", finding.minimised_sha256.empty() ? "" : "input.min"},
      {"history", history},
      {"expected",
       {{"kind", finding.kind},
        {"class", finding.bug_class},
        {"strict_key", finding.strict_key},
        {"loose_key", finding.loose_key},
        {"mode", finding.reproduction.mode},
        {"reproduced", finding.reproduction.reproduced},
        {"reruns", finding.reproduction.reruns}}},
      {"emulator_sha256", recipe.emulator_sha256},
      {"board_sha256", recipe.board_sha256},
      {"surroundings", finding.reproduction.shown_in},
      {"plain_command", finding.input_sha256.empty() ? "" : PlainCommand(recipe, finding)}};
  if (recipe.deadline_us > 0) {
    json["limits"]["deadline_us"] = recipe.deadline_us;
    json["limits"]["deadline_source"] = recipe.deadline_source;
  }
  if (recipe.image) json["image"] = *recipe.image;
  if (recipe.repetition) {
    json["repetition"] = {{"rounds", recipe.repetition->rounds},
                          {"inputs", recipe.repetition->inputs}};
  }
  if (recipe.program) {
    json["program"] = {{"sysroot", recipe.program->sysroot.generic_string()},
                       {"arguments", recipe.program->arguments},
                       {"checkpoint", recipe.program->checkpoint},
                       {"socket", recipe.program->socket}};
  }
  return json;
}

}  // namespace

Status WriteFindingFiles(const std::filesystem::path& package_folder, const FindingFiles& files,
                         const ReplayRecipe& recipe, common::Finding& finding) {
  finding.folder = "findings/" + finding.id;
  if (files.has_input) {
    finding.input_sha256 = common::Sha256Hex(files.input);
    finding.input_bytes = static_cast<int64_t>(files.input.size());
  }
  finding.history_inputs = static_cast<int64_t>(files.history.size());
  if (files.minimised) {
    finding.minimised_sha256 = common::Sha256Hex(*files.minimised);
    finding.minimised_bytes = static_cast<int64_t>(files.minimised->size());
  }
  const std::filesystem::path folder = package_folder / finding.folder;
  const auto write = [&folder](const std::string& name, const std::string& bytes) {
    return common::WriteFileAtomically(folder / name, bytes);
  };
  Status done = common::MakeFolder(files.history.empty() ? folder : folder / "history");
  if (done && files.has_input) done = write("input", files.input);
  for (size_t i = 0; done && i < files.history.size(); i++) {
    done = write(HistoryName(i), files.history[i]);
  }
  if (done && files.minimised) done = write("input.min", *files.minimised);
  if (done) done = write("report.txt", files.report);
  if (done) done = common::WriteJsonFile(folder / "replay.json", ReplayJson(recipe, finding));
  if (done) done = common::WriteJsonFile(folder / "finding.json", finding);
  if (!done) {
    return tl::unexpected(done.error().While("finding " + finding.id + " could not be saved"));
  }
  return {};
}

Status RewriteFindingJson(const std::filesystem::path& package_folder,
                          const std::vector<common::Finding>& findings) {
  for (const common::Finding& finding : findings) {
    if (finding.folder.empty()) continue;
    const Status done =
        common::WriteJsonFile(package_folder / finding.folder / "finding.json", finding);
    if (!done) {
      return tl::unexpected(done.error().While("finding " + finding.id + " could not be saved"));
    }
  }
  return {};
}

}  // namespace percuss::campaign
