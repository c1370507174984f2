// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/device_arguments.h"
#include "cli/record_keeping.h"
#include "common/fs.h"
#include "common/words.h"
#include "reports/envelope/visible_text.h"
#include "reports/export/text.h"
#include "reports/severity/answers.h"
#include "reports/validation/validation_snapshot.h"

namespace percuss::cli {
namespace {

using common::ErrorCode;
using common::Fail;
using common::Result;

struct SeverityArguments {
  RecordArguments record;
  std::string finding;
  std::string rationale;
  std::string validation;
  std::string form;     // to write
  std::string answers;  // to read
};

struct Asked {
  SealedPackageFile package;
  common::Finding finding;
  reports::SeverityForm form;
};

// The validation files that were named, or those in the package; none where it has none, or where
// they do not hold together.
Result<std::optional<reports::LoadedValidation>> ValidationOf(const SeverityArguments& arguments,
                                                              const SealedPackageFile& package) {
  if (!arguments.validation.empty()) {
    auto loaded = reports::LoadValidation(arguments.validation);
    if (!loaded) return tl::make_unexpected(loaded.error());
    if (!loaded->problems.empty()) {
      ShowProblems(loaded->problems);
      return Fail(ErrorCode::kBadInput, "the validation files do not hold together",
                  arguments.validation);
    }
    return std::optional(std::move(*loaded));
  }
  auto texts = reports::ReadSnapshot(package.reader);
  if (!texts) return tl::make_unexpected(texts.error());
  if (texts->empty()) return std::optional<reports::LoadedValidation>();
  auto loaded = reports::ParseValidation(std::move(*texts), reports::kSnapshotFolder);
  if (!loaded.problems.empty()) return std::optional<reports::LoadedValidation>();
  return std::optional(std::move(loaded));
}

Result<Asked> Ask(const SeverityArguments& arguments) {
  auto package = OpenSealed(arguments.record.package);
  if (!package) return tl::make_unexpected(package.error());
  const auto& findings = package->record.findings;
  const auto finding = std::find_if(
      findings.begin(), findings.end(),
      [&](const common::Finding& candidate) { return candidate.id == arguments.finding; });
  if (finding == findings.end()) {
    return Fail(ErrorCode::kBadInput, "has no finding " + arguments.finding,
                arguments.record.package);
  }
  const auto validation = ValidationOf(arguments, *package);
  if (!validation) return tl::make_unexpected(validation.error());
  const reports::ValidationFiles* files = *validation ? &(*validation)->files : nullptr;
  common::Finding found = *finding;
  reports::SeverityForm form{found.id, package->id, package->sha256,
                             reports::SeverityQuestions(found, package->record, files)};
  return Asked{std::move(*package), std::move(found), std::move(form)};
}

// What the file of records has said so far, whoever signed.
Result<std::optional<reports::SignedSeverity>> SaidBefore(const SeverityArguments& arguments,
                                                          const SealedPackageFile& package) {
  const std::string& file = arguments.record.records;
  if (file.empty()) return std::optional<reports::SignedSeverity>();
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) {
    return Fail(ErrorCode::kBadInput, "no such file of records: nobody knows whether it was scored",
                file);
  }
  const auto chain = RecordsSoFar(file);
  if (!chain) return tl::make_unexpected(chain.error());
  if (!chain->problems.empty()) {
    return Fail(ErrorCode::kCorrupt, chain->problems.front().what, file,
                chain->problems.front().line);
  }
  const auto all = reports::LastSeverities(*chain, package.id, package.sha256);
  const auto at = all.find(arguments.finding);
  return at == all.end() ? std::nullopt : std::optional(at->second);
}

std::string StateText(const std::optional<reports::SignedSeverity>& said) {
  if (!said) return "not scored: this takes a person who knows the device";
  return fmt::format("{}, {}, by {} ({}) at {}: {}", reports::ScoresText(said->scores),
                     said->vector, reports::VisibleLine(said->name),
                     reports::VisibleLine(said->role), reports::VisibleLine(said->at),
                     reports::VisibleLine(said->said.rationale));
}

void ShowQuestions(const SeverityArguments& arguments, const Asked& asked,
                   CommandContext& context) {
  const auto said = SaidBefore(arguments, asked.package);
  if (!said) return ReportError(said.error(), context);
  if (!arguments.form.empty()) {
    std::error_code ignored;
    if (std::filesystem::exists(arguments.form, ignored)) {
      return ReportError(
          {ErrorCode::kBadInput, "is there already, and may hold answers; nothing was written",
           arguments.form},
          context);
    }
    const std::string text = reports::SeverityFormText(asked.form);
    if (auto written = common::WriteFileAtomically(arguments.form, text); !written) {
      return ReportError(written.error(), context);
    }
  }
  if (context.json) {
    common::Json json = reports::SeverityFormJson(asked.form);
    json["scored"] = said->has_value() ? common::Json{{"vector", (*said)->vector},
                                                      {"base_score", (*said)->scores.base / 10.0},
                                                      {"by", (*said)->name}}
                                       : common::Json(nullptr);
    if (!arguments.form.empty()) json["form"] = arguments.form;
    return PrintJson(json);
  }
  if (context.quiet) return;
  fmt::print("{}: {}, in {}\n{}\n{}", reports::VisibleLine(asked.finding.id),
             reports::VisibleLine(asked.finding.summary.empty() ? asked.finding.bug_class
                                                                : asked.finding.summary),
             reports::VisibleLine(asked.finding.target), StateText(*said),
             reports::SeverityFormTable(asked.form));
  if (!arguments.form.empty()) {
    fmt::print(
        "\nwritten to {}: fill in \"answer\" and \"by\" (person, or percuss where its "
        "proposal is accepted), then percuss severity ... --answers {}\n",
        arguments.form, arguments.form);
  }
}

Result<reports::SeverityDraft> ReadAnswers(const SeverityArguments& arguments, const Asked& asked) {
  const auto text = common::ReadFile(arguments.answers, reports::kMostAnswerBytes);
  if (!text) {
    common::Error error = text.error();
    error.code = ErrorCode::kBadInput;
    return tl::make_unexpected(error);
  }
  std::vector<reports::Problem> problems;
  auto draft = reports::ReadSeverityAnswers(*text, arguments.answers, asked.form, problems);
  if (!problems.empty()) {
    ShowProblems(problems);
    return Fail(ErrorCode::kBadInput,
                fmt::format("nothing is recorded: {} in the answers",
                            common::Counted(static_cast<int64_t>(problems.size()), "mistake")),
                arguments.answers);
  }
  draft.rationale = arguments.rationale;
  return draft;
}

void Record(const SeverityArguments& arguments, const Asked& asked, CommandContext& context) {
  const auto draft = ReadAnswers(arguments, asked);
  if (!draft) return ReportError(draft.error(), context);
  const auto body = reports::SeverityBody(*draft);
  if (!body) {
    return ReportError({ErrorCode::kBadInput, body.error().message, arguments.answers}, context);
  }
  Keep(arguments.record, asked.package, "severity", *body, context);
  if (context.json || context.quiet || context.exit_code != kExitPass) return;
  const auto scores = reports::ScoreCvss(reports::CvssValuesOf(*draft));
  fmt::print("{}: {}\n{}\n", draft->finding, scores ? reports::ScoresText(*scores) : "",
             body->at("cvss").at("vector").get<std::string>());
  const auto open = reports::OpenRubricQuestions(*draft);
  if (!open.empty()) {
    fmt::print("{} of {} questions of the rubric are open\n", open.size(),
               reports::RubricQuestions().size());
  }
}

void Run(const SeverityArguments& arguments, CommandContext& context) {
  const RecordArguments& record = arguments.record;
  if (!arguments.answers.empty() && (record.records.empty() || record.name.empty() ||
                                     record.role.empty() || arguments.rationale.empty())) {
    return ReportError({ErrorCode::kBadInput,
                        "answers are signed for: --answers needs --name, --role, --rationale and "
                        "--records",
                        ""},
                       context);
  }
  const auto asked = Ask(arguments);
  if (!asked) return ReportError(asked.error(), context);
  if (arguments.answers.empty()) return ShowQuestions(arguments, *asked, context);
  Record(arguments, *asked, context);
}

}  // namespace

void AddSeverityCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<SeverityArguments>();
  CLI::App* command = AddCommand(
      app, context, "severity",
      "Ask what a finding's CVSS 3.1 score and MITRE's medical rubric need, and record a person's "
      "answers, signed and for good. Nothing is scored without them",
      "percuss severity out/nightly.zip --finding F-0123456789ab --form answers.json\n"
      "  percuss severity out/nightly.zip --finding F-0123456789ab --answers answers.json "
      "--rationale \"reached from the ward's network\" --name \"Ada Smith\" --role \"product "
      "security\" --records records.jsonl");
  command->add_option("PACKAGE", arguments->record.package, "A package, as a zip")
      ->required()
      ->check(MustExist());
  command->add_option("--finding", arguments->finding, "Its id")->required();
  command
      ->add_option("--validation", arguments->validation,
                   "Folder of validation files, in place of those in the package: interfaces and "
                   "threats are told from them")
      ->check(MustExist());
  CLI::Option* form = command->add_option(
      "--form", arguments->form, "Write the questions to this new JSON file, to be answered there");
  CLI::Option* answers =
      command
          ->add_option("--answers", arguments->answers, "The form, answered: score and record it")
          ->check(MustExist())
          ->excludes(form);
  command->add_option("--rationale", arguments->rationale, "Why these answers")
      ->needs(answers)
      ->transform(SaidText());
  command->add_option("--name", arguments->record.name, "Who says so")
      ->needs(answers)
      ->transform(SaidText());
  command->add_option("--role", arguments->record.role, "In which role")
      ->needs(answers)
      ->transform(SaidText());
  command
      ->add_option("--key", arguments->record.key,
                   std::string(kSigningKeyHelp) + " (default: that of percuss key new)")
      ->needs(answers)
      ->check(KeyMustExist());
  command->add_option("--records", arguments->record.records,
                      "The file of records to add to, made when there is none; without --answers, "
                      "to tell the score from");
  command->callback([arguments, &context] { Run(*arguments, context); });
}

}  // namespace percuss::cli
