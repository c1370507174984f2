// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/pdf_printer.h"
#include "cli/record_keeping.h"
#include "cli/signer.h"
#include "common/fs.h"
#include "common/hash.h"
#include "reports/envelope/bundle.h"
#include "reports/evidence/package_reader.h"
#include "reports/export/registry.h"
#include "reports/export/text.h"
#include "reports/html/html_report.h"
#include "reports/sbom/package_sbom.h"
#include "reports/submission/fda_folder.h"
#include "reports/validation/signed_dispositions.h"
#include "reports/verify/verify.h"

namespace percuss::cli {
namespace {

using common::ErrorCode;
using common::Fail;
using common::Result;

constexpr std::string_view kFolderFormat = "fda-appendix4";
constexpr std::string_view kSignedFormat = "intoto";

struct ReportArguments {
  std::string package;
  std::string format = "html";
  std::string out;
  std::string source_root;
  std::string validation;
  std::vector<std::string> records;
  std::vector<std::string> record_keys;
  std::string publisher;
  std::string publisher_namespace;
  std::string key;
};

// Of a package whose seal is intact.
struct Opened {
  common::RunRecord record;
  reports::PackageFacts facts;
};

std::string KnownFormats() {
  std::string names = "html, pdf, fda-appendix4";
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
  if (const auto* manifest = reader.Find(reports::kManifestPath)) {
    facts.manifest_sha256 = manifest->sha256;
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

common::Status CheckArguments(const ReportArguments& arguments) {
  const bool known = reports::FindExportFormat(arguments.format) != nullptr ||
                     arguments.format == "html" || arguments.format == "pdf" ||
                     arguments.format == kFolderFormat;
  std::string what;
  if (!known) {
    what =
        fmt::format("there is no format \"{}\"; there are: {}", arguments.format, KnownFormats());
  } else if (arguments.out.empty() &&
             (arguments.format == "pdf" || arguments.format == kFolderFormat)) {
    what = arguments.format + " is not for a terminal; say with -o where to";
  } else if (arguments.format != kFolderFormat && !arguments.validation.empty()) {
    what = "--validation is for fda-appendix4";
  } else if (arguments.format != kSignedFormat && !arguments.key.empty()) {
    what = "--sign-with is for intoto";
  }
  if (!what.empty()) return Fail(ErrorCode::kBadInput, what);
  return {};
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

Result<Opened> Open(const ReportArguments& arguments) {
  if (auto checked = CheckArguments(arguments); !checked) {
    return tl::make_unexpected(checked.error());
  }
  // A report of a package that was tampered with would be a lie with our name on it.
  const auto verified = reports::VerifyPackage(arguments.package, std::nullopt);
  if (!verified) return tl::make_unexpected(verified.error());
  if (!verified->sealed) {
    const auto& problem = verified->problems.front();
    return Fail(ErrorCode::kCorrupt,
                fmt::format("the seal is broken ({}: {}): no report is made of it", problem.path,
                            problem.what),
                arguments.package);
  }
  const auto reader = reports::PackageReader::Open(arguments.package);
  if (!reader) return tl::make_unexpected(reader.error());
  auto record = reports::ReadRunRecord(*reader);
  if (!record) return tl::make_unexpected(record.error());
  reports::PackageFacts facts = FactsOf(arguments, *verified, *reader, *record);
  if (auto added = AddParts(arguments, *reader, facts); !added) {
    return tl::make_unexpected(added.error());
  }
  return Opened{std::move(*record), std::move(facts)};
}

Result<std::string> Render(const ReportArguments& arguments, const Opened& opened) {
  if (const auto* format = reports::FindExportFormat(arguments.format)) {
    auto text = format->write(opened.record, opened.facts);
    if (!text || arguments.key.empty()) return text;
    const auto key = LoadSigner(arguments.key);
    if (!key) return tl::make_unexpected(key.error());
    return reports::SignedBundle(*text, **key);
  }
  reports::HtmlOptions options;
  options.package = opened.facts;
  auto page = reports::RenderHtml(opened.record, options);
  if (!page || arguments.format != "pdf") return page;
  return PrintToPdf(*page);
}

common::Status WriteFolder(const ReportArguments& arguments, const Opened& opened) {
  const std::filesystem::path folder = arguments.out;
  std::error_code ignored;
  if (std::filesystem::exists(folder, ignored) && !std::filesystem::is_empty(folder, ignored)) {
    return Fail(ErrorCode::kBadInput, "is there and not empty; nothing was written", folder);
  }
  reports::SubmissionRequest request;
  request.package = arguments.package;
  request.facts = opened.facts;
  if (!arguments.validation.empty()) request.validation = arguments.validation;
  request.records = arguments.records;
  const auto submission = reports::LayOutSubmission(request);
  if (!submission) return tl::make_unexpected(submission.error());
  for (const reports::SubmissionFile& file : submission->files) {
    const std::filesystem::path path = folder / file.path;
    if (auto made = common::MakeFolder(path.parent_path()); !made) return made;
    if (auto written = common::WriteFileAtomically(path, file.text); !written) return written;
  }
  return {};
}

common::Status WriteReport(const ReportArguments& arguments, bool print_json) {
  const auto opened = Open(arguments);
  if (!opened) return tl::make_unexpected(opened.error());
  common::Json json = {{"format", arguments.format}, {"file", arguments.out}};
  if (arguments.format == kFolderFormat) {
    if (auto written = WriteFolder(arguments, *opened); !written) return written;
  } else {
    const auto text = Render(arguments, *opened);
    if (!text) return tl::make_unexpected(text.error());
    if (!arguments.out.empty()) {
      if (auto written = common::WriteFileAtomically(arguments.out, *text); !written)
        return written;
    } else if (print_json) {
      json["text"] = *text;
    } else {
      fmt::print("{}", *text);
    }
  }
  if (print_json) PrintJson(json);
  return {};
}

void Report(const ReportArguments& arguments, CommandContext& context) {
  const auto written = WriteReport(arguments, context.json);
  if (written) return;
  ReportError(written.error(), context);
  if (written.error().code == ErrorCode::kCorrupt) context.exit_code = kExitFail;
}

}  // namespace

void AddReportCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<ReportArguments>();
  CLI::App* command =
      AddCommand(app, context, "report", "Write what a package says in another form",
                 "percuss report out/nightly.zip --format sarif -o nightly.sarif\n"
                 "  percuss report out/nightly.zip --format fda-appendix4 --validation validation "
                 "-o submission");
  command->add_option("PACKAGE", arguments->package, "A package, zip or folder")
      ->required()
      ->check(MustExist());
  command->add_option("--format", arguments->format, "One of: " + KnownFormats())
      ->capture_default_str();
  command->add_option("-o,--output", arguments->out,
                      "The file to write, stdout by default; of fda-appendix4 a folder");
  command->add_option("--source-root", arguments->source_root,
                      "Folder that source files are named relative to, as the campaign's host had "
                      "it; by default the deepest one that holds all of them");
  command
      ->add_option("--validation", arguments->validation,
                   "Folder of validation files, for fda-appendix4")
      ->check(MustExist());
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
  command
      ->add_option("--sign-with", arguments->key,
                   "Puts each statement of intoto in a signed envelope: a .key file, or pkcs11:...")
      ->check(KeyMustExist());
  command->callback([arguments, &context] { Report(*arguments, context); });
}

}  // namespace percuss::cli
