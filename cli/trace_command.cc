// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <optional>

#include "cli/commands.h"
#include "cli/device_arguments.h"
#include "common/log.h"
#include "common/words.h"
#include "reports/html/section_page.h"
#include "reports/validation/named_documents.h"
#include "reports/validation/signed_dispositions.h"
#include "reports/validation/signed_record_gaps.h"
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
  TakeOwnPackage(arguments);
  auto source = reports::OpenValidation(arguments.folder);
  if (!source) return tl::make_unexpected(source.error());
  reports::LoadedValidation* loaded = &source->loaded;
  ShowProblems(loaded->problems);
  if (!loaded->problems.empty()) {
    return common::Fail(common::ErrorCode::kBadInput,
                        common::Counted(static_cast<int64_t>(loaded->problems.size()), "problem") +
                            " in the validation files: nothing is traced",
                        arguments.folder);
  }
  const auto signers = SignersOf(arguments.records);
  if (!signers) return tl::make_unexpected(signers.error());
  const auto records = ReadCountedFiles(arguments.records.files, *signers);
  if (!records) return tl::make_unexpected(records.error());
  for (const auto& [file, chain] : *records) {
    reports::TakeSignedDispositions(chain, loaded->files);
  }
  std::optional<std::filesystem::path> key;
  if (!arguments.key.empty()) key = arguments.key;
  std::vector<reports::TracedPackage> packages;
  for (const std::string& path : arguments.packages) {
    auto package = reports::ReadTracedPackage(path, key);
    if (!package) return tl::make_unexpected(package.error());
    const bool again = std::any_of(packages.begin(), packages.end(), [&](const auto& one) {
      return reports::IsSamePackage(one, *package);
    });
    if (!again) packages.push_back(std::move(*package));
  }
  auto trace = reports::BuildTrace(loaded->files, packages);
  if (!trace) return trace;
  for (const auto& [file, chain] : *records) {
    reports::AddSignedRecordGaps(file, chain, loaded->files, *trace);
  }
  trace->signers_note = reports::SignersNote(*signers, *records);
  if (!trace->signers_note.empty()) common::LogWarning("{}", trace->signers_note);
  return trace;
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
