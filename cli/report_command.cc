// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "cli/commands.h"
#include "cli/device_arguments.h"
#include "cli/pdf_printer.h"
#include "cli/signed_records.h"
#include "cli/signer.h"
#include "common/fs.h"
#include "common/hash.h"
#include "reports/comply/device_chapters.h"
#include "reports/envelope/bundle.h"
#include "reports/evidence/package_reader.h"
#include "reports/export/registry.h"
#include "reports/export/severity_words.h"
#include "reports/export/text.h"
#include "reports/html/html_report.h"
#include "reports/sbom/package_sbom.h"
#include "reports/submission/fda_folder.h"
#include "reports/validation/validation_snapshot.h"
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
  RecordFiles records;
  std::string store;
  std::string as_of;
  std::string publisher;
  std::string publisher_namespace;
  std::string key;
};

// Of a package whose seal is intact.
struct Opened {
  common::RunRecord record;
  reports::PackageFacts facts;
  reports::PackageRecord whole;                         // for what is said of the device
  reports::ValidationTexts snapshot;                    // the validation files in it
  std::shared_ptr<const reports::Documents> documents;  // in it, that these name
};

// What the package is evidence for, of the formats that tell it.
struct Device {
  std::optional<reports::DeviceEvidence> evidence;
  reports::ValidationTexts texts;
  std::vector<reports::SectionChapter> chapters;
};

bool TellsOfTheDevice(const std::string& format) {
  return format == "html" || format == "pdf" || format == kFolderFormat;
}

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
  const bool of_device = TellsOfTheDevice(arguments.format);
  const bool known = of_device || reports::FindExportFormat(arguments.format) != nullptr;
  std::string what;
  if (!known) {
    what =
        fmt::format("there is no format \"{}\"; there are: {}", arguments.format, KnownFormats());
  } else if (arguments.out.empty() &&
             (arguments.format == "pdf" || arguments.format == kFolderFormat)) {
    what = arguments.format + " is not for a terminal; say with -o where to";
  } else if (!of_device && !(arguments.validation.empty() && arguments.as_of.empty())) {
    what = "--validation and --as-of are for html, pdf and fda-appendix4";
  } else if (arguments.format != kSignedFormat && !arguments.key.empty()) {
    what = "--sign-with is for intoto";
  }
  if (!what.empty()) return Fail(ErrorCode::kBadInput, what);
  return {};
}

// What the package and its records hold beside the manifest.
common::Status AddParts(const ReportArguments& arguments, const reports::PackageReader& reader,
                        reports::PackageFacts& facts, common::RunRecord& record) {
  if (reader.Find(reports::kSbomPath) != nullptr) {
    auto text = reader.Read(reports::kSbomPath);
    if (!text) return tl::make_unexpected(text.error());
    auto sbom = reports::ParseSbom(std::move(*text), reports::kSbomPath);
    if (!sbom) return tl::make_unexpected(sbom.error());
    facts.sbom = std::move(*sbom);
  }
  const auto chain = ReadRecordFiles(arguments.records);
  if (!chain) return tl::make_unexpected(chain.error());
  facts.dispositions = reports::LastDispositions(*chain, facts.package_id, facts.package_sha256);
  const auto decisions = reports::ClusterDecisions(*chain, facts.package_id, facts.package_sha256);
  facts.severities = reports::LastSeverities(*chain, facts.package_id, facts.package_sha256);
  reports::TellScored(facts, record);
  std::vector<common::Finding>& findings = record.findings;
  const auto by = reports::ApplyClusterDecisions(decisions, findings);
  for (size_t i = 0; i < findings.size(); ++i) {
    if (by[i] != nullptr) facts.cluster_decisions.emplace(findings[i].id, *by[i]);
  }
  return {};
}

// The package as evidence; what commands name is the path that the user gave.
common::Status DescribeWhole(const reports::PackageReader& reader, Opened& opened) {
  reports::PackageRecord& whole = opened.whole;
  whole = reports::DescribeRecord(opened.record, opened.facts);
  for (const auto& entry : reader.List()) whole.paths.push_back(entry.path);
  if (reader.Find(reports::kSbomPath) == nullptr) return {};
  auto sbom = reader.Read(reports::kSbomPath);
  if (!sbom) return tl::make_unexpected(sbom.error());
  whole.sbom = std::move(*sbom);
  return {};
}

Result<Opened> Open(const ReportArguments& arguments) {
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
  auto reader = reports::PackageReader::Open(arguments.package);
  if (!reader) return tl::make_unexpected(reader.error());
  auto record = reports::ReadRunRecord(*reader);
  if (!record) return tl::make_unexpected(record.error());
  reports::PackageFacts facts = FactsOf(arguments, *verified, *reader, *record);
  if (auto added = AddParts(arguments, *reader, facts, *record); !added) {
    return tl::make_unexpected(added.error());
  }
  Opened opened{std::move(*record), std::move(facts), {}, {}, {}};
  if (!TellsOfTheDevice(arguments.format)) return opened;
  auto snapshot = reports::ReadSnapshot(*reader);
  if (!snapshot) return tl::make_unexpected(snapshot.error());
  opened.snapshot = std::move(*snapshot);
  if (auto described = DescribeWhole(*reader, opened); !described) {
    return tl::make_unexpected(described.error());
  }
  opened.documents = reports::DocumentsOf(std::move(*reader));
  return opened;
}

// The evidence that was named, or the package alone where nothing was.
Result<Device> FindDevice(const ReportArguments& arguments,
                          const std::vector<std::string>& packages, const Opened& opened) {
  Device device;
  const std::string day = DayOf(arguments.as_of);
  const bool alone =
      arguments.validation.empty() && arguments.store.empty() && arguments.records.files.empty();
  const bool no_files = arguments.validation.empty() && opened.snapshot.empty();
  const auto package_alone = [&] {
    device.chapters =
        reports::DeviceChaptersOf(opened.whole, opened.snapshot, opened.documents, day);
    return device;
  };
  if (no_files) return package_alone();
  auto loaded = arguments.validation.empty()
                    ? reports::ParseValidation(opened.snapshot, reports::kSnapshotFolder)
                    : reports::LoadValidation(arguments.validation);
  if (!loaded) return tl::make_unexpected(loaded.error());
  device.texts = loaded->texts;
  const auto signers = SignersOf(arguments.records);
  if (!signers) return tl::make_unexpected(signers.error());
  std::vector<reports::Problem> problems;
  auto evidence =
      reports::EvidenceAround(opened.whole, std::move(*loaded),
                              {{},
                               packages,
                               arguments.records.files,
                               {},
                               day,
                               *signers,
                               arguments.validation.empty() ? opened.documents : nullptr},
                              problems);
  ShowProblems(problems);
  // A package that was sealed with mistakes in its files has a report all the same.
  if (!evidence && alone) return package_alone();
  if (!evidence) return tl::make_unexpected(evidence.error());
  device.chapters = reports::DeviceChapters(*evidence);
  device.evidence = std::move(*evidence);
  return device;
}

Result<std::string> Render(const ReportArguments& arguments, const Opened& opened,
                           const Device& device) {
  if (const auto* format = reports::FindExportFormat(arguments.format)) {
    auto text = format->write(opened.record, opened.facts);
    if (!text || arguments.key.empty()) return text;
    const auto key = LoadSigner(arguments.key);
    if (!key) return tl::make_unexpected(key.error());
    return reports::SignedBundle(*text, **key);
  }
  reports::HtmlOptions options;
  options.package = opened.facts;
  options.sections = device.chapters;
  auto page = reports::RenderHtml(opened.record, options);
  if (!page || arguments.format != "pdf") return page;
  return PrintToPdf(*page);
}

common::Status WriteFolder(const ReportArguments& arguments, Opened opened, Device device) {
  const std::filesystem::path folder = arguments.out;
  std::error_code ignored;
  if (std::filesystem::exists(folder, ignored) && !std::filesystem::is_empty(folder, ignored)) {
    return Fail(ErrorCode::kBadInput, "is there and not empty; nothing was written", folder);
  }
  reports::SubmissionRequest request{std::move(opened.record), std::move(opened.facts),
                                     std::move(opened.whole.sbom)};
  request.evidence = std::move(device.evidence);
  request.texts = std::move(device.texts);
  if (!request.evidence) {
    request.why_not = opened.snapshot.empty()
                          ? "no validation files were given (--validation DIR)"
                          : "the validation files in the package do not hold together";
  }
  request.chapters = std::move(device.chapters);
  const auto submission = reports::LayOutSubmission(request);
  if (!submission) return tl::make_unexpected(submission.error());
  for (const reports::SubmissionFile& file : submission->files) {
    const std::filesystem::path path = folder / file.path;
    if (auto made = common::MakeFolder(path.parent_path()); !made) return made;
    if (auto written = common::WriteFileAtomically(path, file.text); !written) return written;
  }
  return {};
}

common::Status WriteReport(ReportArguments arguments, bool print_json) {
  if (auto checked = CheckArguments(arguments); !checked) return checked;
  std::vector<std::string> packages;
  if (auto taken = TakeStore(arguments.store, packages, arguments.records); !taken) return taken;
  auto opened = Open(arguments);
  if (!opened) return tl::make_unexpected(opened.error());
  Device device;
  if (TellsOfTheDevice(arguments.format)) {
    auto found = FindDevice(arguments, packages, *opened);
    if (!found) return tl::make_unexpected(found.error());
    device = std::move(*found);
  }
  common::Json json = {{"format", arguments.format}, {"file", arguments.out}};
  if (arguments.format == kFolderFormat) {
    if (auto written = WriteFolder(arguments, std::move(*opened), std::move(device)); !written)
      return written;
  } else {
    const auto text = Render(arguments, *opened, device);
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
                 "  percuss report out/nightly.zip --records records.jsonl -o nightly.html\n"
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
                   "Folder of validation files, in place of those in the package: for the chapters "
                   "trace, matrix and metrics of html and pdf, and for fda-appendix4")
      ->check(MustExist());
  AddRecordFileOptions(
      *command, arguments->records,
      "A file of signed records (percuss disposition, severity): what became of a finding and how "
      "severe it is are told from it");
  AddStore(*command, arguments->store);
  AddAsOf(*command, arguments->as_of);
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
