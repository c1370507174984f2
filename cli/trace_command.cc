// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "cli/commands.h"
#include "cli/device_arguments.h"
#include "reports/html/section_page.h"
#include "reports/validation/signed_dispositions.h"
#include "reports/validation/trace.h"
#include "reports/validation/trace_text.h"

namespace percuss::cli {
namespace {

using common::Result;

// kBadInput when the files hold problems, which are all on stderr by then.
Result<reports::Trace> ReadTrace(DeviceArguments arguments) {
  if (auto taken = TakeStore(arguments.store, arguments.packages, arguments.records); !taken) {
    return tl::make_unexpected(taken.error());
  }
  auto loaded = reports::LoadValidation(arguments.folder);
  if (!loaded) return tl::make_unexpected(loaded.error());
  ShowProblems(loaded->problems);
  if (!loaded->problems.empty()) {
    const size_t count = loaded->problems.size();
    return common::Fail(common::ErrorCode::kBadInput,
                        fmt::format("{} problem{} in the validation files: nothing is traced",
                                    count, count == 1 ? "" : "s"),
                        arguments.folder);
  }
  const auto records = ReadRecordFiles(arguments.records);
  if (!records) return tl::make_unexpected(records.error());
  reports::TakeSignedDispositions(*records, loaded->files);
  std::optional<std::filesystem::path> key;
  if (!arguments.key.empty()) key = arguments.key;
  std::vector<reports::TracedPackage> packages;
  for (const std::string& path : arguments.packages) {
    auto package = reports::ReadTracedPackage(path, key);
    if (!package) return tl::make_unexpected(package.error());
    packages.push_back(std::move(*package));
  }
  return reports::BuildTrace(loaded->files, packages);
}

Result<std::string> Render(const reports::Trace& trace, const std::string& format) {
  if (format == "csv") return reports::TraceCsv(trace);
  if (format == "json") return reports::TraceJsonText(trace);
  if (format == "html") return reports::RenderSectionsHtml(reports::TracePage(trace));
  return reports::TraceTableText(trace);
}

void Trace(const DeviceArguments& arguments, CommandContext& context) {
  const auto trace = ReadTrace(arguments);
  if (!trace) return ReportError(trace.error(), context);
  const auto text = Render(*trace, context.json ? "json" : arguments.format);
  if (!text) return ReportError(text.error(), context);
  if (auto written = WriteDocument(arguments, *text, reports::TraceSummary(*trace)); !written) {
    return ReportError(written.error(), context);
  }
  context.exit_code = trace->gaps.empty() ? kExitPass : kExitFail;
}

}  // namespace

void AddTraceCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<DeviceArguments>();
  CLI::App* command = AddCommand(
      app, context, "trace",
      "Show what answers what: requirements, threats, controls, risks, interfaces, campaigns,\n"
      "findings and dispositions; gaps first. Exit 0 no gap, 2 gaps, 64 a mistake in the files",
      "percuss trace docs/example-device\n"
      "  percuss trace docs/example-device out/nightly.zip --key release.pub\n"
      "  percuss trace validation out/*.zip --format html -o trace.html");
  AddDeviceArguments(*command, *arguments, {"table", "html", "csv", "json"});
  command->callback([arguments, &context] { Trace(*arguments, context); });
}

}  // namespace percuss::cli
