// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/device_arguments.h"
#include "reports/comply/comply_text.h"
#include "reports/comply/matrix.h"
#include "reports/html/section_page.h"

namespace percuss::cli {
namespace {

using common::Result;

// kBadInput when compliance.json names a row that there is not.
Result<reports::Compliance> Evaluate(const DeviceArguments& arguments) {
  const auto evidence = ReadDevice(arguments);
  if (!evidence) return tl::make_unexpected(evidence.error());
  std::vector<reports::Problem> problems;
  reports::CheckMatrixIds(*evidence, problems);
  ShowProblems(problems);
  if (!problems.empty()) {
    return common::Fail(common::ErrorCode::kBadInput, "is not about the matrix",
                        reports::FileOf(*evidence, "compliance"));
  }
  return reports::EvaluateMatrix(*evidence);
}

Result<std::string> Render(const reports::Compliance& compliance, const std::string& format) {
  if (format == "csv") return reports::ComplyCsv(compliance);
  if (format == "json") return common::JsonText(reports::ComplyJson(compliance));
  const reports::SectionPage page = reports::CompliancePage(compliance);
  if (format == "html") return reports::RenderSectionsHtml(page);
  return SectionsText(page);
}

void Comply(const DeviceArguments& arguments, CommandContext& context) {
  const auto compliance = Evaluate(arguments);
  if (!compliance) return ReportError(compliance.error(), context);
  const auto text = Render(*compliance, context.json ? "json" : arguments.format);
  if (!text) return ReportError(text.error(), context);
  if (auto written = WriteDocument(arguments, *text, reports::ComplySummary(*compliance));
      !written) {
    return ReportError(written.error(), context);
  }
  context.exit_code = compliance->Count(reports::RowState::kMissing) == 0 ? kExitPass : kExitFail;
}

}  // namespace

void AddComplyCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<DeviceArguments>();
  CLI::App* command = AddCommand(
      app, context, "comply",
      "Hold validation files, packages and signed records against the compliance matrix: for each\n"
      "row what shows it, or what is missing and what would help, or why it is not applicable.\n"
      "Exit 0 nothing missing, 2 something missing, 64 a mistake in the files",
      "percuss comply docs/example-device out/nightly.zip --records records.jsonl\n"
      "  percuss comply validation --store evidence --format html -o comply.html");
  AddDeviceArguments(*command, *arguments, {"table", "html", "csv", "json"});
  AddAsOf(*command, arguments->as_of);
  command->callback([arguments, &context] { Comply(*arguments, context); });
}

}  // namespace percuss::cli
