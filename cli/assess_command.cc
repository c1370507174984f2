// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <tuple>

#include "cli/commands.h"
#include "cli/record_keeping.h"
#include "cli/sbom_file.h"
#include "reports/monitor/match.h"
#include "reports/monitor/monitor.h"
#include "reports/records/assessment.h"
#include "reports/records/disposition.h"

namespace percuss::cli {
namespace {

struct AssessArguments {
  RecordArguments record;
  std::string sbom;
  reports::AssessmentDraft said;
};

void Assess(AssessArguments& arguments, CommandContext& context) {
  const auto given = ReadGivenSbom(arguments.sbom);
  if (!given) return ReportError(given.error(), context);
  bool there = false;
  for (const auto& component : given->sbom.components) {
    there = there || reports::ComponentKey(component) == arguments.said.component;
  }
  if (!there) {
    return ReportError({common::ErrorCode::kBadInput,
                        "holds no component \"" + arguments.said.component +
                            "\"; percuss monitor prints how each is called",
                        arguments.sbom},
                       context);
  }
  std::tie(arguments.said.product, arguments.said.product_version) =
      reports::ProductOf(given->sbom);
  const auto body = reports::AssessmentBody(arguments.said);
  if (!body) return ReportError(body.error(), context);
  KeepRecord(arguments.record,
             {"assessment", arguments.record.name, arguments.record.role, given->sbom.id,
              given->sha256, *body},
             context);
}

}  // namespace

void AddAssessCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<AssessArguments>();
  CLI::App* command = AddCommand(
      app, context, "assess",
      "Record what a published vulnerability of a component means for the product, signed and for "
      "good",
      "percuss assess --sbom device.cdx.json --vulnerability CVE-2020-8597 --component "
      "pkg:generic/lwip@2.1.2 --status not_affected --justification vulnerable_code_not_present "
      "--rationale \"PPP is not built in\" --name \"Ada Smith\" --role developer --records "
      "records.jsonl");
  command
      ->add_option("--sbom", arguments->sbom,
                   "The product's bill of materials, CycloneDX or SPDX, or a package")
      ->required()
      ->check(MustExist());
  AddSignerArguments(*command, arguments->record);
  command->add_option("--vulnerability", arguments->said.vulnerability, "CVE or the feed's id")
      ->required()
      ->transform(SaidText());
  command
      ->add_option("--component", arguments->said.component,
                   "Its package URL, or name@version, as percuss monitor prints it")
      ->required();
  command->add_option("--status", arguments->said.status, "What it means for the product")
      ->required()
      ->check(CLI::IsMember(reports::AssessmentStates()));
  command->add_option("--rationale", arguments->said.rationale, "Why")
      ->required()
      ->transform(SaidText());
  command
      ->add_option("--justification", arguments->said.justification,
                   "not_affected: why, in the words of VEX")
      ->check(CLI::IsMember(reports::VexJustifications()));
  command->add_option("--action", arguments->said.action, "affected: what users are to do")
      ->transform(SaidText());
  command->callback([arguments, &context] { Assess(*arguments, context); });
}

}  // namespace percuss::cli
