// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "cli/commands.h"
#include "cli/sbom_file.h"
#include "cli/signed_records.h"
#include "cli/version.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/log.h"
#include "reports/export/csaf.h"
#include "reports/export/openvex.h"
#include "reports/monitor/feed.h"
#include "reports/monitor/monitor.h"

namespace percuss::cli {
namespace {

using common::Result;

struct MonitorArguments {
  std::string sbom;
  std::vector<std::string> feeds;
  std::string state;
  RecordFiles records;
  std::string format = "table";
  std::string out;
  std::string publisher;
  std::string publisher_namespace;
};

Result<std::string> Render(const MonitorArguments& arguments, const std::string& format,
                           const reports::MonitorResult& result) {
  if (format == "json") return common::JsonText(reports::MonitorJson(result));
  if (format == "table") return reports::MonitorText(result);
  const auto document =
      reports::MonitorVex(result, arguments.publisher, arguments.publisher_namespace);
  return format == "csaf" ? reports::CsafText(document) : reports::OpenVexText(document);
}

// What everything read comes to; `given` and `feeds` are what the result points to.
Result<reports::MonitorResult> Compare(const MonitorArguments& arguments, const GivenSbom& given,
                                       const std::vector<reports::Feed>& feeds) {
  const auto chain = ReadRecordFiles(arguments.records);
  if (!chain) return tl::make_unexpected(chain.error());
  reports::MonitorInput input;
  input.sbom = &given.sbom;
  input.sbom_file = arguments.sbom;
  input.sbom_sha256 = given.sha256;
  input.feeds = &feeds;
  input.assessments = reports::LastAssessments(*chain);
  input.at = common::Rfc3339(common::SystemClock().UnixS());
  input.tool_version = kVersion;
  std::error_code ignored;
  if (!arguments.state.empty() && std::filesystem::exists(arguments.state, ignored)) {
    auto former = reports::ReadMonitorState(arguments.state);
    if (!former) return tl::make_unexpected(former.error());
    input.former = std::move(*former);
  }
  return reports::Monitor(std::move(input));
}

void Monitor(const MonitorArguments& arguments, CommandContext& context) {
  const auto given = ReadGivenSbom(arguments.sbom);
  if (!given) return ReportError(given.error(), context);
  std::vector<reports::Feed> feeds;
  for (const std::string& path : arguments.feeds) {
    auto feed = reports::ReadFeed(path);
    if (!feed) return ReportError(feed.error(), context);
    feeds.push_back(std::move(*feed));
  }
  const auto result = Compare(arguments, *given, feeds);
  if (!result) return ReportError(result.error(), context);
  const auto text = Render(arguments, context.json ? "json" : arguments.format, *result);
  if (!text) return ReportError(text.error(), context);
  if (arguments.out.empty()) {
    fmt::print("{}", *text);
  } else if (auto written = common::WriteFileAtomically(arguments.out, *text); !written) {
    return ReportError(written.error(), context);
  }
  // Last: whoever was not told must be told the next time.
  if (!arguments.state.empty()) {
    auto kept = common::WriteJsonFile(arguments.state, reports::MonitorJson(*result));
    if (!kept) return ReportError(kept.error(), context);
  }
  common::LogInfo("{} matches, {} not assessed", result->matches.size(), result->Open());
  context.exit_code = result->Open() == 0 ? kExitPass : kExitFail;
}

void AddOutputOptions(CLI::App& command, MonitorArguments& arguments) {
  command
      .add_option("--format", arguments.format,
                  "One of: table, json, openvex, csaf; the last two state what was assessed")
      ->check(CLI::IsMember({"table", "json", "openvex", "csaf"}))
      ->capture_default_str();
  command.add_option("-o,--output", arguments.out, "The file to write; stdout by default");
  command.add_option("--publisher", arguments.publisher, "Who issues an OpenVEX or CSAF document");
  command.add_option("--publisher-namespace", arguments.publisher_namespace,
                     "A URI that is theirs, for CSAF: https://device-maker.example");
}

}  // namespace

void AddMonitorCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<MonitorArguments>();
  CLI::App* command = AddCommand(
      app, context, "monitor",
      "Hold a product's bill of materials against vulnerability feeds, without a network: known\n"
      "exploited ones first. Exit 0 all matches are assessed, 2 one is not, 64 a mistake in a file",
      "percuss monitor --sbom device.cdx.json --feed osv-debian.zip --feed kev.json --state "
      "device.monitor.json --records records.jsonl\n"
      "  percuss monitor --sbom out/nightly.zip --feed advisories/ --format openvex -o vex.json");
  command
      ->add_option("--sbom", arguments->sbom,
                   "The product's bill of materials, CycloneDX or SPDX, or a package")
      ->required()
      ->check(MustExist());
  command
      ->add_option("--feed", arguments->feeds,
                   "OSV, CSAF 2.0 or the catalogue of known exploited vulnerabilities: a JSON "
                   "file, a zip or a folder of such; may be repeated")
      ->required()
      ->allow_extra_args(false)
      ->check(MustExist());
  command->add_option("--state", arguments->state,
                      "The result of the last time, to say what is new; written anew at the end");
  AddRecordFileOptions(*command, arguments->records, "A file of signed records (percuss assess)");
  AddOutputOptions(*command, *arguments);
  command->callback([arguments, &context] { Monitor(*arguments, context); });
}

}  // namespace percuss::cli
