// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "cli/commands.h"
#include "common/log.h"
#include "reports/export/text.h"
#include "reports/import/entry_import.h"

namespace percuss::cli {
namespace {

constexpr size_t kShownBytes = 200;

struct ImportArguments {
  std::string kind;
  std::string source;
  std::string folder;
  std::string map;
  std::string format;
  bool accept_changes = false;
  bool dry_run = false;
};

std::vector<std::string> KindNames() {
  std::vector<std::string> names;
  for (const reports::ImportKind& kind : reports::ImportKinds()) names.emplace_back(kind.name);
  return names;
}

std::string Shown(const std::string& text) { return reports::ClippedText(text, kShownBytes); }

void PrintSummary(const reports::ImportResult& result, bool accepted) {
  for (const auto& change : result.changes) {
    fmt::print("{} {}:{}: {} {}: \"{}\" becomes \"{}\"\n", accepted ? "changed" : "proposed",
               change.file, change.line, change.id, change.member, Shown(change.from),
               Shown(change.to));
  }
  for (const std::string& id : result.added) fmt::print("added {}\n", Shown(id));
  for (const std::string& what : result.skipped) fmt::print("skipped {}\n", Shown(what));
  if (!result.left_out.empty()) {
    fmt::print("left out: {}\n", Shown(fmt::format("{}", fmt::join(result.left_out, ", "))));
  }
  if (!result.not_in_source.empty()) {
    fmt::print("kept, but not in the source: {}\n",
               Shown(fmt::format("{}", fmt::join(result.not_in_source, ", "))));
  }
  for (const std::string& path : result.made) {
    fmt::print("{} {}, which was not there\n", result.written ? "made" : "would make", Shown(path));
  }
  fmt::print("{}: {} added, {} {}, {} unchanged{}\n", result.path, result.added.size(),
             result.changes.size(), accepted ? "changed" : "proposed changes", result.unchanged,
             result.written ? "" : "; nothing was written");
}

void Import(const ImportArguments& arguments, CommandContext& context) {
  const reports::ImportKind* kind = reports::FindImportKind(arguments.kind);
  if (kind == nullptr) {
    return ReportError({common::ErrorCode::kBadInput,
                        fmt::format("there is no \"{}\" to import; there are: {}", arguments.kind,
                                    fmt::join(KindNames(), ", ")),
                        "", 0},
                       context);
  }
  reports::ImportRequest request;
  request.source = arguments.source;
  request.folder = arguments.folder;
  if (!arguments.map.empty()) request.map = arguments.map;
  request.format = arguments.format;
  request.accept_changes = arguments.accept_changes;
  request.dry_run = arguments.dry_run;
  const auto result = reports::ImportEntries(*kind, request);
  if (!result) return ReportError(result.error(), context);
  for (const auto& problem : result->problems) fmt::print(stderr, "percuss: {}\n", problem.Text());
  if (context.json) PrintJson(reports::ImportJson(*kind, request, *result));
  if (!result->problems.empty()) {
    context.exit_code = kExitUsage;
    return;
  }
  if (!context.json && !context.quiet) PrintSummary(*result, request.accept_changes);
  if (!result->changes.empty() && !request.accept_changes) {
    common::LogInfo("changes are made with --accept-changes only");
    context.exit_code = kExitFail;
  }
}

}  // namespace

void AddImportCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<ImportArguments>();
  CLI::App* command = AddCommand(
      app, context, "import",
      "Bring requirements, controls, threats, risks or interfaces of another tool into the\n"
      "validation files. Exit 0 done, 2 there are changes that nobody accepted, 64 a mistake in\n"
      "the source, the map or what would come of them: then nothing is written",
      "percuss import interfaces interfaces.csv --into validation\n"
      "  percuss import requirements reqs/ --into validation --map doorstop.map.json\n"
      "  percuss import threats threats.csv --into validation --accept-changes");
  command
      ->add_option("KIND", arguments->kind, fmt::format("One of: {}", fmt::join(KindNames(), ", ")))
      ->required();
  command->add_option("SOURCE", arguments->source, "A file, or a folder of Doorstop items")
      ->required()
      ->check(MustExist());
  command
      ->add_option("--into", arguments->folder, "Folder of validation files; made when not there")
      ->required();
  command
      ->add_option("--map", arguments->map,
                   "Which field is which member (docs/validation-files.md)")
      ->check(MustExist());
  command->add_option("--format", arguments->format,
                      fmt::format("One of: {}; by the source's name when not said",
                                  fmt::join(reports::ImportFormats(), ", ")));
  command->add_flag("--accept-changes", arguments->accept_changes,
                    "Change entries that are there already as the source has them");
  command->add_flag("--dry-run", arguments->dry_run, "Say what would be done, and write nothing");
  command->callback([arguments, &context] { Import(*arguments, context); });
}

}  // namespace percuss::cli
