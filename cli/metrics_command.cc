// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/commands.h"
#include "cli/device_arguments.h"
#include "reports/comply/comply_text.h"
#include "reports/comply/metrics.h"
#include "reports/html/section_page.h"

namespace percuss::cli {
namespace {

common::Result<std::string> Render(const reports::Metrics& metrics, const std::string& format) {
  if (format == "json") return common::JsonText(reports::MetricsJson(metrics));
  const reports::SectionPage page = reports::MetricsPage(metrics);
  if (format == "html") return reports::RenderSectionsHtml(page);
  return SectionsText(page);
}

void Measure(const DeviceArguments& arguments, CommandContext& context) {
  const auto evidence = ReadDevice(arguments);
  if (!evidence) return ReportError(evidence.error(), context);
  // Without a word of a fix that somebody signed, every time would be told wrong.
  for (const reports::RecordFile& file : evidence->records) {
    if (const auto* broken = reports::FirstBreak(file.chain)) {
      return ReportError({common::ErrorCode::kCorrupt, broken->what, file.file, broken->line},
                         context);
    }
  }
  const auto metrics = reports::ComputeMetrics(*evidence);
  const auto text = Render(metrics, context.json ? "json" : arguments.format);
  if (!text) return ReportError(text.error(), context);
  if (auto written = WriteDocument(arguments, *text, reports::MetricsSummary(metrics)); !written) {
    return ReportError(written.error(), context);
  }
  for (const auto& times : metrics.vulnerabilities) {
    if (times.overdue) context.exit_code = kExitFail;
  }
}

}  // namespace

void AddMetricsCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<DeviceArguments>();
  CLI::App* command = AddCommand(
      app, context, "metrics",
      "Compute how fast vulnerabilities are found, patched and fielded, the 30 and 60 day clocks,\n"
      "and how releases compare; or say why it cannot be computed. Exit 2 when a clock has run out",
      "percuss metrics docs/example-device out/nightly.zip --records records.jsonl\n"
      "  percuss metrics validation --store evidence --as-of 2026-03-01 --json");
  AddDeviceArguments(*command, *arguments, {"table", "html", "json"});
  AddAsOf(*command, arguments->as_of);
  command->callback([arguments, &context] { Measure(*arguments, context); });
}

}  // namespace percuss::cli
