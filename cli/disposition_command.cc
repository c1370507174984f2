// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "campaign/retest.h"
#include "campaign/supervise/keeper.h"
#include "cli/commands.h"
#include "cli/record_keeping.h"
#include "common/fs.h"
#include "reports/records/disposition.h"

namespace percuss::cli {
namespace {

using common::ErrorCode;
using common::Fail;
using common::Result;

struct DispositionArguments {
  RecordArguments record;
  reports::DispositionDraft said;
  reports::Deferral deferral;
  std::string binary;
  int runs = 10;
};

// Both inputs of the finding, on the other build. An Error where one of them still fails or nobody
// can tell.
Result<reports::Retest> RunAgain(const DispositionArguments& arguments,
                                 const SealedPackageFile& package, const common::Finding& finding) {
  const auto scratch = common::TemporaryFolder::Make("percuss-retest");
  if (!scratch) return tl::make_unexpected(scratch.error());
  const auto unpacked = scratch->Path() / "package";
  if (auto done = package.reader.ExtractTo(unpacked); !done) {
    return tl::make_unexpected(done.error());
  }
  campaign::RetestOptions options;
  options.binary = arguments.binary;
  options.runs = arguments.runs;
  options.scratch = scratch->Path();
  const auto again = campaign::RetestFinding(unpacked, finding, options);
  if (!again) return tl::make_unexpected(again.error());
  reports::Retest retest;
  retest.runs = arguments.runs;
  for (const auto& [minimised, replay] : again->inputs) {
    if (replay.campaigns_binary) {
      return Fail(ErrorCode::kBadInput, "is the very build that the finding was made on",
                  arguments.binary);
    }
    if (replay.reproduced > 0) {
      return Fail(ErrorCode::kNotFound,
                  fmt::format("{} is not fixed: the {} input fails {} of {} times: {}", finding.id,
                              minimised ? "minimised" : "original", replay.reproduced,
                              replay.reruns, replay.seen.summary),
                  arguments.binary);
    }
    retest.binary_sha256 = replay.binary_sha256;
    ++retest.inputs;
  }
  if (again->status != campaign::RetestStatus::kFixed) {
    return Fail(ErrorCode::kUnavailable, "cannot tell, and nothing is recorded: " + again->reason,
                arguments.binary);
  }
  return retest;
}

void Dispose(DispositionArguments& arguments, CommandContext& context) {
  const auto package = OpenSealed(arguments.record.package);
  if (!package) return ReportError(package.error(), context);
  const auto& findings = package->record.findings;
  const auto finding = std::find_if(
      findings.begin(), findings.end(),
      [&](const common::Finding& candidate) { return candidate.id == arguments.said.finding; });
  if (finding == findings.end()) {
    return ReportError({ErrorCode::kBadInput, "has no finding " + arguments.said.finding,
                        arguments.record.package},
                       context);
  }
  if (arguments.said.status == "fixed" && !arguments.binary.empty()) {
    auto retest = RunAgain(arguments, *package, *finding);
    if (!retest) {
      ReportError(retest.error(), context);
      if (retest.error().code == ErrorCode::kNotFound) context.exit_code = kExitFail;
      return;
    }
    arguments.said.retest = std::move(*retest);
  }
  const auto body = reports::DispositionBody(arguments.said);
  if (!body) return ReportError(body.error(), context);
  Keep(arguments.record, *package, "disposition", *body, context);
}

}  // namespace

void AddDispositionCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<DispositionArguments>();
  CLI::App* command = AddCommand(
      app, context, "disposition",
      "Record what became of a finding, signed and for good. \"fixed\" runs its inputs on the new "
      "build first, and exits 2 where one still fails",
      "percuss disposition out/nightly.zip --finding F-0123456789ab --status fixed --binary "
      "build/new/parser --rationale \"length is checked\" --name \"Ada Smith\" --role developer "
      "--records records.jsonl");
  AddRecordArguments(*command, arguments->record);
  command->add_option("--finding", arguments->said.finding, "Its id")->required();
  command->add_option("--status", arguments->said.status, "What it is from now on")
      ->required()
      ->check(CLI::IsMember(reports::DispositionStates()));
  command->add_option("--rationale", arguments->said.rationale, "Why")
      ->required()
      ->transform(SaidText());
  command
      ->add_option("--reference", arguments->said.references,
                   "Id of a CAPA, issue, risk or requirement; may be repeated")
      ->allow_extra_args(false)
      ->transform(SaidText());
  auto* risk = command->add_option("--risk", arguments->deferral.risk, "deferred: why it may wait")
                   ->transform(SaidText());
  command->add_option("--timeline", arguments->deferral.timeline, "deferred: until when")
      ->transform(SaidText())
      ->needs(risk);
  command
      ->add_option("--interim-measure", arguments->deferral.interim_measure,
                   "deferred: what protects meanwhile")
      ->transform(SaidText())
      ->needs(risk);
  command
      ->add_option("--justification", arguments->said.justification,
                   "false_positive: why the device is not affected, in the words of VEX")
      ->check(CLI::IsMember(reports::VexJustifications()));
  command
      ->add_option("--time-to-field", arguments->deferral.time_to_field,
                   "deferred: how long from the fix until it is in use")
      ->transform(SaidText())
      ->needs(risk);
  command->add_option("--binary", arguments->binary, "fixed: the build that survives its inputs")
      ->check(MustExist());
  command->add_option("--runs", arguments->runs, "fixed: runs of each input")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  command->callback([arguments, &context] {
    if (!arguments->deferral.risk.empty()) arguments->said.deferral = arguments->deferral;
    if (const auto code = campaign::BecomeKeptWorker(kExitInfrastructure)) {
      context.exit_code = *code;
    } else {
      Dispose(*arguments, context);
    }
  });
}

}  // namespace percuss::cli
