// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/record_keeping.h"
#include "common/fs.h"
#include "common/hash.h"
#include "reports/evidence/package_reader.h"
#include "reports/export/registry.h"
#include "reports/export/text.h"
#include "reports/html/html_report.h"
#include "reports/sbom/package_sbom.h"
#include "reports/validation/signed_dispositions.h"
#include "reports/verify/verify.h"

namespace percuss::cli {
namespace {

using common::Result;

struct ReportArguments {
  std::string package;
  std::string format = "html";
  std::string out;
  std::string source_root;
  std::vector<std::string> records;
  std::vector<std::string> record_keys;
  std::string publisher;
  std::string publisher_namespace;
};

std::string KnownFormats() {
  std::string names = "html";
  for (const auto& format : reports::ExportFormats()) names += ", " + std::string(format.name);
  return names;
}

reports::PackageFacts FactsOf(const ReportArguments& arguments,
                              const reports::VerifyResult& verified,
                              const reports::PackageReader& reader,
                              const common::RunRecord& record) {
  reports::PackageFacts facts;
  facts.source_root =
      arguments.source_root.empty()
          ? reports::SourceRootOf(record)
          : std::filesystem::absolute(arguments.source_root).lexically_normal().string();
  facts.publisher = arguments.publisher;
  facts.publisher_namespace = arguments.publisher_namespace;
  facts.package_id = verified.package_id;
  facts.file_name = std::filesystem::path(arguments.package).filename().string();
  if (!reader.IsFolder()) {
    facts.package_sha256 = common::Sha256FileHex(arguments.package).value_or("");
  }
  facts.seal = verified.is_signed ? reports::SealState::kSigned : reports::SealState::kUnsigned;
  facts.signer = verified.signer;
  if (const auto manifest = reports::ReadManifest(reader)) {
    const auto identity = manifest->find("identity");
    if (identity != manifest->end() && identity->is_object()) {
      const auto created = identity->find("created_at");
      if (created != identity->end() && created->is_string()) {
        facts.created_at = created->get<std::string>();
      }
    }
  }
  return facts;
}

// What the package and its records hold beside the manifest.
common::Status AddParts(const ReportArguments& arguments, const reports::PackageReader& reader,
                        reports::PackageFacts& facts) {
  if (reader.Find(reports::kSbomPath) != nullptr) {
    auto text = reader.Read(reports::kSbomPath);
    if (!text) return tl::make_unexpected(text.error());
    auto sbom = reports::ParseSbom(std::move(*text), reports::kSbomPath);
    if (!sbom) return tl::make_unexpected(sbom.error());
    facts.sbom = std::move(*sbom);
  }
  if (arguments.records.empty()) return {};
  const auto chain = ReadAllRecords(arguments.records, arguments.record_keys);
  if (!chain) return tl::make_unexpected(chain.error());
  facts.decisions = reports::LastDecisions(*chain);
  facts.dispositions = reports::LastDispositions(*chain, facts.package_id, facts.package_sha256);
  return {};
}

Result<std::string> Render(const ReportArguments& arguments) {
  const auto* format = reports::FindExportFormat(arguments.format);
  if (format == nullptr && arguments.format != "html") {
    return common::Fail(
        common::ErrorCode::kBadInput,
        fmt::format("there is no format \"{}\"; there are: {}", arguments.format, KnownFormats()));
  }
  // A report of a package that was tampered with would be a lie with our name on it.
  const auto verified = reports::VerifyPackage(arguments.package, std::nullopt);
  if (!verified) return tl::make_unexpected(verified.error());
  if (!verified->sealed) {
    const auto& problem = verified->problems.front();
    return common::Fail(common::ErrorCode::kCorrupt,
                        fmt::format("the seal is broken ({}: {}): no report is made of it",
                                    problem.path, problem.what),
                        arguments.package);
  }
  const auto reader = reports::PackageReader::Open(arguments.package);
  if (!reader) return tl::make_unexpected(reader.error());
  const auto record = reports::ReadRunRecord(*reader);
  if (!record) return tl::make_unexpected(record.error());
  auto facts = FactsOf(arguments, *verified, *reader, *record);
  if (auto added = AddParts(arguments, *reader, facts); !added) {
    return tl::make_unexpected(added.error());
  }
  if (format != nullptr) return format->write(*record, facts);
  reports::HtmlOptions options;
  options.package = facts;
  return reports::RenderHtml(*record, options);
}

void Report(const ReportArguments& arguments, CommandContext& context) {
  const auto text = Render(arguments);
  if (!text) {
    ReportError(text.error(), context);
    if (text.error().code == common::ErrorCode::kCorrupt) context.exit_code = kExitFail;
    return;
  }
  if (arguments.out.empty() && !context.json) {
    fmt::print("{}", *text);
    return;
  }
  if (!arguments.out.empty()) {
    if (auto written = common::WriteFileAtomically(arguments.out, *text); !written) {
      return ReportError(written.error(), context);
    }
  }
  if (context.json) {
    common::Json json = {{"format", arguments.format}, {"file", arguments.out}};
    if (arguments.out.empty()) json["text"] = *text;
    PrintJson(json);
  }
}

}  // namespace

void AddReportCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<ReportArguments>();
  CLI::App* command =
      AddCommand(app, context, "report", "Write what a package says in another form",
                 "percuss report out/nightly.zip --format sarif -o nightly.sarif");
  command->add_option("PACKAGE", arguments->package, "A package, zip or folder")
      ->required()
      ->check(MustExist());
  command->add_option("--format", arguments->format, "One of: " + KnownFormats())
      ->capture_default_str();
  command->add_option("-o,--output", arguments->out, "The file to write; stdout by default");
  command->add_option("--source-root", arguments->source_root,
                      "Folder that source files are named relative to, as the campaign's host had "
                      "it; by default the deepest one that holds all of them");
  command
      ->add_option("--records", arguments->records,
                   "Signed records (percuss disposition): formats that tell what became of a "
                   "finding take it from them; may be repeated")
      ->allow_extra_args(false)
      ->check(MustExist());
  command
      ->add_option("--record-key", arguments->record_keys,
                   "Public key that may have signed the records; may be repeated. Without one, any")
      ->allow_extra_args(false)
      ->check(MustExist());
  command->add_option(
      "--publisher", arguments->publisher,
      "Who issues an OpenVEX or CSAF document; by default the tester's organisation");
  command->add_option("--publisher-namespace", arguments->publisher_namespace,
                      "A URI that is theirs, for CSAF: https://device-maker.example");
  command->callback([arguments, &context] { Report(*arguments, context); });
}

}  // namespace percuss::cli
