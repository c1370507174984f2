// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/record_keeping.h"
#include "reports/records/cluster_decision.h"

namespace percuss::cli {
namespace {

using common::Result;

struct ClusterArguments {
  RecordArguments record;
  reports::ClusterDecision said;
};

void Decide(const ClusterArguments& arguments, CommandContext& context) {
  const auto package = OpenSealed(arguments.record.package);
  if (!package) return ReportError(package.error(), context);
  const auto before = RecordsSoFar(arguments.record.records);
  if (!before) return ReportError(before.error(), context);
  auto findings = package->record.findings;
  const auto decisions = reports::ClusterDecisions(*before, package->id, package->sha256);
  (void)reports::ApplyClusterDecisions(decisions, findings);
  if (const auto applied = reports::ApplyClusterDecision(arguments.said, findings); !applied) {
    common::Error error = applied.error();
    error.file = arguments.record.package;
    return ReportError(error, context);
  }
  const auto body = reports::ClusterDecisionBody(arguments.said);
  if (!body) return ReportError(body.error(), context);
  Keep(arguments.record, *package, "cluster", *body, context);
}

void AddDecision(CLI::App& cluster, CommandContext& context, const std::string& name,
                 const std::string& description, const std::string& example) {
  auto arguments = std::make_shared<ClusterArguments>();
  arguments->said.decision = name;
  CLI::App* command = AddCommand(cluster, context, name, description, example);
  AddRecordArguments(*command, arguments->record);
  command->add_option("--finding", arguments->said.findings, "Its id; may be repeated")
      ->required()
      ->allow_extra_args(false);
  command->add_option("--rationale", arguments->said.rationale, "Why")
      ->required()
      ->transform(SaidText());
  command->callback([arguments, &context] { Decide(*arguments, context); });
}

}  // namespace

void AddClusterCommand(CLI::App& app, CommandContext& context) {
  CLI::App* cluster = app.add_subcommand(
      "cluster", "Record which findings are one bug, where the package's clusters are a guess");
  cluster->require_subcommand(1);
  cluster->footer("Example:\n  percuss cluster merge --help\n  percuss cluster split --help");
  AddDecision(*cluster, context, "merge",
              "Record that the clusters of these findings are one bug, signed and for good",
              "percuss cluster merge out/nightly.zip --finding F-0123456789ab --finding "
              "F-ba9876543210 --rationale \"one missing check\" --name \"Ada Smith\" --role "
              "developer --records records.jsonl");
  AddDecision(*cluster, context, "split",
              "Record that these findings of one cluster are one bug, and another one than the "
              "rest of it, signed and for good",
              "percuss cluster split out/nightly.zip --finding F-0123456789ab --rationale "
              "\"another length, other fix\" --name \"Ada Smith\" --role developer --records "
              "records.jsonl");
}

}  // namespace percuss::cli
