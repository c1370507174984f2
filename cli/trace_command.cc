// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <memory>
#include <optional>

#include "cli/commands.h"
#include "common/fs.h"
#include "common/log.h"
#include "reports/html/trace_page.h"
#include "reports/validation/signed_dispositions.h"
#include "reports/validation/trace.h"
#include "reports/validation/trace_text.h"

namespace percuss::cli {
namespace {

using common::Result;

struct TraceArguments {
  std::string folder;
  std::vector<std::string> packages;
  std::vector<std::string> records;
  std::string key;
  std::string format = "table";
  std::string out;
};

// kBadInput when the files hold problems, which are all on stderr by then.
Result<reports::Trace> ReadTrace(const TraceArguments& arguments) {
  auto loaded = reports::LoadValidation(arguments.folder);
  if (!loaded) return tl::make_unexpected(loaded.error());
  for (const auto& problem : loaded->problems) fmt::print(stderr, "percuss: {}\n", problem.Text());
  if (!loaded->problems.empty()) {
    const size_t count = loaded->problems.size();
    return common::Fail(common::ErrorCode::kBadInput,
                        fmt::format("{} problem{} in the validation files: nothing is traced",
                                    count, count == 1 ? "" : "s"),
                        arguments.folder);
  }
  if (auto taken = reports::TakeRecordFiles(arguments.records, loaded->files); !taken) {
    return tl::make_unexpected(taken.error());
  }
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
  if (format == "html") return reports::RenderTraceHtml(trace);
  return reports::TraceTableText(trace);
}

void Trace(const TraceArguments& arguments, CommandContext& context) {
  const auto trace = ReadTrace(arguments);
  if (!trace) return ReportError(trace.error(), context);
  const auto text = Render(*trace, context.json ? "json" : arguments.format);
  if (!text) return ReportError(text.error(), context);
  if (arguments.out.empty()) {
    fmt::print("{}", *text);
  } else {
    if (auto written = common::WriteFileAtomically(arguments.out, *text); !written) {
      return ReportError(written.error(), context);
    }
    common::LogInfo("{}: {}", arguments.out, reports::TraceSummary(*trace));
  }
  context.exit_code = trace->gaps.empty() ? kExitPass : kExitFail;
}

}  // namespace

void AddTraceCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<TraceArguments>();
  CLI::App* command = AddCommand(
      app, context, "trace",
      "Show what answers what: requirements, threats, controls, risks, interfaces, campaigns,\n"
      "findings and dispositions; gaps first. Exit 0 no gap, 2 gaps, 64 a mistake in the files",
      "percuss trace docs/example-device\n"
      "  percuss trace docs/example-device out/nightly.zip --key release.pub\n"
      "  percuss trace validation out/*.zip --format html -o trace.html");
  command->add_option("DIR", arguments->folder, "Folder of validation files")
      ->required()
      ->check(MustExist());
  command
      ->add_option("PACKAGE", arguments->packages,
                   "Evidence packages, zips or folders; each is verified first")
      ->check(MustExist());
  command
      ->add_option("--records", arguments->records,
                   "A file of signed records (percuss disposition); may be repeated. What it says "
                   "of a finding comes after what records.json says")
      ->allow_extra_args(false)
      ->check(MustExist());
  command
      ->add_option("--key", arguments->key, "Public key of whoever must have signed the packages")
      ->check(MustExist());
  command->add_option("--format", arguments->format, "One of: table, html, csv, json")
      ->check(CLI::IsMember({"table", "html", "csv", "json"}))
      ->capture_default_str();
  command->add_option("-o,--output", arguments->out, "The file to write; stdout by default");
  command->callback([arguments, &context] { Trace(*arguments, context); });
}

}  // namespace percuss::cli
